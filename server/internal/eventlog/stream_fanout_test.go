package eventlog_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/test/bufconn"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/service"
)

// stuck is a connection of a peer that reads nothing any more, once it is told to: its window stays shut.
type stuck struct {
	net.Conn

	shut   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (c *stuck) Read(b []byte) (int, error) {
	select {
	case <-c.shut:
		<-c.closed
		return 0, io.EOF
	default:
		return c.Conn.Read(b)
	}
}

func (c *stuck) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// A peer that reads nothing from its connection any more is cut off within 30 seconds, and the stream ends with it: here
// by the limits of app, on a pipe that holds little, so that it fills like a TCP window.
func TestE15_ZeroWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, engines[0].open(t), newKeys(t))
		ended := make(chan struct{})
		server := grpc.NewServer(grpc.KeepaliveParams(keepalive.ServerParameters{Time: 20 * time.Second, Timeout: 10 * time.Second}),
			grpc.StreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
				defer close(ended)
				return handler(srv, asShop{ss})
			}))
		paymentsv1.RegisterEventServiceServer(server, service.NewEvents(h.streams, nil))
		listener := bufconn.Listen(16 << 10)
		go func() { _ = server.Serve(listener) }()
		defer server.Stop()

		peer := &stuck{shut: make(chan struct{}), closed: make(chan struct{})}
		conn, err := grpc.NewClient("passthrough:bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
				var err error
				peer.Conn, err = listener.DialContext(ctx)
				return peer, err
			}))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // the server has closed it
		stream, err := paymentsv1.NewEventServiceClient(conn).StreamEvents(t.Context(), &paymentsv1.StreamEventsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
		close(peer.shut)
		begin := time.Now()
		h.publishPayments(t, "a", 3000)
		<-ended
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("it took %v", took)
		}
		elapse(time.Until(begin.Add(30 * time.Second)))
		if _, err := peer.Write([]byte{0}); err == nil {
			t.Error("the connection is still open")
		}
	})
}

// benchHouse serves a house on a pipe, without the chain.
func benchHouse(b *testing.B, h *house) func() paymentsv1.EventServiceClient {
	b.Helper()
	server := grpc.NewServer(grpc.StreamInterceptor(
		func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return handler(srv, asShop{ss})
		}))
	paymentsv1.RegisterEventServiceServer(server, service.NewEvents(h.streams, nil))
	listener := bufconn.Listen(1 << 20)
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(server.Stop)
	return func() paymentsv1.EventServiceClient {
		conn, err := grpc.NewClient("passthrough:bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		return paymentsv1.NewEventServiceClient(conn)
	}
}

// BenchmarkFanOut publishes one event at a time to 1, 20 and 1,000 streams, each of which reads all. An operation is one
// event at all streams; deliveries/s counts it once for each.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1, 20, 1000} {
		b.Run(fmt.Sprintf("streams=%d", n), func(b *testing.B) {
			h := newHouse(b, engines[0].open(b), newKeys(b))
			dial := benchHouse(b, h)
			var client paymentsv1.EventServiceClient
			counts := make(chan int, n)
			for i := range n {
				if i%100 == 0 {
					client = dial()
				}
				stream, err := client.StreamEvents(b.Context(), &paymentsv1.StreamEventsRequest{})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := stream.Recv(); err != nil {
					b.Fatal(err)
				}
				go func() {
					for seen := 0; ; {
						resp, err := stream.Recv()
						if err != nil {
							return
						}
						if seen += len(resp.GetEvents()); seen == b.N {
							counts <- seen
						}
					}
				}()
			}
			b.ResetTimer()
			h.publishPayments(b, "a", b.N)
			for range n {
				<-counts
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
