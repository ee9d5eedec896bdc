package app_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	refundPending   = paymentsv1.RefundState_REFUND_STATE_PENDING
	refundSucceeded = paymentsv1.RefundState_REFUND_STATE_SUCCEEDED
	refundFailed    = paymentsv1.RefundState_REFUND_STATE_FAILED
	refundCanceled  = paymentsv1.RefundState_REFUND_STATE_CANCELED
)

func refund(key, id string, amount *paymentsv1.Money) *paymentsv1.CreateRefundRequest {
	return &paymentsv1.CreateRefundRequest{IdempotencyKey: key, PaymentId: id, Amount: amount}
}

// giveBack makes a refund that must succeed in being made.
func giveBack(
	t *testing.T, client paymentsv1.PaymentServiceClient, request *paymentsv1.CreateRefundRequest,
) *paymentsv1.Refund {
	t.Helper()
	created, err := client.CreateRefund(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	return created.GetRefund()
}

func readRefund(t *testing.T, client paymentsv1.PaymentServiceClient, id string) *paymentsv1.Refund {
	t.Helper()
	got, err := client.GetRefund(dev(t), &paymentsv1.GetRefundRequest{RefundId: id})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetRefund()
}

// Money goes back in parts, with reasons, until nothing is left.
func TestRefunds(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	payment := create(t, client, order("refund-1001-attempt-1", visa))
	reasons := []paymentsv1.RefundReason{
		paymentsv1.RefundReason_REFUND_REASON_UNSPECIFIED, paymentsv1.RefundReason_REFUND_REASON_DUPLICATE,
		paymentsv1.RefundReason_REFUND_REASON_FRAUDULENT, paymentsv1.RefundReason_REFUND_REASON_REQUESTED_BY_CUSTOMER,
	}
	for i, reason := range reasons {
		request := refund(fmt.Sprintf("refund-1001-part-%d", i), payment.GetId(), usd(100))
		request.Reason, request.Metadata = reason, map[string]string{"order": "1001"}
		first, err := client.CreateRefund(dev(t), request)
		if err != nil {
			t.Fatal(err)
		}
		got := first.GetRefund()
		if got.GetState() != refundSucceeded || !proto.Equal(got.GetAmount(), usd(100)) || got.GetReason() != reason ||
			got.GetPaymentId() != payment.GetId() || got.GetChargeId() != payment.GetLatestCharge().GetId() ||
			first.GetReplayed() ||
			len(got.GetMetadata()) != 1 || got.GetMetadata()["order"] != "1001" || got.GetCreateTime() == nil {
			t.Errorf("got %v, want a dollar given back", first)
		}
		again, err := client.CreateRefund(dev(t), request)
		if err != nil || !again.GetReplayed() || !proto.Equal(again.GetRefund(), got) {
			t.Errorf("again: %v, %v, want a replay of the same", again, err)
		}
		if !proto.Equal(readRefund(t, client, got.GetId()), got) {
			t.Errorf("GetRefund = %v, want %v", readRefund(t, client, got.GetId()), got)
		}
	}
	if got := read(t, client, payment.GetId()); !proto.Equal(got.GetAmountRefunded(), usd(400)) ||
		got.GetState() != succeeded || got.GetLatestCharge().GetRefunded() {
		t.Errorf("the payment is %v, want 4 dollars of it given back", got)
	}

	rest := giveBack(t, client, refund("refund-1001-rest", payment.GetId(), nil))
	if got := read(t, client, payment.GetId()); !proto.Equal(rest.GetAmount(), usd(1600)) ||
		!proto.Equal(got.GetAmountRefunded(), usd(2000)) || !got.GetLatestCharge().GetRefunded() ||
		got.GetState() != succeeded {
		t.Errorf("the rest is %v, and the payment %v; want all of it given back", rest, got)
	}
	// A replay is one, although nothing is left.
	again, err := client.CreateRefund(dev(t), refund("refund-1001-rest", payment.GetId(), nil))
	if err != nil || !again.GetReplayed() {
		t.Errorf("again: %v, %v, want a replay", again, err)
	}
	want := []string{"charge 2000", "refund 100", "refund 100", "refund 100", "refund 100", "refund 1600"}
	if moved := p.moved(t); !slices.Equal(moved, want) {
		t.Errorf("money moved: %v, want %v", moved, want)
	}
	operations := map[string]bool{}
	for _, entry := range p.ledger(t) {
		operations[entry.Operation] = true
	}
	if len(operations) != len(want) {
		t.Errorf("the movements name %d operations, want one each", len(operations))
	}
}

func TestBadRefunds(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	paid := create(t, client, order("refund-2001-attempt-1", visa))
	open := create(t, client, held("refund-2002-attempt-1"))
	empty := order("refund-2003-attempt-1", "")
	empty.Confirm = false
	unpaid := create(t, client, empty)
	back := create(t, client, order("refund-2004-attempt-1", visa))
	giveBack(t, client, refund("refund-2004-refund-1", back.GetId(), nil))
	part := create(t, client, held("refund-2005-attempt-1"))
	if _, err := client.CapturePayment(dev(t), capture("refund-2005-capture-1", part.GetId(), usd(500))); err != nil {
		t.Fatal(err)
	}
	yen := order("refund-2006-attempt-1", visa)
	yen.Amount = &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "JPY"}
	inYen := create(t, client, yen)
	before := p.moved(t)

	for _, tt := range []struct {
		name    string
		request *paymentsv1.CreateRefundRequest
		field   string
	}{
		{"too much", refund("bad-refund-01", paid.GetId(), usd(2001)), "amount.minor_units"},
		{"more than was captured", refund("bad-refund-02", part.GetId(), usd(501)), "amount.minor_units"},
		{"M-48 nothing", refund("bad-refund-03", paid.GetId(), usd(0)), "amount.minor_units"},
		{"M-48 a negative amount", refund("bad-refund-04", paid.GetId(), usd(-2000)), "amount.minor_units"},
		{"M-48 the greatest integer", refund("bad-refund-05", paid.GetId(), usd(math.MaxInt64)), "amount.minor_units"},
		{"another currency", refund("bad-refund-06", inYen.GetId(), usd(1000)), "amount.currency_code"},
		{"no currency", refund("bad-refund-07", paid.GetId(), &paymentsv1.Money{MinorUnits: 1}), "amount.currency_code"},
		{"unknown payment", refund("bad-refund-08", "pi_unknown", nil), "payment_id"},
		{"a part of an unknown payment", refund("bad-refund-09", "pi_unknown", usd(1)), "payment_id"},
		{"a charge", refund("bad-refund-10", paid.GetLatestCharge().GetId(), nil), "payment_id"},
		{"no payment", refund("bad-refund-11", "", nil), "payment_id"},
		{"no key", refund("", paid.GetId(), nil), "idempotency_key"},
		{"a reason of Stripe's", &paymentsv1.CreateRefundRequest{
			IdempotencyKey: "bad-refund-12", PaymentId: paid.GetId(),
			Reason: paymentsv1.RefundReason_REFUND_REASON_EXPIRED_UNCAPTURED_CHARGE,
		}, "reason"},
		{"M-59 metadata of ours", &paymentsv1.CreateRefundRequest{
			IdempotencyKey: "bad-refund-13", PaymentId: paid.GetId(), Metadata: map[string]string{"tillgate_operation": "op_1"},
		}, `metadata["tillgate_operation"]`},
		{"a card number", &paymentsv1.CreateRefundRequest{
			IdempotencyKey: "bad-refund-14", PaymentId: paid.GetId(), Metadata: map[string]string{"card": "4242 4242 4242 4242"},
		}, `metadata["card"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client.CreateRefund(dev(t), tt.request)
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
		})
	}
	for name, id := range map[string]string{
		"uncaptured": open.GetId(), "unpaid": unpaid.GetId(), "refunded": back.GetId(),
	} {
		t.Run(name, func(t *testing.T) {
			for i, amount := range []*paymentsv1.Money{nil, usd(1)} {
				_, err := client.CreateRefund(dev(t), refund(fmt.Sprintf("bad-refund-%s-%d", name, i), id, amount))
				check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
			}
		})
	}
	if moved := p.moved(t); !slices.Equal(moved, before) {
		t.Errorf("money moved: %v, before %v", moved, before)
	}
	// What was released of a hold counts for nothing: all that was captured can be given back.
	if got := giveBack(t, client, refund("refund-2005-refund-1", part.GetId(),
		nil)); !proto.Equal(got.GetAmount(), usd(500)) {
		t.Errorf("got %v, want 5 dollars", got)
	}
}

// A refund whose answer was lost is asked for again under a new key: it is not given back twice, however often the
// caller asks.
func TestM41_RefundRetriedWithANewKey(t *testing.T) {
	t.Parallel()
	p := startSandboxed(t)
	p.deaf(t)
	client := p.connect(t)
	payment := create(t, client, order("refund-3001-attempt-1", visa))
	p.fault(t, map[string]any{"kind": "drop_after", "method": "POST", "count": 3})
	if _, err := client.CreateRefund(dev(t), refund("refund-3001-refund-1", payment.GetId(),
		usd(1500))); reasonOf(err) != "OUTCOME_PENDING" {
		t.Fatalf("got %v, want OUTCOME_PENDING", err)
	}
	_, err := client.CreateRefund(dev(t), refund("refund-3001-refund-2", payment.GetId(), usd(1500)))
	check(t, err, codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units")

	// The first key brings what became of the first call.
	first, err := client.CreateRefund(dev(t), refund("refund-3001-refund-1", payment.GetId(), usd(1500)))
	if err != nil || !first.GetReplayed() || !proto.Equal(first.GetRefund().GetAmount(), usd(1500)) {
		t.Errorf("the first key again: %v, %v, want its refund", first, err)
	}
	if moved, want := p.moved(t), []string{"charge 2000", "refund 1500"}; !slices.Equal(moved, want) {
		t.Errorf("money moved: %v, want %v", moved, want)
	}
}

// Two refunds at once, which together are more than was paid: one is made.
func TestM41_RefundsAtOnce(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	for round := range 10 {
		payment := create(t, client, order(fmt.Sprintf("refund-4001-attempt-%d", round), visa))
		errs := atOnce(2, func(i int) error {
			_, err := client.CreateRefund(dev(t), refund(fmt.Sprintf("refund-4001-%d-%d", round, i), payment.GetId(), usd(1500)))
			return err
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("got %v, want one refund", errs)
		}
		for _, err := range errs {
			if err != nil {
				check(t, err, codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units")
			}
		}
		if got := read(t, client, payment.GetId()); !proto.Equal(got.GetAmountRefunded(), usd(1500)) {
			t.Errorf("%v was given back, want 15 dollars", got.GetAmountRefunded())
		}
	}
	if n := len(p.ledger(t)); n != 20 {
		t.Errorf("the ledger holds %d movements, want a charge and a refund each round", n)
	}
}

// A refund may take its time, and may fail after it succeeded.
func TestRefundsThatTakeTheirTime(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	slow := create(t, client, order("refund-5001-attempt-1", "pm_card_pendingRefund"))
	failing := create(t, client, order("refund-5002-attempt-1", "pm_card_refundFail"))
	pending := giveBack(t, client, refund("refund-5001-refund-1", slow.GetId(), usd(700)))
	sent := giveBack(t, client, refund("refund-5002-refund-1", failing.GetId(), nil))
	if pending.GetState() != refundPending || sent.GetState() != refundSucceeded {
		t.Errorf("got %v and %v, want PENDING and SUCCEEDED", pending.GetState(), sent.GetState())
	}
	if got := read(t, client, failing.GetId()).GetAmountRefunded(); !proto.Equal(got, usd(2000)) {
		t.Errorf("%v is given back, want all", got)
	}
	p.advance(t, time.Hour)
	if got := readRefund(t, client, pending.GetId()); got.GetState() != refundSucceeded {
		t.Errorf("got %v, want SUCCEEDED", got)
	}
	if got := readRefund(t, client, sent.GetId()); got.GetState() != refundFailed ||
		got.GetFailureReason() != "expired_or_canceled_card" {
		t.Errorf("got %v, want FAILED with its reason", got)
	}
	if got := read(t, client, failing.GetId()).GetAmountRefunded(); got.GetMinorUnits() != 0 {
		t.Errorf("%v is given back, want nothing: it came back to us", got)
	}
}

func TestCancelRefund(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	payment := create(t, client, order("refund-6001-attempt-1", "pm_card_pendingRefund"))
	waiting := giveBack(t, client, refund("refund-6001-refund-1", payment.GetId(), usd(700)))
	sent := giveBack(t, client, refund("refund-6002-refund-1", create(t, client, order("refund-6002-attempt-1",
		visa)).GetId(), nil))
	cancel := func(key, id string) (*paymentsv1.CancelRefundResponse, error) {
		return client.CancelRefund(dev(t), &paymentsv1.CancelRefundRequest{IdempotencyKey: key, RefundId: id})
	}
	for key, id := range map[string]string{"refund-6001-cancel-0": waiting.GetId(), "refund-6002-cancel-0": sent.GetId()} {
		_, err := cancel(key, id)
		check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
	}
	p.steer(t, "refunds/"+waiting.GetId()+"/require_action", struct{}{})
	if got := readRefund(t, client,
		waiting.GetId()); got.GetState() != paymentsv1.RefundState_REFUND_STATE_REQUIRES_ACTION {
		t.Errorf("got %v, want REQUIRES_ACTION", got)
	}
	for _, replayed := range []bool{false, true} {
		got, err := cancel("refund-6001-cancel-1", waiting.GetId())
		if err != nil || got.GetRefund().GetState() != refundCanceled || got.GetReplayed() != replayed {
			t.Errorf("got %v, %v, want it cancelled, replayed = %v", got, err, replayed)
		}
	}
	_, err := cancel("refund-6001-cancel-2", waiting.GetId())
	check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
	_, err = cancel("refund-6003-cancel-1", "re_unknown")
	check(t, err, codes.NotFound, "RESOURCE_MISSING", "")
	if got := read(t, client, payment.GetId()).GetAmountRefunded(); got.GetMinorUnits() != 0 {
		t.Errorf("%v is given back, want nothing", got)
	}
}

func TestBadRefundReads(t *testing.T) {
	client := startSandboxed(t).connect(t)
	for _, tt := range []struct {
		id     string
		code   codes.Code
		reason string
		field  string
	}{
		{"re_unknown", codes.NotFound, "RESOURCE_MISSING", ""},
		{"pyr_unknown", codes.NotFound, "RESOURCE_MISSING", ""},
		{"pi_1", codes.InvalidArgument, "INVALID_FIELD", "refund_id"},
		{"", codes.InvalidArgument, "INVALID_FIELD", "refund_id"},
		{"re_1/cancel", codes.InvalidArgument, "INVALID_FIELD", "refund_id"},
	} {
		_, err := client.GetRefund(dev(t), &paymentsv1.GetRefundRequest{RefundId: tt.id})
		check(t, err, tt.code, tt.reason, tt.field)
		resource := detail[*errdetails.ResourceInfo](err)
		if tt.code == codes.NotFound && (resource.GetResourceType() != "refund" || resource.GetResourceName() != tt.id) {
			t.Errorf("%s: the error names %v", tt.id, resource)
		}
	}
}
