package eventlog_test

import (
	"context"
	"runtime"
	"testing"

	"google.golang.org/grpc"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/eventlog"
)

// asShop is a stream of the caller shop, without the chain.
type asShop struct{ grpc.ServerStream }

func (s asShop) Context() context.Context {
	return auth.WithCaller(s.ServerStream.Context(), caller("shop"))
}

// memory is what the process holds: the heap that is in use, and the stacks.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkOpenStreams opens 10,000 streams, 200 where it is not at full size, and says how much memory one takes, both
// ends of it: server, client, and the pipe between. An operation is all of them, open and told of one event.
func BenchmarkOpenStreams(b *testing.B) {
	n := 200
	if *full {
		n = 10_000
	}
	for range b.N {
		h := newHouse(b, engines[0].open(b), newKeys(b), func(c *eventlog.StreamsConfig) { c.MaxStreams, c.MaxCallerStreams = n, n })
		dial := benchHouse(b, h)
		before := memory()
		streams := make([]grpc.ServerStreamingClient[paymentsv1.StreamEventsResponse], 0, n)
		var client paymentsv1.EventServiceClient
		for i := range n {
			if i%100 == 0 {
				client = dial()
			}
			stream, err := client.StreamEvents(b.Context(), &paymentsv1.StreamEventsRequest{})
			if err != nil {
				b.Fatal(err)
			}
			streams = append(streams, stream)
		}
		h.publishPayments(b, "a", 1)
		for _, stream := range streams {
			for events := 0; events == 0; {
				resp, err := stream.Recv()
				if err != nil {
					b.Fatal(err)
				}
				events = len(resp.GetEvents()) + int(resp.GetPosition())
			}
		}
		b.ReportMetric(float64(memory()-before)/float64(n)/1024, "KiB/stream")
		b.ReportMetric(float64(memory()-before)/(1<<20), "MiB")
		runtime.KeepAlive(streams)
	}
}
