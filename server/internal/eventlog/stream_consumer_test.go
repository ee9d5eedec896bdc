package eventlog_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// ack acknowledges events of the consumer c, and returns the cursor.
func (s *served) ack(ctx context.Context, tb testing.TB, positions ...int64) int64 {
	tb.Helper()
	resp, err := s.client.AckEvents(ctx, &paymentsv1.AckEventsRequest{Consumer: "c", Positions: positions})
	if err != nil {
		tb.Fatalf("ack of %v: %v", positions, err)
	}
	return resp.GetCursor()
}

// fromOldest opens the consumer c, which begins with the oldest event.
func fromOldest() *paymentsv1.StreamEventsRequest {
	return &paymentsv1.StreamEventsRequest{Consumer: "c", Start: oldest}
}

// A consumer that dies after it has done its work, and before it says so, gets the same event again.
func TestE11_DiesBeforeItsAck(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			s.publishPayments(t, "a", 5)
			ctx, die := context.WithCancel(as(t, "shop"))
			first := s.opened(ctx, t, fromOldest()).take(t, 5)
			s.ack(as(t, "shop"), t, 1, 2, 4)
			die()
			second := s.opened(as(t, "shop"), t, fromOldest()).take(t, 2)
			if diff := cmp.Diff([]int64{3, 5}, positionsOf(second)); diff != "" {
				t.Errorf("what comes again (-want +got):\n%s", diff)
			}
			if second[0].GetId() != first[2].GetId() || second[1].GetId() != first[4].GetId() {
				t.Error("what comes again has other ids")
			}
		})
	}
}

// The cursor is the last position with nothing open at or below it.
func TestE12_CursorWaitsForWhatIsOpen(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			s.publishPayments(t, "a", 6)
			s.opened(as(t, "shop"), t, fromOldest()).take(t, 6)
			for _, step := range []struct {
				ack    []int64
				cursor int64
				ahead  int32
			}{{[]int64{1, 2}, 2, 0}, {[]int64{5}, 2, 1}, {[]int64{3}, 3, 1}, {[]int64{4}, 5, 0}, {[]int64{6}, 6, 0}} {
				if got := s.ack(as(t, "shop"), t, step.ack...); got != step.cursor {
					t.Errorf("after %v the cursor is %d, want %d", step.ack, got, step.cursor)
				}
				list, err := s.client.ListConsumers(as(t, "shop"), &paymentsv1.ListConsumersRequest{})
				if err != nil {
					t.Fatal(err)
				}
				c := list.GetConsumers()[0]
				if c.GetCursor() != step.cursor || c.GetAckedAhead() != step.ahead || c.GetLag() != 6-step.cursor || !c.GetConnected() {
					t.Errorf("after %v the consumer is %v", step.ack, c)
				}
			}
		})
	}
}

// To acknowledge again does nothing; what is no event of the consumer is refused by its place in the request, and nothing
// beside it counts.
func TestE13_AcksThatAreNone(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"), caller("billing"))
			s.publishPayments(t, "a", 20)
			req := fromOldest()
			req.Filter = &paymentsv1.EventFilter{ObjectIds: []string{"pi_0", "pi_1"}} // positions 1, 2, 11 and 12
			s.opened(as(t, "shop"), t, req).take(t, 4)
			for _, tt := range []struct {
				name      string
				positions []int64
				cursor    int64
				field     string
			}{
				{"the first", []int64{1}, 1, ""},
				{"again", []int64{1}, 1, ""},
				{"again beside another, twice", []int64{1, 11, 11}, 1, ""},
				{"one that the filter leaves out", []int64{2, 1, 14}, 0, "positions[2]"},
				{"the future", []int64{2, 21}, 0, "positions[1]"},
				{"the rest", []int64{12, 2}, 12, ""},
			} {
				resp, err := s.client.AckEvents(as(t, "shop"), &paymentsv1.AckEventsRequest{Consumer: "c", Positions: tt.positions})
				if tt.field == "" && (err != nil || resp.GetCursor() < tt.cursor) {
					t.Errorf("%s: %v, %v, want the cursor %d", tt.name, resp, err, tt.cursor)
				}
				if tt.field != "" && !refusedFor(err, tt.field) {
					t.Errorf("%s: %v, want INVALID_FIELD of %s", tt.name, err, tt.field)
				}
			}
			for _, name := range []string{"billing", "shop"} {
				consumer := map[string]string{"billing": "c", "shop": "other"}[name]
				_, err := s.client.AckEvents(as(t, name), &paymentsv1.AckEventsRequest{Consumer: consumer, Positions: []int64{1}})
				if status.Code(err) != codes.NotFound {
					t.Errorf("%s acknowledges %s: %v, want NOT_FOUND", name, consumer, err)
				}
			}
		})
	}
}

