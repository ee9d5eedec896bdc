package stripegw_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// made writes what must be done, and returns the id of what it made or changed.
func (b *bench) made(t *testing.T, method, name string, req proto.Message) string {
	t.Helper()
	got := b.write(t, method, name, req)
	if got.Verdict != stripegw.Done || got.Err != nil {
		t.Fatalf("%s: %v, %v\n%s", method, got.Verdict, got.Err, visible(got.Err))
	}
	return got.Outcome.Resource.(interface{ GetId() string }).GetId()
}

// customer makes a customer.
func (b *bench) customer(t *testing.T, name string) string {
	t.Helper()
	return b.made(t, createCustomer, name, &paymentsv1.CreateCustomerRequest{
		Customer: &paymentsv1.Customer{Name: "Jane Doe", Email: "jane@example.com", Description: "From the shop"},
	})
}

// card makes a card's method, attached to a customer unless there is none.
func (b *bench) card(t *testing.T, customer string) string {
	t.Helper()
	id := b.made(t, createMethod, "card", cardMethod("tok_visa"))
	if customer != "" {
		b.made(t, attachMethod, "card_attach", &paymentsv1.AttachPaymentMethodRequest{
			PaymentMethodId: id, CustomerId: customer,
		})
	}
	return id
}

// clock makes a test clock that stands at a time long ago.
func (b *bench) clock(t *testing.T) string {
	t.Helper()
	return b.testClock(t, "", "frozen_time=1700000000")
}

// testClock posts to Stripe's test clocks, of which no rpc knows, and returns the id of the clock.
func (b *bench) testClock(t *testing.T, path, form string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, b.url+"/v1/test_helpers/test_clocks"+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testKey)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var clock struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&clock); err != nil || clock.ID == "" {
		t.Fatalf("the clock is %q, %v", clock.ID, err)
	}
	return clock.ID
}

// TestLookUpCustomerCreates: what an rpc of CustomerService makes is found by our pair, in Stripe's lists.
func TestLookUpCustomerCreates(t *testing.T) {
	b := newBench(t)
	jane := b.customer(t, "jane")
	declined := b.made(t, createMethod, "declined", cardMethod("tok_visa_chargeDeclinedInsufficientFunds"))
	for _, tt := range []struct {
		name, method string
		req          proto.Message
		err          paymentsv1.ErrorReason
	}{
		{"customer", createCustomer, &paymentsv1.CreateCustomerRequest{Customer: fullCreateCustomer().GetCustomer()}, noReason},
		// It is created in the clock's time, which is long ago.
		{"customer_on_a_clock", createCustomer, &paymentsv1.CreateCustomerRequest{TestClockId: b.clock(t)}, noReason},
		{"customer_without_email", createCustomer, &paymentsv1.CreateCustomerRequest{}, noReason},
		{"ensured", ensureCustomer, fullEnsureCustomer(), noReason},
		{"setup", createSetupIntent, &paymentsv1.CreateSetupIntentRequest{CustomerId: jane}, noReason},
		{"setup_of_nobody", createSetupIntent, &paymentsv1.CreateSetupIntentRequest{}, noReason},
		{"setup_confirmed", createSetupIntent, &paymentsv1.CreateSetupIntentRequest{
			CustomerId: jane, PaymentMethodId: "pm_card_visa", Confirm: true,
		}, noReason},
		{"setup_declined", createSetupIntent, &paymentsv1.CreateSetupIntentRequest{
			CustomerId: jane, PaymentMethodId: declined, Confirm: true,
		}, paymentDeclined},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := b.sending(t, tt.method, tt.name, tt.req)
			if found := b.lookUp(t, s); found.Found {
				t.Error("found before it was sent")
			}
			sent := b.gateway.Write(t.Context(), s)
			b.customer(t, "after_"+tt.name)
			found := b.lookUp(t, s)
			if !found.Found || !proto.Equal(found.Outcome.Resource, sent.Outcome.Resource) {
				t.Errorf("found %t, %v; want %v, %v", found.Found, found.Outcome.Resource, sent.Outcome.Resource, sent.Err)
			}
			if tt.err == noReason {
				if found.Err != nil || sent.Err != nil {
					t.Errorf("sent: %v, found: %v", sent.Err, found.Err)
				}
				return
			}
			wantReason(t, found.Err, tt.err)
			wantSameRefusal(t, sent.Err, found.Err)
		})
	}
}

