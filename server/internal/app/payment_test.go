package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// order is a request to collect 20 dollars at once.
func order(key, paymentMethod string) *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:  key,
		Amount:          &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
		PaymentMethodId: paymentMethod,
		Confirm:         true,
	}
}

// detail returns the detail of a type that a failed call carries, or its zero value.
func detail[T proto.Message](err error) T {
	var none T
	for _, d := range status.Convert(err).Details() {
		if found, ok := d.(T); ok {
			return found
		}
	}
	return none
}

func reasonOf(err error) string { return detail[*errdetails.ErrorInfo](err).GetReason() }

func TestTakeAPayment(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	request := order("order-1001-attempt-1", "pm_card_visa")
	request.Description = "Order 1001"
	request.Metadata = map[string]string{"order": "1001"}

	first, err := client.CreatePayment(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	payment := first.GetPayment()
	if payment.GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED || first.GetReplayed() ||
		payment.GetAmountReceived().GetMinorUnits() != 2000 || payment.GetAmountReceived().GetCurrencyCode() != "USD" {
		t.Errorf("got %v, want a new payment that is paid", first)
	}
	if got := payment.GetMetadata(); len(got) != 1 || got["order"] != "1001" {
		t.Errorf("metadata = %v, want the caller's own and nothing else", got)
	}
	if card := payment.GetLatestCharge().GetPaymentMethodDetails().GetCard(); card.GetLast4() != "4242" || card.GetBrand() != "visa" {
		t.Errorf("the charge was made with %v, want the visa 4242", card)
	}
	if first.GetClientSecret() != "" {
		t.Error("a payment that is paid needs no client secret, and got one")
	}

	again, err := client.CreatePayment(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	if !again.GetReplayed() || !proto.Equal(again.GetPayment(), payment) {
		t.Errorf("the same call again got %v, want the same payment, replayed", again)
	}

	read, err := client.GetPayment(dev(t), &paymentsv1.GetPaymentRequest{PaymentId: payment.GetId()})
	if err != nil || !proto.Equal(read.GetPayment(), payment) {
		t.Errorf("GetPayment = %v, %v, want the same payment", read, err)
	}

	other := proto.CloneOf(request)
	other.Amount.MinorUnits = 2001
	if _, err := client.CreatePayment(dev(t), other); status.Code(err) != codes.InvalidArgument ||
		reasonOf(err) != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another amount under the key: %v, want INVALID_ARGUMENT, IDEMPOTENCY_KEY_REUSED", err)
	}
	if entries := p.ledger(t); len(entries) != 1 || entries[0].Amount != 2000 {
		t.Errorf("the ledger holds %+v, want one charge of 2000", entries)
	}
	if strings.Contains(p.stderr.String(), "Order 1001") || strings.Contains(p.stderr.String(), "_secret_") {
		t.Error("the log holds a payload")
	}
}

// ledgerEntry is one movement of money, as the sandbox tells it.
type ledgerEntry struct {
	Type           string `json:"type"`
	Amount         int64  `json:"amount"`
	IdempotencyKey string `json:"idempotency_key"`
	Operation      string `json:"operation"`
}

// ledger reads every movement of money.
func (p *process) ledger(t *testing.T) []ledgerEntry {
	t.Helper()
	var ledger struct {
		Entries []ledgerEntry `json:"entries"`
	}
	code, body := p.sandboxCall(t, http.MethodGet, "/_sandbox/ledger", "")
	if err := json.Unmarshal(body, &ledger); err != nil || code != http.StatusOK {
		t.Fatalf("the ledger answers %d %s: %v", code, body, err)
	}
	return ledger.Entries
}

// A refused payment exists: it is confirmed again with another method and another key.
func TestDeclineAndSecondTry(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	_, err := client.CreatePayment(dev(t), order("order-1002-attempt-1", "pm_card_visa_chargeDeclinedInsufficientFunds"))
	decline := detail[*paymentsv1.Decline](err)
	if status.Code(err) != codes.FailedPrecondition || reasonOf(err) != "PAYMENT_DECLINED" ||
		!strings.HasPrefix(decline.GetPaymentId(), "pi_") || decline.GetDeclineCode() != "insufficient_funds" ||
		decline.GetAdvice() != paymentsv1.DeclineAdvice_DECLINE_ADVICE_NEW_METHOD || decline.GetCustomerMessage() == "" {
		t.Fatalf("got %v with %v, want PAYMENT_DECLINED with a whole Decline", err, decline)
	}

	read, err := client.GetPayment(dev(t), &paymentsv1.GetPaymentRequest{PaymentId: decline.GetPaymentId()})
	if err != nil {
		t.Fatal(err)
	}
	payment := read.GetPayment()
	if payment.GetState() != paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD ||
		payment.GetLastError().GetDeclineCode() != "insufficient_funds" || payment.GetPaymentMethodId() != "" {
		t.Errorf("the payment is %v, want it to wait for another method", payment)
	}

	confirm := &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey: "order-1002-attempt-2", PaymentId: decline.GetPaymentId(), PaymentMethodId: "pm_card_mastercard",
	}
	for _, replayed := range []bool{false, true} {
		confirmed, err := client.ConfirmPayment(dev(t), confirm)
		if err != nil {
			t.Fatal(err)
		}
		if confirmed.GetPayment().GetId() != decline.GetPaymentId() || confirmed.GetReplayed() != replayed ||
			confirmed.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
			t.Errorf("got %v, want the same payment, paid, replayed = %v", confirmed, replayed)
		}
	}
	if entries := p.ledger(t); len(entries) != 1 {
		t.Errorf("the ledger holds %+v, want one charge", entries)
	}
}

