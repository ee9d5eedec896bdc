package store_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// eventsARound is how many events each side takes in before it is the other's turn, for each that goes on at once.
	eventsARound = 32
	// sizeOfBody is about that of a payment's event, sealed.
	sizeOfBody, sizeOfResource = 4 << 10, 1 << 10
)

// BenchmarkIntake takes in what Stripe sends: received, claimed, and ingested with an event and its object. It compares
// changes that share commits with changes that do not, in turn on the same machine: x-events/s is how many times as many
// there are a second, events/s how many of those that share.
func BenchmarkIntake(b *testing.B) {
	for _, e := range engines {
		for _, concurrency := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/c=%d", e.name, concurrency), func(b *testing.B) {
				single := &intake{store: open(b, store.Single(store.Config{URL: e.url(b)}))}
				group := &intake{store: open(b, store.Config{URL: e.url(b)})}
				for _, side := range []*intake{single, group} {
					side.round(b, concurrency)
					side.took = 0
				}
				rounds := 0
				for b.Loop() {
					single.round(b, concurrency)
					group.round(b, concurrency)
					rounds++
				}
				b.ReportMetric(float64(single.took)/float64(group.took), "x-events/s")
				b.ReportMetric(float64(rounds*eventsARound*concurrency)/group.took.Seconds(), "events/s")
				b.ReportMetric(0, "ns/op") // of both sides together it says nothing
			})
		}
	}
}

// intake is one side.
type intake struct {
	store store.Store
	next  atomic.Int64
	took  time.Duration
}

// round lets so many receive at once, and then as many ingest what one claims.
func (i *intake) round(b *testing.B, concurrency int) {
	b.Helper()
	start := time.Now()
	var work sync.WaitGroup
	for range concurrency {
		work.Go(func() {
			for range eventsARound {
				n := i.next.Add(1)
				// Ids come in no order. An object has four events.
				d := delivery(fmt.Sprintf("evt_%08x_%d", uint32(n*2654435761), n), fmt.Sprintf("pi_%08x", uint32(n/4*2654435761)))
				d.Body = make([]byte, sizeOfBody)
				if _, err := i.store.Receive(b.Context(), d); err != nil {
					b.Error(err)
				}
			}
		})
	}
	work.Wait()
	for {
		claimed, err := i.store.ClaimDeliveries(b.Context(), lease, 256)
		if err != nil {
			b.Fatal(err)
		}
		if len(claimed) == 0 {
			break
		}
		for part := range slices.Chunk(claimed, max(len(claimed)/concurrency, 1)) {
			work.Go(func() {
				for _, d := range part {
					i.ingest(b, d)
				}
			})
		}
		work.Wait()
	}
	i.took += time.Since(start)
}

// ingest writes an event and the object, which may change while it decides.
func (i *intake) ingest(b *testing.B, d store.ClaimedDelivery) {
	b.Helper()
	for range 10 {
		stands, err := i.store.Object(b.Context(), d.ObjectID)
		if err != nil {
			b.Error(err)
		}
		o := object(d.ObjectID, stands.Version, 4)
		o.Resource, o.Public = make([]byte, sizeOfResource), make([]byte, sizeOfResource)
		event := happened(d.ObjectID, "payment_intent.processing", d.ID)
		event.StripeEventID, event.Resource = d.ID, o.Public
		if _, err = i.store.Ingest(b.Context(), store.Ingest{
			ID: d.ID, Attempt: d.Attempt, Object: &o, Events: []store.Event{event},
		}); err == nil {
			return
		}
	}
	b.Errorf("%s was not ingested", d.ID)
}
