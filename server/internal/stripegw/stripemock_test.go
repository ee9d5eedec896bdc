package stripegw_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestStripeTakesEveryRequest holds everything that a Gateway can send against Stripe's own description of the API at
// our version, with every field set and with the least.
func TestStripeTakesEveryRequest(t *testing.T) {
	requests := map[string]struct{ full, least proto.Message }{
		createCustomer:      {fullCreateCustomer(), &paymentsv1.CreateCustomerRequest{}},
		ensureCustomer:      {fullEnsureCustomer(), &paymentsv1.EnsureCustomerRequest{Reference: "user-4711"}},
		updateCustomer:      {fullUpdateCustomer(), customerUpdateOf(&paymentsv1.Customer{}, "name")},
		deleteCustomer:      {fullDeleteCustomer(), &paymentsv1.DeleteCustomerRequest{CustomerId: "cus_1"}},
		setDefault:          {fullSetDefault(), &paymentsv1.SetDefaultPaymentMethodRequest{CustomerId: "cus_1"}},
		createMethod:        {fullCreateMethod(), cardMethod("tok_visa")},
		updateMethod:        {fullUpdateMethod(), methodUpdateOf(&paymentsv1.PaymentMethod{}, "billing_details")},
		attachMethod:        {fullAttach(), &paymentsv1.AttachPaymentMethodRequest{PaymentMethodId: "pm_1", CustomerId: "cus_1"}},
		detachMethod:        {fullDetach(), &paymentsv1.DetachPaymentMethodRequest{PaymentMethodId: "pm_1"}},
		createSetupIntent:   {fullCreateSetupIntent(), &paymentsv1.CreateSetupIntentRequest{}},
		confirmSetupIntent:  {fullConfirmSetupIntent(), &paymentsv1.ConfirmSetupIntentRequest{SetupIntentId: "seti_1"}},
		cancelSetupIntent:   {fullCancelSetupIntent(), &paymentsv1.CancelSetupIntentRequest{SetupIntentId: "seti_1"}},
		verifyMicrodeposits: {verifySetup(), verifyPayment()},
		createPayment:       {fullCreate(), createRequest()},
		confirmPayment: {
			fullConfirm(),
			&paymentsv1.ConfirmPaymentRequest{IdempotencyKey: "order-1001-attempt-1", PaymentId: "pi_1"},
		},
		updatePayment:  {fullUpdate(), leastUpdate()},
		capturePayment: {fullCapture(), &paymentsv1.CapturePaymentRequest{PaymentId: "pi_1"}},
		cancelPayment:  {fullCancel(), &paymentsv1.CancelPaymentRequest{PaymentId: "pi_1"}},
		createRefund:   {fullRefund(), &paymentsv1.CreateRefundRequest{PaymentId: "pi_1"}},
		cancelRefund: {
			&paymentsv1.CancelRefundRequest{IdempotencyKey: "order-1001-refund-1", RefundId: "re_1"},
			&paymentsv1.CancelRefundRequest{RefundId: "re_1"},
		},
		createPlan:      {fullCreatePlan(), leastPlan()},
		updatePlan:      {fullUpdatePlan(), planUpdateOf(&paymentsv1.Plan{}, "active")},
		finalizeInvoice: {fullFinalize(), &paymentsv1.FinalizeInvoiceRequest{InvoiceId: "in_1"}},
		payInvoice:      {fullPay(), &paymentsv1.PayInvoiceRequest{InvoiceId: "in_1"}},
		voidInvoice:     {fullVoid(), &paymentsv1.VoidInvoiceRequest{InvoiceId: "in_1"}},

		createSubscription: {fullCreateSubscription(), leastCreateSubscription()},
		updateSubscription: {fullUpdateSubscription(), subscriptionUpdateOf(changedSubscription(), "description")},
		changePlan:         {fullChangePlan(), changeOf(later, &paymentsv1.ItemChange{ItemId: "si_1", PlanId: "price_3"})},
		cancelSubscription: {cancelNow(), cancelAtEnd()},
		pauseSubscription:  {fullPauseSubscription(), leastPause()},
		resumeSubscription: {resume(), resume()},
	}
	// What an rpc acts on, where it reads that first.
	read := map[string]proto.Message{
		updatePlan: planRead(), updateSubscription: goldRead(onSchedule), changePlan: goldRead(twoItems),
		cancelSubscription: goldRead(onSchedule), pauseSubscription: goldRead(onSchedule),
		resumeSubscription: goldRead(pausedBy, trialOver),
	}
	stripe := httptest.NewServer(describedStripe(t))
	t.Cleanup(stripe.Close)
	g := newGateway(t, stripe.URL)

	for _, method := range stripegw.WriteMethods() {
		messages, ok := requests[method]
		if !ok {
			t.Errorf("%s has no requests in this test", method)
			continue
		}
		checkEveryFieldSet(t, messages.full.ProtoReflect())
		if method == verifyMicrodeposits {
			checkEveryFieldSet(t, messages.least.ProtoReflect())
		}
		for name, message := range map[string]proto.Message{"full": messages.full, "least": messages.least} {
			t.Run(method+" "+name, func(t *testing.T) {
				on := read[method]
				if method == changePlan && message == messages.least {
					on = goldRead() // The described schedule has one item.
				}
				steps, err := g.Prepare(message, on, operationID)
				if err != nil {
					t.Fatal(err)
				}
				for len(steps) > 0 {
					s := sending(method, steps[0].Request)
					s.MaxSends, s.Next = 1, steps[1:]
					result := g.Write(t.Context(), s)
					if result.Err != nil {
						t.Fatalf("step %s: %v\n%s", steps[0].Name, result.Err, visible(result.Err))
					}
					if result.Outcome.Resource == nil || result.Outcome.StripeRequestID == "" {
						t.Errorf("the outcome of step %s is %v", steps[0].Name, result.Outcome)
					}
					steps = result.Next
				}
			})
		}
	}
	t.Run("GetPayment", func(t *testing.T) {
		payment, err := g.GetPayment(t.Context(), "pi_1")
		if err != nil {
			t.Fatal(err)
		}
		if payment.GetId() == "" || payment.GetLatestCharge().GetRawStatus() == "" {
			t.Errorf("the payment %v has no expanded charge", payment)
		}
	})
	t.Run("PaymentClientSecret", func(t *testing.T) {
		if secret, err := g.PaymentClientSecret(t.Context(), "pi_1"); err != nil || secret == "" {
			t.Errorf("got %q, %v", secret, err)
		}
	})
	t.Run("GetRefund", func(t *testing.T) {
		if refund, err := g.GetRefund(t.Context(), "re_1"); err != nil || refund.GetId() == "" {
			t.Errorf("got %v, %v", refund, err)
		}
	})
	for name, req := range map[string]*paymentsv1.ListPaymentsRequest{"full": fullList(), "least": {}} {
		t.Run("PaymentPage "+name, func(t *testing.T) {
			payments, _, err := g.PaymentPage(t.Context(), req, "pi_1", 20)
			if err != nil || len(payments) == 0 || payments[0].GetLatestCharge().GetRawStatus() == "" {
				t.Errorf("got %v, %v, want payments with expanded charges", payments, err)
			}
		})
	}
	t.Run("RefundPage", func(t *testing.T) {
		refunds, _, err := g.RefundPage(t.Context(), &paymentsv1.ListRefundsRequest{PaymentId: "pi_1"}, "re_1", 20)
		if err != nil || len(refunds) == 0 {
			t.Errorf("got %v, %v", refunds, err)
		}
	})
	for name, message := range map[string]proto.Message{
		// An empty list has no other form than that of an empty text, which the description leaves out.
		"customer cleared": customerUpdateOf(&paymentsv1.Customer{}, slices.DeleteFunc(
			slices.Clone(clearablePaths), func(path string) bool { return path == "preferred_locales" })...),
		"American bank account":  bankMethod(),
		"SEPA account":           sepaMethod(),
		"bank account changed":   bankUpdate(),
		"agreed on paper":        &paymentsv1.ConfirmSetupIntentRequest{SetupIntentId: "seti_1", MandateAcceptance: offline()},
		"verified by its code":   &paymentsv1.VerifyMicrodepositsRequest{Subject: setupSubject, DescriptorCode: "SM11AA"},
		"payment by its code":    &paymentsv1.VerifyMicrodepositsRequest{Subject: paymentSubject, DescriptorCode: "SM11AA"},
		"default, there is none": &paymentsv1.SetDefaultPaymentMethodRequest{CustomerId: "cus_1"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := prepareOnly(g, message, operationID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := g.Send(t.Context(), r, stripeKey); err != nil {
				t.Errorf("%v\n%s", err, visible(err))
			}
		})
	}
	checkCustomerReads(t, g)
	checkBillingReads(t, g)
	checkEventReads(t, g)
	t.Run("it does refuse", func(t *testing.T) {
		r := stripegw.Request{Method: http.MethodPost, Path: "/v1/payment_intents", Form: "amount=1000&currency=usd&amuont=1"}
		if _, err := g.Send(t.Context(), r, stripeKey); err == nil {
			t.Error("an unknown parameter was taken")
		}
	})
}

// checkEveryFieldSet fails the test when a request that is called full is not.
func checkEveryFieldSet(t *testing.T, m protoreflect.Message) {
	t.Helper()
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		// Of a choice, one is set; and of microdeposits either the amounts or the code.
		choice := fields.Get(i).ContainingOneof()
		if choice != nil && m.WhichOneof(choice) != nil || fields.Get(i).Name() == "descriptor_code" {
			continue
		}
		if !m.Has(fields.Get(i)) {
			t.Errorf("%s has no %s", m.Descriptor().FullName(), fields.Get(i).Name())
		}
	}
}

// describedStripe answers whatever fits Stripe's description with samples, and refuses the rest.
func describedStripe(t *testing.T) http.HandlerFunc {
	t.Helper()
	spec, err := server.LoadSpec(slices.Clone(embedded.OpenAPISpec), "")
	if err != nil {
		t.Fatal(err)
	}
	fixtures, err := server.LoadFixtures(slices.Clone(embedded.OpenAPIFixtures), "")
	if err != nil {
		t.Fatal(err)
	}
	stub, err := server.NewStubServer(fixtures, spec, true, false)
	if err != nil {
		t.Fatal(err)
	}
	return stub.HandleRequest
}