// The client secret is given while the customer needs it, and never again by the same call.
func TestClientSecret(t *testing.T) {
	client := startSandboxed(t).connect(t)
	unconfirmed := order("order-1003-attempt-1", "")
	unconfirmed.Confirm = false
	for _, tt := range []struct {
		name    string
		request *paymentsv1.CreatePaymentRequest
		want    paymentsv1.PaymentState
	}{
		{"no method", unconfirmed, paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD},
		{
			"3D Secure", order("order-1004-attempt-1", "pm_card_threeDSecure2Required"),
			paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, err := client.CreatePayment(dev(t), tt.request)
			if err != nil {
				t.Fatal(err)
			}
			if first.GetPayment().GetState() != tt.want || !strings.Contains(first.GetClientSecret(), "_secret_") {
				t.Errorf("got %v, want %v with a client secret", first, tt.want)
			}
			if (first.GetPayment().GetNextAction() != nil) != (tt.want == paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION) {
				t.Errorf("next_action = %v", first.GetPayment().GetNextAction())
			}
			again, err := client.CreatePayment(dev(t), tt.request)
			if err != nil || !again.GetReplayed() || again.GetClientSecret() != "" {
				t.Errorf("again: %v, %v, want a replay without the secret", again, err)
			}
		})
	}
}

// What the bank wants authenticated while the customer is away is an error with its own advice.
func TestOffSessionAuthentication(t *testing.T) {
	client := startSandboxed(t).connect(t)
	request := order("order-1005-attempt-1", "pm_card_authenticationRequired")
	request.OffSession = true
	_, err := client.CreatePayment(dev(t), request)
	decline := detail[*paymentsv1.Decline](err)
	if status.Code(err) != codes.FailedPrecondition || reasonOf(err) != "AUTHENTICATION_REQUIRED" ||
		decline.GetAdvice() != paymentsv1.DeclineAdvice_DECLINE_ADVICE_AUTHENTICATE || decline.GetPaymentId() == "" {
		t.Errorf("got %v with %v, want AUTHENTICATION_REQUIRED", err, decline)
	}
}

// The sandbox refuses what Stripe refuses, and Tillgate sends what Stripe accepts: at 2023-10-16 a payment that names no
// kinds of method is confirmed only with a page to come back to, off session, or with redirects ruled out.
func TestConfirmWithoutReturnURL(t *testing.T) {
	p := startSandboxed(t)
	bare := "amount=2000&currency=usd&payment_method=pm_card_visa&confirm=true"
	for _, tt := range []struct {
		name, form string
		want       int
	}{
		{"bare", bare, http.StatusBadRequest},
		{"return_url", bare + "&return_url=https://example.com", http.StatusOK},
		{"off_session", bare + "&off_session=true", http.StatusOK},
		{"kinds", bare + "&payment_method_types[]=card", http.StatusOK},
		{
			"no redirects", bare + "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never",
			http.StatusOK,
		},
	} {
		code, body := p.sandboxCall(t, http.MethodPost, "/v1/payment_intents", tt.form,
			"Authorization", "Bearer sk_test_1", "Content-Type", "application/x-www-form-urlencoded")
		if code != tt.want || (code != http.StatusOK && !strings.Contains(string(body), "return_url")) {
			t.Errorf("%s: the sandbox answers %d %s, want %d", tt.name, code, body, tt.want)
		}
	}

	client := p.connect(t)
	if _, err := client.CreatePayment(dev(t), order("order-1006-attempt-1", "pm_card_visa")); err != nil {
		t.Errorf("CreatePayment with confirm: %v", err)
	}
	unconfirmed := order("order-1007-attempt-1", "pm_card_visa")
	unconfirmed.Confirm = false
	created, err := client.CreatePayment(dev(t), unconfirmed)
	if err != nil {
		t.Fatal(err)
	}
	confirmed, err := client.ConfirmPayment(dev(t), &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey: "order-1007-attempt-2", PaymentId: created.GetPayment().GetId(),
	})
	if err != nil || confirmed.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
		t.Errorf("ConfirmPayment: %v, %v, want it to be paid", confirmed, err)
	}
}

// Two callers who choose the same key do not meet.
func TestM04_SameKeyOtherCaller(t *testing.T) {
	p := startSandboxed(t, "--callers", writeCallers(t, caller{"billing", "billing-token", "PAYMENTS_WRITE"}))
	client := p.connect(t)
	mine, err := client.CreatePayment(dev(t), order("order-1008-attempt-1", "pm_card_visa"))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := client.CreatePayment(as(t, "billing-token"), order("order-1008-attempt-1", "pm_card_visa"))
	if err != nil {
		t.Fatal(err)
	}
	if theirs.GetReplayed() || theirs.GetPayment().GetId() == mine.GetPayment().GetId() || len(p.ledger(t)) != 2 {
		t.Errorf("got %v, want a payment of its own", theirs)
	}
}
