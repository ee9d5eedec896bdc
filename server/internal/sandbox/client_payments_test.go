package sandbox_test

import (
	"errors"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// Stripe's library captures, cancels, refunds and iterates against the sandbox.
func TestT01_StripeLibraryPayments(t *testing.T) {
	t.Parallel()
	a := newAPI()
	c := newClient(t, a)
	hold := intentParams(t, "pm_card_visa")
	hold.CaptureMethod = new("manual")
	held, err := c.PaymentIntents.New(hold)
	if err != nil {
		t.Fatal(err)
	}
	capture := &stripe.PaymentIntentCaptureParams{AmountToCapture: new(int64(700))}
	capture.Context = t.Context()
	capture.SetIdempotencyKey("capture-1")
	capture.AddExpand("latest_charge.refunds")
	pi, err := c.PaymentIntents.Capture(held.ID, capture)
	if err != nil || pi.Status != stripe.PaymentIntentStatusSucceeded || pi.AmountReceived != 700 ||
		pi.LatestCharge.AmountCaptured != 700 || pi.LatestCharge.Refunds.Data[0].Amount != 1300 {
		t.Fatalf("%+v %v", pi, err)
	}
	refund := &stripe.RefundParams{
		PaymentIntent: new(held.ID), Amount: new(int64(200)), Reason: new(string(stripe.RefundReasonDuplicate)),
	}
	refund.Context = t.Context()
	refund.AddExpand("balance_transaction")
	re, err := c.Refunds.New(refund)
	if err != nil || re.Status != stripe.RefundStatusSucceeded || re.Charge.ID != pi.LatestCharge.ID ||
		re.BalanceTransaction.Amount != -200 || re.Reason != stripe.RefundReasonDuplicate {
		t.Fatalf("%+v %v", re, err)
	}
	refund.Amount = new(int64(501))
	_, err = c.Refunds.New(refund)
	if refused, is := errors.AsType[*stripe.Error](err); !is || refused.Param != "amount" || refused.HTTPStatusCode != 400 {
		t.Errorf("%v", err)
	}
	open, err := c.PaymentIntents.New(hold)
	if err != nil {
		t.Fatal(err)
	}
	cancel := &stripe.PaymentIntentCancelParams{CancellationReason: new("abandoned")}
	cancel.Context = t.Context()
	pi, err = c.PaymentIntents.Cancel(open.ID, cancel)
	if err != nil || pi.Status != stripe.PaymentIntentStatusCanceled || pi.CanceledAt != start.Unix() ||
		pi.CancellationReason != stripe.PaymentIntentCancellationReasonAbandoned {
		t.Errorf("%+v %v", pi, err)
	}
	_, err = c.PaymentIntents.Capture(open.ID, capture)
	if refused, is := errors.AsType[*stripe.Error](err); !is || refused.Code != "" || refused.Type != stripe.ErrorTypeIdempotency {
		t.Errorf("%v", err) // the key belongs to another request
	}
}

func TestT01_StripeLibraryUpdatesAndLists(t *testing.T) {
	t.Parallel()
	a := newAPI()
	c := newClient(t, a)
	open := intentParams(t, "pm_card_visa")
	open.Confirm = nil
	made := map[string]bool{}
	for range 25 {
		pi, err := c.PaymentIntents.New(open)
		if err != nil {
			t.Fatal(err)
		}
		made[pi.ID] = true
	}
	list := &stripe.PaymentIntentListParams{}
	list.Context = t.Context()
	list.Limit = new(int64(10))
	list.CreatedRange = &stripe.RangeQueryParams{GreaterThanOrEqual: start.Unix(), LesserThan: start.Unix() + 60}
	list.AddExpand("data.payment_method")
	id := ""
	for it := c.PaymentIntents.List(list); it.Next() || it.Err() != nil; {
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
		if id = it.PaymentIntent().ID; !made[id] || it.PaymentIntent().PaymentMethod.Card.Last4 != "4242" {
			t.Errorf("%+v", it.PaymentIntent())
		}
		delete(made, id)
	}
	if len(made) > 0 {
		t.Errorf("the iterator left out %d", len(made))
	}
	update := &stripe.PaymentIntentParams{Amount: new(int64(2100)), Description: new("new")}
	update.Context = t.Context()
	update.AddMetadata("k", "v")
	if pi, err := c.PaymentIntents.Update(id, update); err != nil || pi.Amount != 2100 || pi.Metadata["k"] != "v" {
		t.Errorf("%+v %v", pi, err)
	}
	clean := &stripe.PaymentIntentParams{}
	clean.Context = t.Context()
	clean.AddExtra("metadata", "")
	if pi, err := c.PaymentIntents.Update(id, clean); err != nil || len(pi.Metadata) != 0 {
		t.Errorf("%+v %v", pi, err)
	}
	events := &stripe.EventListParams{Types: []*string{new("payment_intent.created")}}
	events.Context = t.Context()
	count := 0
	for it := c.Events.List(events); it.Next(); {
		if it.Event().APIVersion != stripe.APIVersion || it.Event().Data.Object["object"] != "payment_intent" {
			t.Errorf("%+v", it.Event())
		}
		count++
	}
	if count != 25 {
		t.Errorf("%d events, want 25", count)
	}
}
