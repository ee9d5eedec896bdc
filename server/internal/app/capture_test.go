package app_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

func capture(key, id string, amount *paymentsv1.Money) *paymentsv1.CapturePaymentRequest {
	return &paymentsv1.CapturePaymentRequest{IdempotencyKey: key, PaymentId: id, Amount: amount}
}

// A part is taken and the rest released; the same call again is the same capture.
func TestCaptureAPart(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	payment := create(t, client, held("capture-1001-attempt-1"))
	request := capture("capture-1001-capture-1", payment.GetId(), &paymentsv1.Money{MinorUnits: 700, CurrencyCode: "usd"})
	first, err := client.CapturePayment(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	got := first.GetPayment()
	if got.GetState() != succeeded || first.GetReplayed() || !proto.Equal(got.GetAmountReceived(), usd(700)) ||
		got.GetAmountCapturable().GetMinorUnits() != 0 || !got.GetLatestCharge().GetCaptured() ||
		!proto.Equal(got.GetLatestCharge().GetAmountCaptured(), usd(700)) {
		t.Errorf("got %v, want 7 dollars taken", first)
	}
	if got.GetAmountRefunded().GetMinorUnits() != 0 {
		t.Errorf("refunded %v: what was released was never paid", got.GetAmountRefunded())
	}
	again, err := client.CapturePayment(dev(t), request)
	if err != nil || !again.GetReplayed() || !proto.Equal(again.GetPayment(), got) {
		t.Errorf("again: %v, %v, want a replay of the same", again, err)
	}
	if moved, want := p.moved(t), []string{"authorize 2000", "capture 700", "release 1300"}; !slices.Equal(moved, want) {
		t.Errorf("money moved: %v, want %v", moved, want)
	}

	final := capture("capture-1002-capture-1", create(t, client, held("capture-1002-attempt-1")).GetId(), nil)
	final.FinalCapture = new(true)
	if all, err := client.CapturePayment(dev(t), final); err != nil ||
		!proto.Equal(all.GetPayment().GetAmountReceived(), usd(2000)) {
		t.Errorf("capture of all: %v, %v", all, err)
	}
}

func TestBadCaptures(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	late := create(t, client, held("capture-2000-attempt-1"))
	p.advance(t, 8*24*time.Hour)
	done := create(t, client, held("capture-2001-attempt-1"))
	if _, err := client.CapturePayment(dev(t), capture("capture-2001-capture-1", done.GetId(), nil)); err != nil {
		t.Fatal(err)
	}
	empty := order("capture-2002-attempt-1", "")
	empty.Confirm = false
	unpaid := create(t, client, empty)
	open := create(t, client, held("capture-2003-attempt-1"))
	dinars := held("capture-2004-attempt-1")
	dinars.Amount = &paymentsv1.Money{MinorUnits: 5000, CurrencyCode: "KWD"}
	inDinars := create(t, client, dinars)
	cancelledOne := create(t, client, held("capture-2005-attempt-1"))
	if _, err := client.CancelPayment(dev(t), &paymentsv1.CancelPaymentRequest{
		IdempotencyKey: "capture-2005-cancel-1", PaymentId: cancelledOne.GetId(),
	}); err != nil {
		t.Fatal(err)
	}
	multi := capture("bad-capture-multi", open.GetId(), usd(1))
	multi.FinalCapture = new(false)
	before := p.moved(t)

	kwd := func(units int64) *paymentsv1.Money { return &paymentsv1.Money{MinorUnits: units, CurrencyCode: "KWD"} }
	for _, tt := range []struct {
		name    string
		request *paymentsv1.CapturePaymentRequest
		field   string
	}{
		{"too much", capture("bad-capture-01", open.GetId(), usd(2001)), "amount.minor_units"},
		{"M-48 nothing", capture("bad-capture-02", open.GetId(), usd(0)), "amount.minor_units"},
		{"M-48 a negative amount", capture("bad-capture-03", open.GetId(), usd(-1)), "amount.minor_units"},
		{"M-48 the greatest integer", capture("bad-capture-04", open.GetId(), usd(math.MaxInt64)), "amount.minor_units"},
		{"M-48 the least integer", capture("bad-capture-05", open.GetId(), usd(math.MinInt64)), "amount.minor_units"},
		{"M-48 dinars that do not end in 0", capture("bad-capture-06", inDinars.GetId(), kwd(1001)), "amount.minor_units"},
		{"another currency", capture("bad-capture-07", open.GetId(), kwd(1000)), "amount.currency_code"},
		{"no currency", capture("bad-capture-08", open.GetId(), &paymentsv1.Money{MinorUnits: 1}), "amount.currency_code"},
		{"several captures where there is one", multi, "final_capture"},
		{"no payment", capture("bad-capture-09", "", nil), "payment_id"},
		{"a charge", capture("bad-capture-10", "ch_1", nil), "payment_id"},
		{"no key", capture("", open.GetId(), nil), "idempotency_key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client.CapturePayment(dev(t), tt.request)
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
		})
	}
	for _, tt := range []struct{ name, id, state string }{
		{"captured", done.GetId(), "SUCCEEDED"},
		{"unpaid", unpaid.GetId(), "REQUIRES_PAYMENT_METHOD"},
		{"expired", late.GetId(), "CANCELED"},
		{"cancelled", cancelledOne.GetId(), "CANCELED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i, amount := range []*paymentsv1.Money{nil, usd(1)} {
				_, err := client.CapturePayment(dev(t), capture(fmt.Sprintf("bad-capture-%s-%d", tt.name, i), tt.id, amount))
				checkState(t, err, tt.state)
			}
		})
	}
	for i, amount := range []*paymentsv1.Money{nil, usd(1)} {
		_, err := client.CapturePayment(dev(t), capture(fmt.Sprintf("bad-capture-unknown-%d", i), "pi_unknown", amount))
		check(t, err, codes.NotFound, "RESOURCE_MISSING", "")
	}
	if moved := p.moved(t); !slices.Equal(moved, before) {
		t.Errorf("money moved: %v, before %v", moved, before)
	}
}

