package proof_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	prices        = "/v1/prices"
	products      = "/v1/products"
	subscriptions = "/v1/subscriptions"
	schedules     = "/v1/subscription_schedules"
	invoices      = "/v1/invoices"
)

// subscriptionJobs are those of SubscriptionService. All that pays is of real time: what is left of a period is all
// of it, to the cent.
var subscriptionJobs = slices.Concat(planJobs, standingJobs, changeJobs, invoiceJobs)

// planJobs make and change plans.
var planJobs = []job{
	{name: "CreatePlan", steps: true, prepare: func(_ *testing.T, s *stripe, key string) prepared {
		request := &paymentsv1.CreatePlanRequest{IdempotencyKey: key, Plan: &paymentsv1.Plan{
			Name: "Gold", Amount: usd(2000), Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH, LookupKey: "gold",
		}}
		return prepared{
			ask: customerRPC(tillgate.CreatePlan, (*paymentsv1.CreatePlanResponse).GetPlan, request),
			check: func(t *testing.T, answer reply) {
				t.Helper()
				s.one(t, prices+"?limit=100", answer.id())
				s.one(t, products+"?limit=100", "")
				s.shows(prices+"/"+answer.id(), "lookup_key", "gold")(t, answer)
			},
		}
	}},
	{name: "UpdatePlan", steps: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.price(t, "2000")
		request := &paymentsv1.UpdatePlanRequest{
			IdempotencyKey: key, PlanId: id, Plan: &paymentsv1.Plan{Name: "Gold for all", LookupKey: "gold"},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name", "lookup_key"}},
		}
		return prepared{
			ask: customerRPC(tillgate.UpdatePlan, (*paymentsv1.UpdatePlanResponse).GetPlan, request),
			check: func(t *testing.T, answer reply) {
				t.Helper()
				s.shows(prices+"/"+id+"?expand[]=product", "product.name", "Gold for all")(t, answer)
				s.shows(prices+"/"+id, "lookup_key", "gold")(t, answer)
			},
		}
	}},
}

// standingJobs begin subscriptions, and change anything of them but their plans.
var standingJobs = []job{
	{name: "CreateSubscription", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		customer := s.payer(t)
		request := &paymentsv1.CreateSubscriptionRequest{
			IdempotencyKey: key, CustomerId: customer, Items: itemsOf(s.price(t, "2000")),
		}
		return prepared{
			ask: customerRPC(tillgate.CreateSubscription, (*paymentsv1.CreateSubscriptionResponse).GetSubscription, request),
			check: func(t *testing.T, answer reply) {
				t.Helper()
				s.one(t, subscriptions+"?status=all&customer="+customer, answer.id())
				movedOnly(s, "charge 2000")(t, answer)
			},
		}
	}},
	{name: "UpdateSubscription", steps: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.changing(t)
		request := &paymentsv1.UpdateSubscriptionRequest{
			IdempotencyKey: key, SubscriptionId: id, Subscription: &paymentsv1.Subscription{CancelTime: at(afterNextYear)},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"cancel_time"}},
		}
		return prepared{
			ask: customerRPC(tillgate.UpdateSubscription, (*paymentsv1.UpdateSubscriptionResponse).GetSubscription, request),
			check: func(t *testing.T, answer reply) {
				t.Helper()
				s.shows(subscriptions+"/"+id, "cancel_at", float64(afterNextYear.Unix()))(t, answer)
				s.shows(subscriptions+"/"+id, "schedule", nil)(t, answer)
			},
		}
	}},
	{name: "PauseSubscription", steps: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.changing(t)
		request := &paymentsv1.PauseSubscriptionRequest{
			IdempotencyKey: key, SubscriptionId: id, Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
		}
		return prepared{
			ask:   customerRPC(tillgate.PauseSubscription, (*paymentsv1.PauseSubscriptionResponse).GetSubscription, request),
			check: s.shows(subscriptions+"/"+id, "pause_collection.behavior", "void"),
		}
	}},
	{name: "ResumeSubscription", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.subscribed(t)
		s.make(t, subscriptions+"/"+id, "pause_collection[behavior]", "void")
		request := &paymentsv1.ResumeSubscriptionRequest{IdempotencyKey: key, SubscriptionId: id}
		return prepared{
			ask:   customerRPC(tillgate.ResumeSubscription, (*paymentsv1.ResumeSubscriptionResponse).GetSubscription, request),
			check: s.shows(subscriptions+"/"+id, "pause_collection", nil),
		}
	}},
	{name: "CancelSubscription", deletes: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		return s.cancels(key, s.subscribed(t))
	}},
	{name: "CancelSubscription that is to change", deletes: true, steps: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.changing(t)
		return s.cancels(key, id)
	}},
}