// TestLookUpOfAMethod: Stripe has no list of methods without a customer, so that a lost one is never found, but a person
// can name it.
func TestLookUpOfAMethod(t *testing.T) {
	b := newBench(t)
	s := b.sending(t, createMethod, "card", cardMethod("tok_visa"))
	id := b.made(t, createMethod, "card", cardMethod("tok_visa"))
	if _, err := b.gateway.LookUp(t.Context(), search(s)); !errors.Is(err, stripegw.ErrNoLookUp) {
		t.Errorf("%v, want ErrNoLookUp", err)
	}
	if found, err := b.gateway.ReadResult(t.Context(), search(s), id); err != nil || !found.Found {
		t.Errorf("found %t, %v", found.Found, err)
	}
}

// scene is where a request is made of what is needed first.
type scene struct {
	*bench
	*testing.T
}

// TestLookUpCustomerActions: what is done to an object is judged by the object.
func TestLookUpCustomerActions(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		// req makes what is needed first.
		req           func(s scene) proto.Message
		before, after bool
	}{
		{"update", updateCustomer, func(s scene) proto.Message {
			req := customerUpdateOf(jane())
			req.CustomerId = s.customer(s.T, "jane")
			return req
		}, false, true},
		{"clear", updateCustomer, func(s scene) proto.Message {
			req := customerUpdateOf(&paymentsv1.Customer{}, clearablePaths...)
			req.CustomerId = s.customer(s.T, "jane")
			return req
		}, false, true},
		{"delete", deleteCustomer, func(s scene) proto.Message {
			return &paymentsv1.DeleteCustomerRequest{CustomerId: s.customer(s.T, "jane")}
		}, false, true},
		{"default", setDefault, func(s scene) proto.Message {
			customer := s.customer(s.T, "jane")
			return &paymentsv1.SetDefaultPaymentMethodRequest{
				CustomerId: customer, PaymentMethodId: s.card(s.T, customer),
			}
		}, false, true},
		{"no default, as before", setDefault, func(s scene) proto.Message {
			return &paymentsv1.SetDefaultPaymentMethodRequest{CustomerId: s.customer(s.T, "jane")}
		}, true, true},
		{"attach", attachMethod, func(s scene) proto.Message {
			return &paymentsv1.AttachPaymentMethodRequest{
				PaymentMethodId: s.card(s.T, ""), CustomerId: s.customer(s.T, "jane"),
			}
		}, false, true},
		{"attach, to another", attachMethod, func(s scene) proto.Message {
			return &paymentsv1.AttachPaymentMethodRequest{
				PaymentMethodId: s.card(s.T, s.customer(s.T, "jane")), CustomerId: s.customer(s.T, "jim"),
			}
		}, false, false},
		{"detach", detachMethod, func(s scene) proto.Message {
			return &paymentsv1.DetachPaymentMethodRequest{PaymentMethodId: s.card(s.T, s.customer(s.T, "jane"))}
		}, false, true},
		{"change a card", updateMethod, func(s scene) proto.Message {
			req := methodUpdateOf(&paymentsv1.PaymentMethod{Details: cardDetails(), BillingDetails: &paymentsv1.BillingDetails{
				Name: "Jane", Address: &paymentsv1.Address{RegionCode: "de"},
			}})
			req.PaymentMethodId = s.card(s.T, s.customer(s.T, "jane"))
			return req
		}, false, true},
		{"confirm a setup intent", confirmSetupIntent, func(s scene) proto.Message {
			id := s.made(s.T, createSetupIntent, "setup", &paymentsv1.CreateSetupIntentRequest{})
			return &paymentsv1.ConfirmSetupIntentRequest{SetupIntentId: id, PaymentMethodId: "pm_card_visa"}
		}, false, true},
		{"a confirmation that needs a step", confirmSetupIntent, func(s scene) proto.Message {
			id := s.made(s.T, createSetupIntent, "setup", &paymentsv1.CreateSetupIntentRequest{})
			return &paymentsv1.ConfirmSetupIntentRequest{SetupIntentId: id, PaymentMethodId: "pm_card_threeDSecure2Required"}
		}, false, true},
		{"a confirmation that is declined", confirmSetupIntent, func(s scene) proto.Message {
			id := s.made(s.T, createSetupIntent, "setup", &paymentsv1.CreateSetupIntentRequest{})
			return &paymentsv1.ConfirmSetupIntentRequest{SetupIntentId: id, PaymentMethodId: "pm_card_chargeDeclined"}
		}, false, false},
		{"cancel a setup intent", cancelSetupIntent, func(s scene) proto.Message {
			return &paymentsv1.CancelSetupIntentRequest{
				SetupIntentId: s.made(s.T, createSetupIntent, "setup", &paymentsv1.CreateSetupIntentRequest{}),
			}
		}, false, true},
		{"verify an account", verifyMicrodeposits, func(s scene) proto.Message {
			id := s.made(s.T, createSetupIntent, "setup", &paymentsv1.CreateSetupIntentRequest{
				PaymentMethodId: s.made(s.T, createMethod, "bank", bankMethod()), MandateAcceptance: online(), Confirm: true,
				PaymentMethodTypes: []string{"us_bank_account"},
			})
			return &paymentsv1.VerifyMicrodepositsRequest{
				Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: id}, Amounts: []int32{32, 45},
			}
		}, false, true},
		{"verify a payment's account", verifyMicrodeposits, func(s scene) proto.Message {
			id := s.made(s.T, createPayment, "pay", edited(func(r *paymentsv1.CreatePaymentRequest) {
				r.PaymentMethodId, r.Confirm = s.made(s.T, createMethod, "bank", bankMethod()), true
				r.MandateAcceptance, r.PaymentMethodTypes = offline(), []string{"us_bank_account"}
			}))
			return &paymentsv1.VerifyMicrodepositsRequest{
				Subject: &paymentsv1.VerifyMicrodepositsRequest_PaymentId{PaymentId: id}, DescriptorCode: "SM11AA",
			}
		}, false, true},
		{"wrong amounts", verifyMicrodeposits, func(s scene) proto.Message {
			id := s.made(s.T, createSetupIntent, "setup", &paymentsv1.CreateSetupIntentRequest{
				PaymentMethodId: s.made(s.T, createMethod, "bank", bankMethod()), MandateAcceptance: online(), Confirm: true,
				PaymentMethodTypes: []string{"us_bank_account"},
			})
			return &paymentsv1.VerifyMicrodepositsRequest{
				Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: id}, Amounts: []int32{1, 2},
			}
		}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			s := b.sending(t, tt.method, "act", tt.req(scene{b, t}))
			if found := b.lookUp(t, s); found.Found != tt.before {
				t.Errorf("before it was sent: found %t", found.Found)
			}
			sent := b.gateway.Write(t.Context(), s)
			if tt.after && sent.Err != nil {
				t.Fatalf("%v\n%s", sent.Err, visible(sent.Err))
			}
			found := b.lookUp(t, s)
			if found.Found != tt.after || found.Err != nil {
				t.Fatalf("found %t, %v, want %t", found.Found, found.Err, tt.after)
			}
			if tt.after && !proto.Equal(found.Outcome.Resource, sent.Outcome.Resource) {
				t.Errorf("found %v, want %v", found.Outcome.Resource, sent.Outcome.Resource)
			}
		})
	}
}

