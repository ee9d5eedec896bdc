package eventlog_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

// An event in the log that can not be opened stops nobody: it is delivered as a reference, in its place.
func TestE21_UnreadableEvent(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			r := s.opened(as(t, "shop"), t, fromOldest())
			good, damaged, moved := s.processing(t, "pi_1", "evt_1"), s.processing(t, "pi_2", "evt_2"), s.processing(t, "pi_3", "evt_3")
			damaged.Resource = []byte("damaged")
			moved.Resource = good.Resource
			s.publish(t, good, damaged, moved, s.processing(t, "pi_2", "evt_4"))
			events := r.take(t, 4)
			if diff := cmp.Diff(span(1, 4), positionsOf(events)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for i, id := range []string{"", "pi_2", "pi_3", ""} {
				if got := events[i].GetReference().GetObjectId(); got != id {
					t.Errorf("event %d is a reference to %q, want %q", i, got, id)
				}
			}
			if got := s.ack(as(t, "shop"), t, span(1, 4)...); got != 4 {
				t.Errorf("the cursor is %d", got)
			}
		})
	}
}

// deadLetters are those of a store, without the projector.
type deadLetters struct{ log store.Store }

func (d deadLetters) DeadLetters(
	ctx context.Context, quarantined bool, after string, limit int,
) ([]*paymentsv1.DeadLetter, error) {
	rows, err := d.log.DeadLetters(ctx, quarantined, after, limit)
	letters := make([]*paymentsv1.DeadLetter, 0, len(rows))
	for _, row := range rows {
		letters = append(letters, &paymentsv1.DeadLetter{
			Id: row.ID, ObjectId: row.ObjectID, Tries: int32(row.Tries), Blocked: int32(row.Blocked),
		})
	}
	return letters, err
}

func (d deadLetters) RetryDeadLetter(ctx context.Context, id string) (*paymentsv1.DeadLetter, error) {
	row, err := d.log.Revive(ctx, id)
	if err != nil {
		return nil, apierr.ResourceMissing("dead letter", id)
	}
	return &paymentsv1.DeadLetter{Id: row.ID}, nil
}

// What fails five times is put aside and listed; its object waits, the streams tell of the others; tried again by hand, all
// of it comes, in order.
func TestE21_DeadLetter(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			h := newHouse(t, e.open(t), newKeys(t))
			s := h.serve(t, deadLetters{h.store}, caller("shop"), caller("admin", paymentsv1.Scope_SCOPE_EVENTS_ADMIN))
			r := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{})
			for i, object := range []string{"pi_1", "pi_1", "pi_2"} {
				if _, err := h.store.Receive(t.Context(), store.Delivery{
					ID: []string{"evt_1", "evt_2", "evt_3"}[i], State: store.DeliveryWaiting, Kind: "payment_intent.processing",
					ObjectID: object, APIVersion: "2023-10-16", Created: 1_700_000_000, Body: []byte("sealed"),
				}); err != nil {
					t.Fatal(err)
				}
			}
			project := func(fails bool) {
				for {
					claimed, err := h.store.ClaimDeliveries(t.Context(), time.Minute, 10)
					if err != nil {
						t.Fatal(err)
					}
					if len(claimed) == 0 {
						return
					}
					for _, d := range claimed {
						if fails && d.ObjectID == "pi_1" {
							err = h.store.Defer(t.Context(), store.Deferral{
								ID: d.ID, Attempt: d.Attempt, Counted: true, Dead: d.Tries == 4,
								Cause: int32(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_INTERNAL),
							})
						} else {
							_, err = h.store.Ingest(t.Context(), store.Ingest{
								ID: d.ID, Attempt: d.Attempt, Events: []store.Event{h.processing(t, d.ObjectID, d.ID)},
							})
						}
						if err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			project(true)
			if got := r.take(t, 1)[0].GetObjectId(); got != "pi_2" {
				t.Errorf("the stream told of %s, want pi_2", got)
			}
			if _, err := s.client.ListDeadLetters(as(t, "shop"), &paymentsv1.ListDeadLettersRequest{}); status.Code(err) != codes.PermissionDenied {
				t.Errorf("a caller without the scope lists dead letters: %v", err)
			}
			list, err := s.client.ListDeadLetters(as(t, "admin"), &paymentsv1.ListDeadLettersRequest{})
			if err != nil || len(list.GetDeadLetters()) == 0 {
				t.Fatalf("the dead letters are %v, %v", list, err)
			}
			for _, letter := range list.GetDeadLetters() {
				if letter.GetObjectId() != "pi_1" || letter.GetTries() != 5 {
					t.Errorf("a dead letter is %v", letter)
				}
			}
			// The other one of the object comes with it.
			first := &paymentsv1.RetryDeadLetterRequest{DeadLetterId: list.GetDeadLetters()[0].GetId()}
			if _, err := s.client.RetryDeadLetter(as(t, "admin"), first); err != nil {
				t.Fatal(err)
			}
			project(false)
			for _, event := range r.take(t, 2) {
				if event.GetObjectId() != "pi_1" {
					t.Errorf("after the retry it told of %v", event)
				}
			}
		})
	}
}
