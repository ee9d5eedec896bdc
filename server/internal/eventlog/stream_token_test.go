package eventlog_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
)

var oldest = paymentsv1.StreamStart_STREAM_START_OLDEST

// refusedFor looks whether an error is INVALID_FIELD of a field.
func refusedFor(err error, field string) bool {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			return status.Code(err) == codes.InvalidArgument && bad.GetFieldViolations()[0].GetField() == field
		}
	}
	return false
}

// A resume token goes on with the very next event.
func TestE10_ResumeAtN(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			s.publishPayments(t, "a", 250)
			ctx, hangUp := context.WithCancel(as(t, "shop"))
			first := s.opened(ctx, t, &paymentsv1.StreamEventsRequest{Start: oldest})
			seen := len(first.next(t))
			if seen != 100 || first.position != 100 {
				t.Fatalf("%d events came, up to %d, want 100", seen, first.position)
			}
			hangUp()
			second := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{ResumeToken: first.token})
			if diff := cmp.Diff(span(101, 250), positionsOf(second.take(t, 150))); diff != "" {
				t.Errorf("it goes on elsewhere (-want +got):\n%s", diff)
			}
			s.publishPayments(t, "b", 3)
			if diff := cmp.Diff(span(251, 253), positionsOf(second.take(t, 3))); diff != "" {
				t.Errorf("it goes on elsewhere (-want +got):\n%s", diff)
			}
		})
	}
}

// A stream without a token begins with what comes.
func TestStreamBeginsWithTheNewest(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			s.publishPayments(t, "a", 5)
			r := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{})
			if r.position != 5 {
				t.Errorf("it begins at %d, want 5", r.position)
			}
			s.publishPayments(t, "b", 2)
			if diff := cmp.Diff(span(6, 7), positionsOf(r.take(t, 2))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A token that is another's, of another filter or cluster, or was changed is refused before any data.
func TestE07_TokenOfAnother(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"), caller("billing"))
			other := newHouse(t, engines[0].open(t), newKeys(t)).serve(t, nil, caller("shop"))
			s.publishPayments(t, "a", 5)
			token := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{}).token
			changed := []byte(token)
			changed[30] ^= 1
			for name, tt := range map[string]struct {
				s      *served
				caller string
				req    *paymentsv1.StreamEventsRequest
			}{
				"another caller": {s, "billing", &paymentsv1.StreamEventsRequest{ResumeToken: token}},
				"another filter": {s, "shop", &paymentsv1.StreamEventsRequest{
					ResumeToken: token, Filter: &paymentsv1.EventFilter{ObjectIds: []string{"pi_1"}},
				}},
				"another cluster": {other, "shop", &paymentsv1.StreamEventsRequest{ResumeToken: token}},
				"changed":         {s, "shop", &paymentsv1.StreamEventsRequest{ResumeToken: string(changed)}},
				"made up":         {s, "shop", &paymentsv1.StreamEventsRequest{ResumeToken: "AAAA"}},
			} {
				resp, err := tt.s.open(as(t, tt.caller), t, tt.req).stream.Recv()
				if resp != nil || !refusedFor(err, "resume_token") {
					t.Errorf("%s: %v, %v, want INVALID_FIELD of resume_token", name, resp, err)
				}
			}
		})
	}
}

// otherLog is a store after it was restored from a copy: it has another epoch.
type otherLog struct {
	store.Store

	epoch string
}

func (s otherLog) Head(ctx context.Context) (store.Head, error) {
	head, err := s.Store.Head(ctx)
	head.Epoch = s.epoch
	return head, err
}

// wantExpired looks for OUT_OF_RANGE with the oldest position.
func wantExpired(t *testing.T, err error, oldest int64) {
	t.Helper()
	if info := infoOf(err); status.Code(err) != codes.OutOfRange || info.GetReason() != "POSITION_EXPIRED" ||
		info.GetMetadata()["oldest_position"] != strconv.FormatInt(oldest, 10) {
		t.Errorf("got %v %v, want POSITION_EXPIRED with the oldest position %d", err, info, oldest)
	}
}

// A token from before a restore is refused, with where the log begins: what is at its position now is something else.
func TestE06_TokenOfAnotherEpoch(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			database, keys := e.open(t), newKeys(t)
			before := newHouse(t, database, keys).serve(t, nil, caller("shop"))
			before.publishPayments(t, "a", 5)
			token := before.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{}).token
			page, err := before.client.ListEvents(as(t, "shop"), &paymentsv1.ListEventsRequest{PageSize: 2})
			if err != nil {
				t.Fatal(err)
			}

			after := newHouse(t, otherLog{database, "restored"}, keys).serve(t, nil, caller("shop"))
			_, err = after.open(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{ResumeToken: token}).stream.Recv()
			wantExpired(t, err, 1)
			_, err = after.client.ListEvents(as(t, "shop"), &paymentsv1.ListEventsRequest{
				PageSize: 2, PageToken: page.GetNextPageToken(),
			})
			wantExpired(t, err, 1)
		})
	}
}

// A token older than what is kept is refused, with where the log begins.
func TestE08_TokenOlderThanTheLog(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			token := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{}).token
			s.publishPayments(t, "a", 20)
			s.erase(t)
			begin := s.head(t).Oldest
			if begin < 2 {
				t.Fatalf("the log still begins at %d", begin)
			}
			_, err := s.open(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{ResumeToken: token}).stream.Recv()
			wantExpired(t, err, begin)
			_, err = s.client.ListEvents(as(t, "shop"), &paymentsv1.ListEventsRequest{AfterPosition: begin - 2})
			wantExpired(t, err, begin)
			resp, err := s.client.ListEvents(as(t, "shop"), &paymentsv1.ListEventsRequest{})
			if err != nil || len(resp.GetEvents()) == 0 || resp.GetEvents()[0].GetPosition() != begin {
				t.Errorf("a list from the oldest on: %v, %v, want it to begin at %d", resp, err, begin)
			}
		})
	}
}

// erase deletes all but the newest event.
func (h *house) erase(t *testing.T) {
	t.Helper()
	for {
		n, err := h.store.EraseLog(t.Context(), -time.Hour, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// A stream that the retention overtakes hears so, and is given no event from behind the gap.
func TestE08_ConsumerOlderThanTheLog(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			ctx, hangUp := context.WithCancel(as(t, "shop"))
			r := s.opened(ctx, t, &paymentsv1.StreamEventsRequest{Consumer: "c"})
			hangUp()
			_ = r.end()
			s.publishPayments(t, "a", 20)
			s.erase(t)
			begin := s.head(t).Oldest
			_, err := s.open(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{Consumer: "c"}).stream.Recv()
			wantExpired(t, err, begin)
			_, err = s.client.AckEvents(as(t, "shop"), &paymentsv1.AckEventsRequest{
				Consumer: "c", Positions: []int64{begin},
			})
			if err != nil && status.Code(err) != codes.InvalidArgument && status.Code(err) != codes.OutOfRange {
				t.Errorf("an ack ended with %v", err)
			}
			if _, err := s.client.SeekConsumer(as(t, "shop"), &paymentsv1.SeekConsumerRequest{
				Consumer: "c", Target: &paymentsv1.SeekConsumerRequest_Start{Start: oldest},
			}); err != nil {
				t.Fatal(err)
			}
			r = s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{Consumer: "c"})
			if got := r.take(t, int(20-begin+1)); got[0].GetPosition() != begin {
				t.Errorf("it goes on at %d, want %d", got[0].GetPosition(), begin)
			}
		})
	}
}