// A consumer that takes another filter gets what that wants and the one before left out, also in front of what it has
// acknowledged. With the same filter, in whatever order, nothing comes again.
func TestConsumerWithAnotherFilter(t *testing.T) {
	objects := func(ids ...string) *paymentsv1.EventFilter { return &paymentsv1.EventFilter{ObjectIds: ids} }
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			for _, tt := range []struct {
				name   string
				filter *paymentsv1.EventFilter
				want   []int64
			}{
				{"all", nil, []int64{4, 5, 6, 7, 8, 9, 10}},
				{"wider", objects("pi_3", "pi_4", "pi_5"), []int64{4, 5, 6}},
				{"other", objects("pi_4"), []int64{5}},
				{"the same", objects("pi_3", "pi_5", "pi_9"), []int64{4, 10}},
				{"the same otherwise", objects("pi_9", "pi_5", "pi_3"), []int64{4, 10}},
			} {
				t.Run(tt.name, func(t *testing.T) {
					s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
					s.publishPayments(t, "a", 10)
					req := fromOldest()
					req.Filter = objects("pi_3", "pi_5", "pi_9") // positions 4, 6 and 10
					ctx, leave := context.WithCancel(as(t, "shop"))
					s.opened(ctx, t, req).take(t, 3)
					if cursor := s.ack(as(t, "shop"), t, 6); cursor != 3 {
						t.Fatalf("the cursor is %d, want 3", cursor)
					}
					leave()
					req.Filter = tt.filter
					got := positionsOf(s.opened(as(t, "shop"), t, req).take(t, len(tt.want)))
					if diff := cmp.Diff(tt.want, got); diff != "" {
						t.Fatalf("what comes (-want +got):\n%s", diff)
					}
					if cursor := s.ack(as(t, "shop"), t, got[0]); len(got) > 2 && cursor != got[0] {
						t.Errorf("the cursor is %d, and %d is open", cursor, got[1])
					}
				})
			}
		})
	}
}

// A consumer of a log that was restored is told so, and how to go on; it is behind by all of this log.
func TestConsumerOfAnotherLog(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			h := newHouse(t, e.open(t), newKeys(t))
			s := h.serve(t, nil, caller("shop"))
			s.publishPayments(t, "a", 10)
			ctx, leave := context.WithCancel(as(t, "shop"))
			s.opened(ctx, t, fromOldest()).take(t, 10)
			s.ack(as(t, "shop"), t, span(1, 10)...)
			leave()

			restored := newHouse(t, otherLog{h.store, "another"}, h.keys).serve(t, nil, caller("shop"))
			_, streamed := restored.open(as(t, "shop"), t, fromOldest()).stream.Recv()
			_, acked := restored.client.AckEvents(as(t, "shop"), &paymentsv1.AckEventsRequest{Consumer: "c", Positions: []int64{10}})
			for name, err := range map[string]error{"a stream": streamed, "an ack": acked} {
				wantExpired(t, err, 1)
				if said := status.Convert(err).Message(); !strings.Contains(said, "another event log") || !strings.Contains(said, "SeekConsumer") {
					t.Errorf("%s hears %q", name, said)
				}
			}
			list, err := restored.client.ListConsumers(as(t, "shop"), &paymentsv1.ListConsumersRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if c := list.GetConsumers()[0]; c.GetCursor() != 10 || c.GetLag() != 10 {
				t.Errorf("the consumer is %v, want it 10 behind", c)
			}
		})
	}
}

