package app

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

const (
	// maxRequestSize is far above any request of the contract. grpc-go refuses more with RESOURCE_EXHAUSTED before it
	// reads it.
	maxRequestSize = 256 << 10
	// maxHeaderSize bounds what a caller's metadata may make us keep.
	maxHeaderSize = 16 << 10
	// maxStreams is how many calls one connection may have under way.
	maxStreams = 256
	// maxConnections is how many connections are served at once; more wait to be accepted.
	maxConnections = 4096
	// handshakeTimeout cuts whoever connects and says nothing.
	handshakeTimeout = 5 * time.Second
)

// transportLimits bound what one caller, or none at all, can take from the others.
func transportLimits() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxRequestSize),
		grpc.MaxHeaderListSize(maxHeaderSize),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(handshakeTimeout),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			// A client may ask every 10 s whether we are there, also while it waits for nothing. More often is a flood,
			// answered with GOAWAY too_many_pings.
			MinTime: 10 * time.Second, PermitWithoutStream: true,
		}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			// Connections end now and then, so that callers find new replicas and new addresses; a call under way has the
			// grace to finish, which is longer than a write with what it is checked for may take.
			MaxConnectionAge: 30 * time.Minute, MaxConnectionAgeGrace: 40 * time.Second,
			// A peer that vanished, or reads nothing at all any more, is noticed after at most 30 s.
			Time: 20 * time.Second, Timeout: 10 * time.Second,
		}),
	}
}