// The currency is read only where an amount is given, and nothing is sent where it can not be read.
func TestCaptureReadsTheCurrency(t *testing.T) {
	p := startSandboxed(t)
	p.deaf(t) // What a webhook tells is read, too.
	client := p.connect(t)
	payment := create(t, client, held("capture-3001-attempt-1"))
	posts, gets := p.requests(t, http.MethodPost), p.requests(t, http.MethodGet)

	p.fault(t, map[string]any{"kind": "502_html", "method": "GET"})
	_, err := client.CapturePayment(dev(t), capture("capture-3001-capture-1", payment.GetId(), usd(500)))
	compare(t, "capture", err, codes.Unavailable, "STRIPE_UNAVAILABLE")
	if sent := p.requests(t, http.MethodPost) - posts; sent != 0 {
		t.Errorf("%d writes were sent, want none", sent)
	}
	for range 2 {
		if _, err := client.CapturePayment(dev(t), capture("capture-3001-capture-1", payment.GetId(), usd(500))); err != nil {
			t.Fatal(err)
		}
	}
	if read := p.requests(t, http.MethodGet) - gets; read != 2 {
		t.Errorf("the payment was read %d times, want once a call until there is an answer", read)
	}
	// Another currency under a key that has an answer is another request under that key.
	_, err = client.CapturePayment(dev(t), capture("capture-3001-capture-1", payment.GetId(),
		&paymentsv1.Money{MinorUnits: 500, CurrencyCode: "JPY"}))
	check(t, err, codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", "")

	whole := create(t, client, held("capture-3002-attempt-1"))
	gets = p.requests(t, http.MethodGet)
	if _, err := client.CapturePayment(dev(t), capture("capture-3002-capture-1", whole.GetId(), nil)); err != nil {
		t.Fatal(err)
	}
	if read := p.requests(t, http.MethodGet) - gets; read != 0 {
		t.Errorf("the payment was read %d times, want none: no amount was given", read)
	}
}

// Two captures of one payment with keys of their own: one takes the money, the other hears that there is none left.
func TestM42_CaptureTwiceAtOnce(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	for round := range 10 {
		payment := create(t, client, held(fmt.Sprintf("capture-4001-attempt-%d", round)))
		errs := atOnce(2, func(i int) error {
			_, err := client.CapturePayment(dev(t), capture(fmt.Sprintf("capture-4001-%d-%d", round, i),
				payment.GetId(), usd(1500)))
			return err
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("got %v, want one capture", errs)
		}
		for _, err := range errs {
			if err != nil {
				check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
			}
		}
		if got := read(t, client, payment.GetId()); !proto.Equal(got.GetAmountReceived(), usd(1500)) {
			t.Errorf("received %v, want 15 dollars", got.GetAmountReceived())
		}
	}
	if n := len(p.ledger(t)); n != 30 {
		t.Errorf("the ledger holds %d movements, want a hold, a capture and a release each round", n)
	}
}

// atOnce makes n calls at the same time.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	done := make(chan struct{})
	for i := range n {
		go func() {
			errs[i] = call(i)
			done <- struct{}{}
		}()
	}
	for range n {
		<-done
	}
	return errs
}

func TestCancel(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	for i, reason := range []paymentsv1.CancellationReason{
		paymentsv1.CancellationReason_CANCELLATION_REASON_UNSPECIFIED,
		paymentsv1.CancellationReason_CANCELLATION_REASON_DUPLICATE,
		paymentsv1.CancellationReason_CANCELLATION_REASON_FRAUDULENT,
		paymentsv1.CancellationReason_CANCELLATION_REASON_REQUESTED_BY_CUSTOMER,
		paymentsv1.CancellationReason_CANCELLATION_REASON_ABANDONED,
	} {
		payment := create(t, client, held(fmt.Sprintf("cancel-1001-attempt-%d", i)))
		request := &paymentsv1.CancelPaymentRequest{
			IdempotencyKey: fmt.Sprintf("cancel-1001-cancel-%d", i), PaymentId: payment.GetId(), CancellationReason: reason,
		}
		for _, replayed := range []bool{false, true} {
			got, err := client.CancelPayment(dev(t), request)
			if err != nil || got.GetPayment().GetState() != canceled || got.GetReplayed() != replayed ||
				got.GetPayment().GetCancellationReason() != reason || got.GetPayment().GetCancelTime() == nil ||
				got.GetPayment().GetAmountRefunded().GetMinorUnits() != 0 {
				t.Errorf("%v: got %v, %v, want it cancelled, replayed = %v", reason, got, err, replayed)
			}
		}
	}
}

func TestBadCancels(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	paid := create(t, client, order("cancel-2001-attempt-1", visa))
	gone := create(t, client, held("cancel-2002-attempt-1"))
	cancel := func(key, id string, reason paymentsv1.CancellationReason) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.CancelPayment(ctx, &paymentsv1.CancelPaymentRequest{
				IdempotencyKey: key, PaymentId: id, CancellationReason: reason,
			})
			return err
		}
	}
	if err := cancel("cancel-2002-cancel-1", gone.GetId(), 0)(dev(t)); err != nil {
		t.Fatal(err)
	}
	checkState(t, cancel("cancel-2002-cancel-2", gone.GetId(), 0)(dev(t)), "CANCELED")
	checkState(t, cancel("cancel-2001-cancel-1", paid.GetId(), 0)(dev(t)), "SUCCEEDED")
	check(t, cancel("cancel-2003-cancel-1", "pi_unknown", 0)(dev(t)), codes.NotFound, "RESOURCE_MISSING", "")
	for _, reason := range []paymentsv1.CancellationReason{5, 6, 7, 99} {
		check(t, cancel("cancel-2004-cancel-1", gone.GetId(), reason)(dev(t)), codes.InvalidArgument, "INVALID_FIELD",
			"cancellation_reason")
	}
	check(t, cancel("cancel-2002-cancel-1", paid.GetId(), 0)(dev(t)), codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED",
		"idempotency_key")
}
