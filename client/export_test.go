package client

import "google.golang.org/grpc"

// Conn is the connection with all interceptors, for rpcs that no sub-client has.
func (c *Client) Conn() *grpc.ClientConn { return c.conn }

// Bounds that tests compare with.
const (
	KeepaliveTime    = keepaliveTime
	KeepaliveTimeout = keepaliveTimeout
	MaxSend          = maxSend
	MaxReceive       = maxReceive
)
