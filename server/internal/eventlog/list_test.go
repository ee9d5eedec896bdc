package eventlog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
)

// everyPage reads a list to its end.
func (s *served) everyPage(t *testing.T, req *paymentsv1.ListEventsRequest) (events []*paymentsv1.Event) {
	t.Helper()
	req = proto.CloneOf(req)
	for range 1000 {
		resp, err := s.client.ListEvents(as(t, "shop"), req)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, resp.GetEvents()...)
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return events
		}
	}
	t.Fatal("the list has no end")
	return nil
}

// The log is listed by pages, filtered by type and by object.
func TestListEvents(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := newHouse(t, e.open(t), newKeys(t)).serve(t, nil, caller("shop"))
			var events []store.Event
			for i := range 60 {
				event := s.processing(t, fmt.Sprintf("pi_%d", i%4), fmt.Sprintf("evt_%d", i))
				event.Kind = []string{"payment_intent.processing", "payment_intent.payment_failed", "payout.paid"}[i%3]
				events = append(events, event)
			}
			s.publish(t, events...)
			every := func(step, first int64) (positions []int64) {
				for position := first; position <= 60; position += step {
					positions = append(positions, position)
				}
				return positions
			}
			failed := paymentsv1.EventType_EVENT_TYPE_PAYMENT_FAILED
			for name, tt := range map[string]struct {
				req  *paymentsv1.ListEventsRequest
				want []int64
			}{
				"all":       {&paymentsv1.ListEventsRequest{PageSize: 7}, span(1, 60)},
				"behind":    {&paymentsv1.ListEventsRequest{AfterPosition: 50}, span(51, 60)},
				"of a type": {&paymentsv1.ListEventsRequest{PageSize: 6, Filter: &paymentsv1.EventFilter{Types: []paymentsv1.EventType{failed}}}, every(3, 2)},
				"of none that is modelled": {&paymentsv1.ListEventsRequest{
					PageSize: 6, Filter: &paymentsv1.EventFilter{Types: []paymentsv1.EventType{paymentsv1.EventType_EVENT_TYPE_UNSPECIFIED}},
				}, every(3, 3)},
				"of an object": {&paymentsv1.ListEventsRequest{PageSize: 4, Filter: none("pi_1")}, every(4, 2)},
				"of both":      {&paymentsv1.ListEventsRequest{Filter: &paymentsv1.EventFilter{Types: []paymentsv1.EventType{failed}, ObjectIds: []string{"pi_1"}}}, every(12, 2)},
				"of nothing":   {&paymentsv1.ListEventsRequest{Filter: none("pi_9")}, nil},
			} {
				got := positionsOf(s.everyPage(t, tt.req))
				if diff := cmp.Diff(append([]int64{}, tt.want...), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
				r := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{
					Start: oldest, Filter: tt.req.GetFilter(), Consumer: strings.ReplaceAll(name, " ", "-"),
				})
				if want := len(tt.want); name != "behind" && want > 0 {
					if diff := cmp.Diff(tt.want, positionsOf(r.take(t, want))); diff != "" {
						t.Errorf("as a stream: %s (-want +got):\n%s", name, diff)
					}
				}
			}
			first, err := s.client.ListEvents(as(t, "shop"), &paymentsv1.ListEventsRequest{PageSize: 5})
			if err != nil || first.GetHeadPosition() != 60 {
				t.Fatal(first, err)
			}
			_, err = s.client.ListEvents(as(t, "shop"), &paymentsv1.ListEventsRequest{PageToken: first.GetNextPageToken(), Filter: none("pi_1")})
			if !refusedFor(err, "page_token") {
				t.Errorf("a token with other arguments: %v", err)
			}
			one, err := s.client.GetEvent(as(t, "shop"), &paymentsv1.GetEventRequest{EventId: first.GetEvents()[2].GetId()})
			if err != nil || !proto.Equal(one.GetEvent(), first.GetEvents()[2]) {
				t.Errorf("one event: %v, %v, want %v", one, err, first.GetEvents()[2])
			}
			_, err = s.client.GetEvent(as(t, "shop"), &paymentsv1.GetEventRequest{EventId: "ev_" + strings.Repeat("a", 52)})
			if status.Code(err) != codes.NotFound {
				t.Errorf("an event that is not there: %v", err)
			}
		})
	}
}

// Why a card was refused is told to those who may know; what is shared between streams shows neither what it hides from
// the other.
func TestStreamsHideDeclines(t *testing.T) {
	h := newHouse(t, engines[0].open(t), newKeys(t))
	s := h.serve(t, nil, caller("shop"), caller("risk", paymentsv1.Scope_SCOPE_DECLINES_READ_ALL))
	shop := s.opened(as(t, "shop"), t, &paymentsv1.StreamEventsRequest{})
	risk := s.opened(as(t, "risk"), t, &paymentsv1.StreamEventsRequest{})
	event := s.processing(t, "pi_1", "evt_1")
	event.Resource = s.payload(t, "pi_1", &paymentsv1.Payment{
		Id: "pi_1", LastError: &paymentsv1.PaymentError{Code: "card_declined", DeclineCode: "stolen_card"},
		LatestCharge: &paymentsv1.Charge{Id: "ch_1", RiskLevel: "highest"},
	})
	s.publish(t, event)
	for name, r := range map[string]*reader{"shop": shop, "risk": risk} {
		payment := r.take(t, 1)[0].GetPayment()
		code, risk := "generic_decline", ""
		if name == "risk" {
			code, risk = "stolen_card", "highest"
		}
		if payment.GetLastError().GetDeclineCode() != code || payment.GetLatestCharge().GetRiskLevel() != risk {
			t.Errorf("%s sees %v", name, payment)
		}
	}
}
