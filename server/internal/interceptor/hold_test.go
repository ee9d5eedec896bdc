package interceptor_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

// waiting serves streams that send one message and end when their context does, with what `end` makes of that.
type waiting struct {
	paymentsv1.UnimplementedEventServiceServer

	end func(ctx context.Context) error
}

func (w waiting) StreamEvents(
	_ *paymentsv1.StreamEventsRequest, stream grpc.ServerStreamingServer[paymentsv1.StreamEventsResponse],
) error {
	if err := stream.Send(&paymentsv1.StreamEventsResponse{}); err != nil {
		return err
	}
	<-stream.Context().Done()
	return w.end(stream.Context())
}

// A stream ends when what let its caller in is taken away, with the reason, whatever its handler makes of the end.
func TestStreamsAreHeld(t *testing.T) {
	read, declines := paymentsv1.Scope_SCOPE_EVENTS_READ, paymentsv1.Scope_SCOPE_DECLINES_READ_ALL
	before := auth.NewCaller("all", tokenAll, read, declines)
	for _, tt := range []struct {
		name   string
		after  []auth.Caller
		end    func(ctx context.Context) error
		code   codes.Code
		reason string
	}{
		{"the scope", []auth.Caller{auth.NewCaller("all", tokenAll, declines)}, context.Context.Err, codes.PermissionDenied, "SCOPE_MISSING"},
		{"what widens it", []auth.Caller{auth.NewCaller("all", tokenAll, read)}, context.Context.Err, codes.PermissionDenied, "SCOPE_MISSING"},
		{"the caller", nil, context.Context.Err, codes.Unauthenticated, "CREDENTIALS_INVALID"},
		{"the cause", nil, context.Cause, codes.Unauthenticated, "CREDENTIALS_INVALID"},
		{
			"an error of its own", nil,
			func(context.Context) error { return apierr.ResourceMissing("event", "ev_1") }, codes.NotFound, "RESOURCE_MISSING",
		},
		{"another error", nil, func(context.Context) error { return errors.New("canary") }, codes.Unauthenticated, "CREDENTIALS_INVALID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := serve(t, func(s *grpc.Server) { paymentsv1.RegisterEventServiceServer(s, waiting{end: tt.end}) })
			h.tokens.Replace([]auth.Caller{before})
			stream, err := paymentsv1.NewEventServiceClient(h.conn).StreamEvents(as(t, tokenAll), &paymentsv1.StreamEventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stream.Recv(); err != nil {
				t.Fatal(err)
			}
			h.tokens.Replace([]auth.Caller{before}) // read again, and the same
			h.tokens.Replace(tt.after)
			if _, err := stream.Recv(); status.Code(err) != tt.code || reasonOf(err) != tt.reason {
				t.Errorf("it ended with %v, want %v %s", err, tt.code, tt.reason)
			}
		})
	}
}