// A stream is of a consumer or of a token.
func TestTokenBesideAConsumer(t *testing.T) {
	s := newHouse(t, engines[0].open(t), newKeys(t)).serve(t, nil, caller("shop"))
	_, err := s.open(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{Consumer: "c", ResumeToken: "token"}).stream.Recv()
	if !refusedFor(err, "resume_token") {
		t.Errorf("got %v, want INVALID_FIELD of resume_token", err)
	}
}

// Many acknowledge at the same time, in two servers: nothing of it is lost.
func TestAcksAtTheSameTime(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			database, keys := e.open(t), newKeys(t)
			one := newHouse(t, database, keys).serve(t, nil, caller("shop"))
			two := newHouse(t, database, keys).serve(t, nil, caller("shop"))
			const n = 60
			one.publishPayments(t, "a", n)
			one.opened(as(t, "shop"), t, fromOldest()).take(t, n)
			var acks sync.WaitGroup
			for i, position := range span(1, n) {
				s := []*served{one, two}[i%2]
				acks.Go(func() {
					ctx := as(t, "shop")
					if _, err := s.client.AckEvents(ctx, &paymentsv1.AckEventsRequest{
						Consumer: "c", Positions: []int64{position},
					}); err != nil {
						t.Errorf("ack of %d: %v", position, err)
					}
				})
			}
			acks.Wait()
			if got := one.ack(as(t, "shop"), t, 1); got != n {
				t.Errorf("the cursor is %d, want %d", got, n)
			}
		})
	}
}

// At most 1,000 events are open; acknowledged at whatever server, they make room for more.
func TestConsumerWindow(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			database, keys := e.open(t), newKeys(t)
			one := newHouse(t, database, keys).serve(t, nil, caller("shop"))
			two := newHouse(t, database, keys).serve(t, nil, caller("shop"))
			one.publishPayments(t, "a", 1100)
			r := one.opened(as(t, "shop"), t, fromOldest())
			r.take(t, 1000)
			if r.position != 1000 {
				t.Fatalf("it is at %d, want 1000", r.position)
			}
			two.ack(as(t, "shop"), t, 7, 3)
			if diff := cmp.Diff(span(1001, 1002), positionsOf(r.take(t, 2))); diff != "" {
				t.Errorf("what comes after two acks elsewhere (-want +got):\n%s", diff)
			}
			one.ack(as(t, "shop"), t, span(1, 900)...)
			if diff := cmp.Diff(span(1003, 1100), positionsOf(r.take(t, 98))); diff != "" {
				t.Errorf("what comes after acks here (-want +got):\n%s", diff)
			}
		})
	}
}

// A second stream takes the consumer over: the first ends with its token, and between them nothing is lost, whatever is
// published and acknowledged meanwhile.
func TestE27_TakenOver(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			s.publishPayments(t, "a", 30)
			first := s.opened(as(t, "shop"), t, fromOldest())
			first.take(t, 30)
			s.ack(as(t, "shop"), t, append(span(1, 10), 15)...)
			second := s.opened(as(t, "shop"), t, fromOldest())
			err := first.end()
			if info := infoOf(err); status.Code(err) != codes.Aborted || info.GetReason() != "CONSUMER_TAKEN_OVER" ||
				info.GetMetadata()["resume_token"] == "" {
				t.Errorf("the first ended with %v %v", err, info)
			}
			s.publishPayments(t, "b", 5)
			s.ack(as(t, "shop"), t, 12) // what the first delivered may still be acknowledged
			want := slices.DeleteFunc(span(11, 35), func(p int64) bool { return p == 15 })
			if diff := cmp.Diff(want, positionsOf(second.take(t, len(want)))); diff != "" {
				t.Errorf("the second got (-want +got):\n%s", diff)
			}
			if got := s.ack(as(t, "shop"), t, want...); got != 35 {
				t.Errorf("the cursor is %d, want 35", got)
			}
			// Its token is good for a stream that is nobody's consumer.
			third := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{ResumeToken: infoOf(err).GetMetadata()["resume_token"]})
			if diff := cmp.Diff(span(31, 35), positionsOf(third.take(t, 5))); diff != "" {
				t.Errorf("from the token on (-want +got):\n%s", diff)
			}
		})
	}
}