// changeJobs change plans.
var changeJobs = []job{
	{name: "ChangePlan now", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id, gold := s.subscribed(t), s.price(t, "5000")
		return s.changes(key, id, gold, paymentsv1.ChangeTiming_CHANGE_TIMING_NOW, func(t *testing.T, answer reply) {
			t.Helper()
			movedOnly(s, "charge 3000")(t, answer)
			s.shows(subscriptions+"/"+id, "plan.id", gold)(t, answer)
		})
	}},
	{name: "ChangePlan now that is to change", steps: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.changing(t)
		gold := s.price(t, "7000")
		return s.changes(key, id, gold, paymentsv1.ChangeTiming_CHANGE_TIMING_NOW, func(t *testing.T, answer reply) {
			t.Helper()
			movedOnly(s, "charge 5000")(t, answer)
			s.shows(subscriptions+"/"+id, "plan.id", gold)(t, answer)
			s.shows(subscriptions+"/"+id, "schedule", nil)(t, answer)
		})
	}},
	{name: "ChangePlan at the period's end", steps: true, prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id, gold := s.subscribed(t), s.price(t, "5000")
		return s.changes(key, id, gold, paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END, s.changesTo(id, gold))
	}},
	{name: "ChangePlan at the period's end once more", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.changing(t)
		gold := s.price(t, "7000")
		return s.changes(key, id, gold, paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END, s.changesTo(id, gold))
	}},
}

// invoiceJobs work on an invoice of 20 dollars.
var invoiceJobs = []job{
	{name: "FinalizeInvoice", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.draft(t)
		request := &paymentsv1.FinalizeInvoiceRequest{IdempotencyKey: key, InvoiceId: id}
		return prepared{
			ask:   customerRPC(tillgate.FinalizeInvoice, (*paymentsv1.FinalizeInvoiceResponse).GetInvoice, request),
			check: s.shows(invoices+"/"+id, "status", "open"),
		}
	}},
	{name: "PayInvoice", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.make(t, invoices+"/"+s.draft(t)+"/finalize")
		request := &paymentsv1.PayInvoiceRequest{IdempotencyKey: key, InvoiceId: id}
		return prepared{
			ask: customerRPC(tillgate.PayInvoice, (*paymentsv1.PayInvoiceResponse).GetInvoice, request),
			check: func(t *testing.T, answer reply) {
				t.Helper()
				movedOnly(s, "charge 2000")(t, answer)
				s.shows(invoices+"/"+id, "status", "paid")(t, answer)
			},
		}
	}},
	{name: "VoidInvoice", prepare: func(t *testing.T, s *stripe, key string) prepared {
		t.Helper()
		id := s.make(t, invoices+"/"+s.draft(t)+"/finalize")
		request := &paymentsv1.VoidInvoiceRequest{IdempotencyKey: key, InvoiceId: id}
		return prepared{
			ask:   customerRPC(tillgate.VoidInvoice, (*paymentsv1.VoidInvoiceResponse).GetInvoice, request),
			check: s.shows(invoices+"/"+id, "status", "void"),
		}
	}},
}

// cancels is the job of ending a subscription now.
func (s *stripe) cancels(key, id string) prepared {
	request := &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: key, SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
	}
	return prepared{
		ask:   customerRPC(tillgate.CancelSubscription, (*paymentsv1.CancelSubscriptionResponse).GetSubscription, request),
		check: s.shows(subscriptions+"/"+id, "status", "canceled"),
	}
}

// changes is the job of changing the plan of a subscription.
func (s *stripe) changes(
	key, id, plan string, timing paymentsv1.ChangeTiming, check func(*testing.T, reply),
) prepared {
	request := &paymentsv1.ChangePlanRequest{
		IdempotencyKey: key, SubscriptionId: id, Timing: timing, Changes: []*paymentsv1.ItemChange{{PlanId: plan}},
	}
	return prepared{
		ask:   customerRPC(tillgate.ChangePlan, (*paymentsv1.ChangePlanResponse).GetSubscription, request),
		check: check,
	}
}

// changesTo checks that one change is scheduled for a subscription, to this plan.
func (s *stripe) changesTo(id, plan string) func(*testing.T, reply) {
	return func(t *testing.T, _ reply) {
		t.Helper()
		var list struct {
			Data []struct {
				Subscription string
				Phases       []struct{ Items []struct{ Price string } }
			}
		}
		if err := s.exchange(http.MethodGet, schedules+"?limit=100", "", nil, &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, schedule := range list.Data {
			for _, phase := range schedule.Phases {
				got = append(got, schedule.Subscription+" "+phase.Items[0].Price)
			}
		}
		if len(got) == 2 {
			got = got[1:] // What stands now is the first phase.
		}
		if diff := cmp.Diff([]string{id + " " + plan}, got); diff != "" {
			t.Errorf("what is scheduled (-want +got):\n%s", diff)
		}
	}
}
