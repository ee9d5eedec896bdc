package operation_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	succeeded = paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
	// canary stands for what is personal.
	canary = "canary"
)

// asFirstMade is a payment as its first event shows it: before it was charged.
func asFirstMade(r stripegw.Resource) stripegw.Resource {
	payment := proto.CloneOf(r.Message.(*paymentsv1.Payment)) //nolint:forcetypeassert // of a payment
	payment.State, payment.LatestCharge = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD, nil
	first, _ := stripegw.NewResource(payment)
	return first
}

// W-33: the webhook of our own create comes before its answer. The log has one event of each change, with the right
// payload, and the caller's answer is the one of Stripe.
func TestW33_WebhookBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	const created, paid = "payment_intent.created", "payment_intent.succeeded"
	for _, e := range engines {
		for _, kinds := range [][]string{{paid}, {created}, {created, paid}, {paid, created}} {
			t.Run(e.name+" "+strings.Join(kinds, " "), func(t *testing.T) {
				t.Parallel()
				h := newToldHouse(t, e.open(t))
				h.beforeTheAnswer(func(key string) {
					r := h.resource(t, "payment_intent", h.only(t, paymentsPath))
					for i, kind := range kinds {
						// What comes after the end shows the end: eventlog never goes back.
						if kind == created && i == 0 {
							h.webhook(t, key, kind, asFirstMade(r))
						} else {
							h.webhook(t, key, kind, r)
						}
					}
				})
				ctx, out, err := h.do(t, method, charge())
				if err != nil || out.Replayed || paymentID(t, out) != h.only(t, paymentsPath) {
					t.Fatalf("got %v, %v", out, err)
				}
				now := h.resource(t, "payment_intent", paymentID(t, out)).Message
				if diff := cmp.Diff(now, out.Resource, protocmp.Transform()); diff != "" {
					t.Errorf("the answer (-at Stripe +answered):\n%s", diff)
				}
				sends, key := h.sent(t)
				if op := h.row(t, ctx); op.State != store.Succeeded || op.Attempt != 1 || sends != 1 {
					t.Errorf("the row is %+v after %d sends", op, sends)
				}
				want := slices.Clone(kinds)
				if !slices.Contains(want, paid) {
					want = append(want, paid)
				}
				var got []string
				for _, event := range h.told(t) {
					got = append(got, event.Kind)
					told, ok := h.opened(t, "event/resource", event.ObjectID, event.Resource).(*paymentsv1.Payment)
					if !ok || event.Cause != key || event.Kind == paid && told.GetState() != succeeded {
						t.Errorf("%s by %s tells of %v", event.Kind, event.Cause, told)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("the log (-want +got):\n%s", diff)
				}
				object, err := h.paced.Object(t.Context(), paymentID(t, out))
				if err != nil || object.State != int32(succeeded) || !object.Ended {
					t.Errorf("the object is in state %d, ended %t, %v", object.State, object.Ended, err)
				}
			})
		}
	}
}

// What a write leaves stands as the object, whole and sealed; what is told of it holds nothing that is personal.
func TestObjectAfterAWrite(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newToldHouse(t, e.open(t))
			req := charge()
			req.Description, req.ReceiptEmail = canary+" description", canary+"@example.com"
			req.Metadata = map[string]string{"order": canary}
			_, out, err := h.do(t, method, req)
			if err != nil {
				t.Fatal(err)
			}
			h.checkObject(t, out.Resource, "payment_intent.succeeded", int32(succeeded), true)

			customer := &paymentsv1.CreateCustomerRequest{
				IdempotencyKey: "customer-1001", Customer: &paymentsv1.Customer{
					Name: canary, Email: canary + "@example.com", Description: canary, Metadata: map[string]string{"user": canary},
				},
			}
			_, out, err = h.do(t, paymentsv1.CustomerService_CreateCustomer_FullMethodName, customer)
			if err != nil {
				t.Fatal(err)
			}
			h.checkObject(t, out.Resource, "customer.created", 0, false)
			_, out, err = h.do(t, paymentsv1.CustomerService_DeleteCustomer_FullMethodName, &paymentsv1.DeleteCustomerRequest{
				IdempotencyKey: "customer-1001-delete", CustomerId: idOf(out.Resource),
			})
			if err != nil {
				t.Fatal(err)
			}
			h.checkObject(t, out.Resource, "customer.deleted", 0, true)

			// A payment method has no state: that it has lost its customer is its end, and its message does not say so.
			card := h.post(t, "/v1/payment_methods", "type", "card", "card[token]", "tok_visa", "billing_details[name]", canary)
			for _, step := range []struct {
				method, kind string
				req          operation.Request
				ended        bool
			}{
				{
					paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName, "payment_method.attached",
					&paymentsv1.AttachPaymentMethodRequest{
						IdempotencyKey: "card-1001-attach", PaymentMethodId: card, CustomerId: h.post(t, "/v1/customers"),
					}, false,
				},
				{
					paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName, "payment_method.detached",
					&paymentsv1.DetachPaymentMethodRequest{IdempotencyKey: "card-1001-detach", PaymentMethodId: card}, true,
				},
			} {
				_, out, err := h.do(t, step.method, step.req)
				if err != nil {
					t.Fatal(err)
				}
				h.checkObject(t, out.Resource, step.kind, 0, step.ended)
			}
		})
	}
}

