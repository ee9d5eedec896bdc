package operation_test

import (
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	paymentsPath = "/v1/payment_intents"
	goodCard     = "pm_card_visa"
	badCard      = "pm_card_chargeDeclined"
)

// M-14: a create that Stripe answers with a failure for ever, though it was done: where its lists do not tell, the event
// under our key does, at once, and nothing is charged twice.
func TestM14_WebhookTellsOfAReplayed500(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		for name, failure := range map[string]error{"not in the list": nil, "no list": errNoList} {
			t.Run(e.name+" "+name, func(t *testing.T) {
				t.Parallel()
				h := newToldHouse(t, e.open(t))
				h.gateway.blind, h.gateway.failure = true, failure
				h.paced.putOff(time.Hour)
				h.breaks(t, sandbox.Fault500After, paymentsPath, 0)
				ctx, _, err := h.do(t, method, charge())
				if reasonOf(err) != "OUTCOME_PENDING" {
					t.Fatalf("got %v, want OUTCOME_PENDING", err)
				}
				stop := h.recovering(t)
				defer stop()
				before, key := h.sent(t)
				id := h.only(t, paymentsPath)
				h.webhook(t, key, "payment_intent.succeeded", h.resource(t, "payment_intent", id))
				op := h.ended(t, ctx, store.Succeeded)
				if sends, _ := h.sent(t); op.ObjectID != id || sends != before {
					t.Errorf("it made %s, want %s; %d sends after the webhook, want none", op.ObjectID, id, sends-before)
				}
				h.only(t, "/v1/charges")
				_, out, err := h.do(t, method, charge())
				if err != nil || !out.Replayed || paymentID(t, out) != id {
					t.Errorf("the same key: %v, %v", out, err)
				}
				if events := h.told(t); len(events) != 1 {
					t.Errorf("the log has %d events, want one", len(events))
				}
			})
		}
	}
}

// M-46: a webhook that comes when recovery has taken the operation and is about to send again holds the send back, and
// tells what became of it.
func TestM46_LateWebhookBeforeAResend(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newToldHouse(t, e.open(t))
			h.gateway.blind = true
			h.breaks(t, sandbox.FaultDropAfter, paymentsPath, 3)
			ctx, _, err := h.do(t, method, charge())
			if reasonOf(err) != "OUTCOME_PENDING" {
				t.Fatalf("got %v, want OUTCOME_PENDING", err)
			}
			before, key := h.sent(t)
			id := h.only(t, paymentsPath)
			h.once("recover.claimed", "resend.before", func() {
				h.webhook(t, key, "payment_intent.succeeded", h.resource(t, "payment_intent", id))
			})
			stop := h.recovering(t)
			defer stop()
			op := h.ended(t, ctx, store.Succeeded)
			sends, _ := h.sent(t)
			if before != 3 || sends != before || op.ObjectID != id || op.Sends != before {
				t.Errorf("%d sends before and %d after the webhook; the row is %+v", before, sends-before, op)
			}
			h.only(t, "/v1/charges")
			if events := h.told(t); len(events) != 1 {
				t.Errorf("the log has %d events, want one", len(events))
			}
		})
	}
}

// A call whose answer was lost, and whose webhook came meanwhile, is not sent again: what it made is read, and its caller
// gets it.
func TestToldWhileItsCallerWaits(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newToldHouse(t, e.open(t))
			h.gateway.blind = true
			h.breaks(t, sandbox.FaultDropAfter, paymentsPath, 1)
			h.beforeTheAnswer(func(key string) {
				h.webhook(t, key, "payment_intent.succeeded", h.resource(t, "payment_intent", h.only(t, paymentsPath)))
			})
			ctx, out, err := h.do(t, method, charge())
			if err != nil || out.Replayed || paymentID(t, out) != h.only(t, paymentsPath) {
				t.Fatalf("got %v, %v", out, err)
			}
			if sends, _ := h.sent(t); sends != 1 || h.row(t, ctx).State != store.Succeeded {
				t.Errorf("the row is %v after %d sends", h.row(t, ctx).State, sends)
			}
			h.only(t, "/v1/charges")
		})
	}
}

// What was told and can not be found, since it is not what the operation made, is sent again within the window.
func TestToldAndNotFoundIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newToldHouse(t, e.open(t))
			h.paced.putOff(time.Hour)
			h.breaks(t, sandbox.FaultDropBefore, paymentsPath, 3)
			ctx, _, err := h.do(t, method, charge())
			if reasonOf(err) != "OUTCOME_PENDING" {
				t.Fatalf("got %v, want OUTCOME_PENDING", err)
			}
			before, key := h.sent(t)
			other := h.post(t, paymentsPath, "amount", "2000", "currency", "usd")
			h.paced.putOff(0)
			h.webhook(t, key, "customer.updated", h.resource(t, "customer", h.post(t, "/v1/customers")))
			h.webhook(t, key, "payment_intent.created", h.resource(t, "payment_intent", other))
			if op := h.row(t, ctx); len(op.Told) != 2 {
				t.Fatalf("it is told of %v", op.Told)
			}
			stop := h.recovering(t)
			defer stop()
			op := h.ended(t, ctx, store.Succeeded)
			sends := len(h.stripe.Requests(key))
			if sends != before+1 || op.ObjectID == other || op.LookUps != 1 || h.gateway.lookUps.Load() != 1 {
				t.Errorf("%d sends; it is %s after %d look-ups", sends, op.ObjectID, op.LookUps)
			}
			h.only(t, "/v1/charges")
		})
	}
}

