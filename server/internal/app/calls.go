package app

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/tillgate/tillgate/server/internal/interceptor"
)

// calls counts the calls of the API that are under way, without those of the public services: a stop waits for the ones
// and not for the others.
type calls struct {
	public   []string
	underWay atomic.Int64
}

// serverOptions returns the interceptors that count. They stand in front of the chain.
func (c *calls) serverOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(
			func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
				defer c.enter(info.FullMethod)()
				return handler(ctx, req)
			}),
		grpc.ChainStreamInterceptor(
			func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
				defer c.enter(info.FullMethod)()
				return handler(srv, ss)
			}),
	}
}

func (c *calls) enter(method string) (leave func()) {
	if interceptor.IsPublic(method, c.public) {
		return func() {}
	}
	c.underWay.Add(1)
	return func() { c.underWay.Add(-1) }
}

// wait returns when no call is under way, or the context ends.
func (c *calls) wait(ctx context.Context) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for c.underWay.Load() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