func idOf(m proto.Message) string {
	r, _ := stripegw.NewResource(m)
	return r.ID
}

// checkObject compares the object, and the newest event, with what a write answered.
func (h *toldHouse) checkObject(t *testing.T, answered proto.Message, kind string, state int32, ended bool) {
	t.Helper()
	id := idOf(answered)
	object, err := h.paced.Object(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if object.State != state || object.Ended != ended || object.Basis != store.BasisWrite || object.Created != 0 ||
		!strings.HasPrefix(object.Cause, "tg1-") {
		t.Errorf("%s: the object is %+v", kind, object)
	}
	if diff := cmp.Diff(answered, h.opened(t, "object/resource", id, object.Resource), protocmp.Transform()); diff != "" {
		t.Errorf("%s: what stands (-answered +stands):\n%s", kind, diff)
	}
	events := h.told(t)
	event := events[len(events)-1]
	if event.Kind != kind || event.ObjectID != id || event.ObjectKind != object.Kind || event.Cause != object.Cause ||
		!strings.HasPrefix(event.OperationID, "op_") || event.StripeEventID != "" {
		t.Errorf("the newest event is %+v, want %s", event, kind)
	}
	for name, sealed := range map[string][]byte{"the object": object.Public, "the event": event.Resource} {
		if bytes.Contains(packed(t, h.opened(t, "event/resource", id, sealed)), []byte(canary)) {
			t.Errorf("%s: what %s shows is personal", kind, name)
		}
	}
	for name, sealed := range map[string][]byte{"resource": object.Resource, "public": object.Public, "event": event.Resource} {
		if bytes.Contains(sealed, []byte(id)) || bytes.Contains(sealed, []byte(canary)) {
			t.Errorf("%s: %s is not sealed", kind, name)
		}
	}
}

// What a webhook of another change said while the write was under way is not taken back by its answer, which is older: the
// object stays, and the write's event shows it as it stands.
func TestWebhookMovesTheObjectOnMeanwhile(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		for _, ends := range []bool{true, false} {
			name := map[bool]string{true: "to its end", false: "on its way"}[ends]
			t.Run(e.name+" "+name, func(t *testing.T) {
				t.Parallel()
				h := newToldHouse(t, e.open(t))
				req := charge()
				req.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
				newer := paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE
				h.beforeTheAnswer(func(string) {
					id := h.only(t, paymentsPath)
					if ends {
						h.post(t, paymentsPath+"/"+id+"/capture")
						newer = succeeded
					} else {
						h.post(t, paymentsPath+"/"+id, "metadata[seen]", "newer")
					}
					kind := map[bool]string{true: "payment_intent.succeeded", false: "payment_intent.updated"}[ends]
					h.webhook(t, "", kind, h.resource(t, "payment_intent", id))
				})
				_, out, err := h.do(t, method, req)
				if err != nil {
					t.Fatal(err)
				}
				id := paymentID(t, out)
				object, err := h.paced.Object(t.Context(), id)
				if err != nil || object.State != int32(newer) || object.Ended != ends || object.Basis != store.BasisEvent ||
					object.Version != 2 {
					t.Errorf("the object is %+v, %v", object, err)
				}
				now := h.resource(t, "payment_intent", id).Message
				if diff := cmp.Diff(now, h.opened(t, "object/resource", id, object.Resource), protocmp.Transform()); diff != "" {
					t.Errorf("what stands (-at Stripe +here):\n%s", diff)
				}
				events := h.told(t)
				if len(events) != 2 || events[1].Kind != "payment_intent.amount_capturable_updated" {
					t.Fatalf("the log is %+v", events)
				}
				if told, ok := h.opened(t, "event/resource", id, events[1].Resource).(*paymentsv1.Payment); !ok ||
					told.GetState() != newer {
					t.Errorf("the write tells of %v, want what stands", told)
				}
			})
		}
	}
}

// What a write was answered is newer than what stood before it began.
func TestWriteMovesTheObjectOn(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newToldHouse(t, e.open(t))
			id := h.post(t, paymentsPath, "amount", "2000", "currency", "usd", "payment_method_types[]", "card")
			h.webhook(t, "", "payment_intent.created", h.resource(t, "payment_intent", id))
			before, err := h.paced.Object(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(5 * time.Millisecond) // Times of the store are compared.
			if _, _, err := h.do(t, paymentsv1.PaymentService_ConfirmPayment_FullMethodName, &paymentsv1.ConfirmPaymentRequest{
				IdempotencyKey: "order-1001-confirm", PaymentId: id, PaymentMethodId: goodCard,
			}); err != nil {
				t.Fatal(err)
			}
			object, err := h.paced.Object(t.Context(), id)
			if err != nil || object.State != int32(succeeded) || object.Version != before.Version+1 ||
				object.Basis != store.BasisWrite || object.Created != before.Created {
				t.Errorf("it stands as %+v, %v; before it was %+v", object, err, before)
			}
		})
	}
}