// Stripe tells also of tries that failed. That an event came under the key of what confirms or pays is no success: neither
// where the look-up finds the refusal, nor where it finds nothing.
func TestToldOfATryThatFailed(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		for name, blind := range map[string]bool{"looked up": false, "not in the list": true} {
			for _, tt := range []struct {
				name, path, kind string
				set              func(t *testing.T, h *toldHouse) (id, method string, req operation.Request)
			}{
				{"payment", "/v1/payment_intents/*/confirm", "payment_intent", declinedConfirm},
				{"invoice", "/v1/invoices/*/pay", "invoice", declinedInvoice},
			} {
				t.Run(e.name+" "+name+" "+tt.name, func(t *testing.T) {
					t.Parallel()
					h := newToldHouse(t, e.open(t))
					id, method, req := tt.set(t, h)
					h.gateway.blind = blind
					h.paced.putOff(time.Hour)
					h.breaks(t, sandbox.FaultDropAfter, tt.path, 3)
					var key string
					h.beforeTheAnswer(func(k string) { key = k })
					ctx, _, err := h.do(t, method, req)
					if reasonOf(err) != "OUTCOME_PENDING" {
						t.Fatalf("got %v, want OUTCOME_PENDING", err)
					}
					h.paced.putOff(0)
					h.webhook(t, key, tt.kind+".payment_failed", h.resource(t, tt.kind, id))
					stop := h.recovering(t)
					defer stop()
					eventually(t, "it ends", func() bool { return !h.row(t, ctx).EndTime.IsZero() })
					if op := h.row(t, ctx); op.State != store.Failed {
						t.Errorf("the row is %v, want FAILED", op.State)
					}
					if _, _, err := h.do(t, method, req); reasonOf(err) != "PAYMENT_DECLINED" {
						t.Errorf("the same key: %v, want PAYMENT_DECLINED", err)
					}
				})
			}
		}
	}
}

func declinedConfirm(t *testing.T, h *toldHouse) (id, method string, req operation.Request) {
	t.Helper()
	id = h.post(t, paymentsPath, "amount", "2000", "currency", "usd", "payment_method_types[]", "card")
	return id, paymentsv1.PaymentService_ConfirmPayment_FullMethodName, &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey: "order-1001-confirm", PaymentId: id, PaymentMethodId: badCard,
	}
}

func declinedInvoice(t *testing.T, h *toldHouse) (id, method string, req operation.Request) {
	t.Helper()
	customer := h.post(t, "/v1/customers")
	card := h.post(t, "/v1/payment_methods", "type", "card", "card[token]", "tok_chargeCustomerFail")
	h.post(t, "/v1/payment_methods/"+card+"/attach", "customer", customer)
	id = h.post(t, "/v1/invoices", "customer", customer, "auto_advance", "false", "currency", "usd")
	h.post(t, "/v1/invoiceitems", "customer", customer, "invoice", id, "amount", "2000", "currency", "usd")
	h.post(t, "/v1/invoices/"+id+"/finalize", "auto_advance", "false")
	return id, paymentsv1.SubscriptionService_PayInvoice_FullMethodName, &paymentsv1.PayInvoiceRequest{
		IdempotencyKey: "order-1001-pay", InvoiceId: id, PaymentMethodId: card,
	}
}

// What is told in the middle of several steps is no outcome: the step is looked for, or sent again, and the operation
// goes on with the next.
func TestToldInTheMiddleOfSteps(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		for i, step := range stepNames {
			for name, hidden := range map[string][]string{"found": nil, "not found": stepNames} {
				t.Run(e.name+" "+step+" "+name, func(t *testing.T) {
					t.Parallel()
					stripe := newStepStripe(map[string][]meeting{step: {lostAfter, lostAfter, lostAfter}})
					stripe.hidden = hidden
					paced := &pacedStore{Store: e.open(t)}
					m := stripe.on(t, paced, nil)
					paced.putOff(time.Hour)
					ctx, _, err := m.pay(t, "order-1001", 10*time.Second)
					if reasonOf(err) != "OUTCOME_PENDING" || m.row(t, ctx).StepsDone != i {
						t.Fatalf("got %v in %+v", err, m.row(t, ctx))
					}
					paced.putOff(0)
					for j := range i + 1 {
						tellOf(t, paced, stripe.keys[stepNames[j]], "pi_"+stepNames[j])
					}
					// What a step did that is done already tells nothing of the one that it is at.
					if told := m.row(t, ctx).Told; len(told) != 1 || told[0] != "pi_"+step {
						t.Errorf("it is told of %v, want of what %s did", told, step)
					}
					stop := m.recovering(t)
					defer stop()
					eventually(t, "it ends well", func() bool { return m.row(t, ctx).State == store.Succeeded })
					stripe.did(t, stepNames...)
					if op := m.row(t, ctx); op.StepsDone != 2 || op.ObjectID != "pi_"+stepNames[2] && op.ObjectID != "pi_1" {
						t.Errorf("the row is %+v", op)
					}
				})
			}
		}
	}
}

// tellOf takes in an event of an object by a cause.
func tellOf(t *testing.T, s store.Store, cause, id string) {
	t.Helper()
	stands, err := s.Object(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := stripegw.NewResource(&paymentsv1.Payment{Id: id})
	if _, err := s.Ingest(t.Context(), store.Ingest{
		Object: &store.Object{ID: id, Kind: r.Kind, Version: stands.Version, Basis: store.BasisEvent, Created: 1, Cause: cause},
		Events: []store.Event{{ObjectID: id, ObjectKind: r.Kind, Kind: "payment_intent.updated", Cause: cause, StripeEventID: "evt_" + id}},
	}); err != nil {
		t.Fatal(err)
	}
}