// A consumer is moved and deleted, and its stream ends; others' are nobody's business but the administrator's.
func TestSeekAndDelete(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"), caller("billing"),
				caller("admin", paymentsv1.Scope_SCOPE_EVENTS_ADMIN))
			s.publishPayments(t, "a", 10)
			r := s.opened(as(t, "shop"), t, fromOldest())
			r.take(t, 10)
			s.ack(as(t, "shop"), t, span(1, 8)...)
			at := func(position int64) *paymentsv1.SeekConsumerRequest {
				return &paymentsv1.SeekConsumerRequest{
					Consumer: "c", Caller: "shop", Target: &paymentsv1.SeekConsumerRequest_Position{Position: position},
				}
			}
			if _, err := s.client.SeekConsumer(as(t, "billing"), at(2)); status.Code(err) != codes.PermissionDenied {
				t.Errorf("another caller moves it: %v", err)
			}
			if _, err := s.client.SeekConsumer(as(t, "shop"), at(11)); !refusedFor(err, "position") {
				t.Errorf("ahead of the log: %v", err)
			}
			if resp, err := s.client.SeekConsumer(as(t, "admin"), at(4)); err != nil || resp.GetConsumer().GetCursor() != 4 {
				t.Fatalf("got %v, %v, want the cursor 4", resp, err)
			}
			if err := r.end(); infoOf(err).GetReason() != "CONSUMER_TAKEN_OVER" {
				t.Errorf("its stream ended with %v", err)
			}
			r = s.opened(as(t, "shop"), t, fromOldest())
			if diff := cmp.Diff(span(5, 10), positionsOf(r.take(t, 6))); diff != "" {
				t.Errorf("it goes on with (-want +got):\n%s", diff)
			}
			for name, want := range map[string]int{"billing": 0, "admin": 1, "shop": 1} {
				list, err := s.client.ListConsumers(as(t, name), &paymentsv1.ListConsumersRequest{})
				if err != nil || len(list.GetConsumers()) != want {
					t.Errorf("%s sees %v, %v, want %d", name, list, err, want)
				}
			}
			if _, err := s.client.DeleteConsumer(as(t, "shop"), &paymentsv1.DeleteConsumerRequest{Consumer: "c"}); err != nil {
				t.Fatal(err)
			}
			if err := r.end(); infoOf(err).GetReason() != "CONSUMER_TAKEN_OVER" {
				t.Errorf("its stream ended with %v", err)
			}
			for what, err := range map[string]error{
				"delete": second(s.client.DeleteConsumer(as(t, "shop"), &paymentsv1.DeleteConsumerRequest{Consumer: "c"})),
				"seek":   second(s.client.SeekConsumer(as(t, "shop"), at(1))),
			} {
				if status.Code(err) != codes.NotFound {
					t.Errorf("%s of what is gone: %v", what, err)
				}
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// Consumers are listed by pages, whatever characters their names have.
func TestListConsumersByPages(t *testing.T) {
	s := newHouse(t, engines[0].open(t), newKeys(t)).serve(t, nil, caller("a.b-c"))
	want := []string{"a", "a-b", "a.b", "b_c", "z"}
	for _, name := range want {
		ctx, hangUp := context.WithCancel(as(t, "a.b-c"))
		s.opened(ctx, t, &paymentsv1.StreamEventsRequest{Consumer: name})
		hangUp()
	}
	var got []string
	req := &paymentsv1.ListConsumersRequest{PageSize: 2}
	for {
		resp, err := s.client.ListConsumers(as(t, "a.b-c"), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range resp.GetConsumers() {
			got = append(got, c.GetName())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