// TestReadResultOfCustomers: a person names what an operation made. What is left of a deleted customer no longer says it,
// but it is the result of its deletion.
func TestReadResultOfCustomers(t *testing.T) {
	b := newBench(t)
	jane := b.customer(t, "jane")
	gone := b.customer(t, "gone")
	b.made(t, deleteCustomer, "delete", &paymentsv1.DeleteCustomerRequest{CustomerId: gone})
	method := b.card(t, jane)
	setup := b.made(t, createSetupIntent, "setup", &paymentsv1.CreateSetupIntentRequest{CustomerId: jane})
	for _, tt := range []struct {
		name, method, id, operation string
		refused                     string
	}{
		{"a customer", createCustomer, jane, "op_jane", ""},
		{"a customer of a reference", ensureCustomer, jane, "op_jane", ""},
		{"another's customer", createCustomer, jane, "op_x", "a customer that this operation did not make"},
		{"a deleted customer", createCustomer, gone, "op_gone", "deleted"},
		{"a deletion", deleteCustomer, gone, "op_delete", ""},
		{"a method", createMethod, method, "op_card", ""},
		{"another's method", createMethod, method, "op_x", "a payment method that this operation did not make"},
		{"an attached one", attachMethod, method, "op_card_attach", ""},
		{"a setup intent", createSetupIntent, setup, "op_setup", ""},
		{"another's setup intent", createSetupIntent, setup, "op_x", "a setup intent that this operation did not make"},
		{"a customer for a method", createMethod, jane, "op_card", "no id of a payment method"},
		{"a method for a setup intent", createSetupIntent, method, "op_setup", "no id of a setup intent"},
		{"one that does not exist", createCustomer, "cus_none", "op_jane", "a customer that does not exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := b.gateway.ReadResult(t.Context(), stripegw.Search{Method: tt.method, OperationID: tt.operation}, tt.id)
			if tt.refused != "" {
				wantRefusedObject(t, err, tt.refused)
				return
			}
			if err != nil || !found.Found || found.Err != nil {
				t.Fatalf("found %t, refused with %v, %v", found.Found, found.Err, err)
			}
			if got := found.Outcome.Resource.(interface{ GetId() string }).GetId(); got != tt.id {
				t.Errorf("read %s, want %s", got, tt.id)
			}
		})
	}
}
