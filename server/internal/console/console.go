// Package console holds the operator's commands: those that ask a running server over gRPC, and those for the endpoints at
// Stripe, which ask Stripe through stripegw. It prints for people, or JSON for programs, and says in words what went wrong.
// It opens no store.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

// Operations runs the command of `server operations` that was asked for. An error is for the operator to read: it may
// have several lines.
func Operations(ctx context.Context, c config.Operations, stdout io.Writer) error {
	switch {
	case c.List != nil:
		return List(ctx, c.Connection, *c.List, stdout)
	case c.Show != nil:
		return Show(ctx, c.Connection, *c.Show, stdout)
	case c.Resolve != nil:
		return Resolve(ctx, c.Connection, *c.Resolve, stdout)
	default:
		return errors.New("no command was given")
	}
}

// server is the way to OperationService.
type server struct {
	paymentsv1.OperationServiceClient

	way  config.Connection
	conn *grpc.ClientConn
}

// connect makes the way. Nothing is sent before the first call.
func connect(way config.Connection) (*server, error) {
	transport := insecure.NewCredentials()
	if way.TLS != nil {
		transport = credentials.NewTLS(way.TLS)
	}
	conn, err := grpc.NewClient(way.Addr,
		grpc.WithTransportCredentials(transport),
		grpc.WithUserAgent("tillgate-operations"),
		// A resolver's policy may repeat calls. To end an operation is asked for once.
		grpc.WithDisableServiceConfig(), grpc.WithDisableRetry())
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", way.Addr, err)
	}
	return &server{OperationServiceClient: paymentsv1.NewOperationServiceClient(conn), way: way, conn: conn}, nil
}

func (s *server) close() { _ = s.conn.Close() }

// call makes one call with the operator's token, in the time that is given for one.
func call[Request, Response any](
	ctx context.Context, s *server, do func(context.Context, Request, ...grpc.CallOption) (Response, error), req Request,
) (Response, error) {
	ctx, cancel := context.WithTimeout(ctx, s.way.Timeout)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.way.Token.Reveal())
	resp, err := do(ctx, req)
	if err != nil {
		return resp, inWords(err, s.way)
	}
	return resp, nil
}
