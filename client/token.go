package client

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

var (
	errTokenInTheClear = errors.New("make a Tillgate client: a token is sent without TLS only to a loopback address, " +
		"localhost or a Unix socket; leave WithInsecure out")
	errNoToken  = errors.New("the token is empty")
	errBadToken = errors.New("the token holds a space, a line break or another character that no token has")
)

type tokenSource func(context.Context) (string, error)

// bearer sends the token as grpc-go's credentials.PerRPCCredentials. Even where a dial option replaces the transport's
// credentials, grpc-go refuses to send it without TLS, unless WithInsecure was given and New saw where it goes.
type bearer struct {
	source    tokenSource
	plaintext bool
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b.source(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkToken(token); err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (b bearer) RequireTransportSecurity() bool { return !b.plaintext }

// checkToken finds what a token read from a file or a variable often has, and never repeats the token.
func checkToken(token string) error {
	if token == "" {
		return errNoToken
	}
	if !isPrintable(token) || strings.Contains(token, " ") {
		return errBadToken
	}
	return nil
}

// isLocal is whether a target, in the form that grpc-go made of it, stays on this machine. What it does not know does
// not.
func isLocal(target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "unix", "unix-abstract":
		return true
	case "dns", "passthrough":
		return isLoopback(strings.TrimPrefix(u.Path, "/"))
	default:
		return false
	}
}

func isLoopback(endpoint string) bool {
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		host = strings.Trim(endpoint, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
