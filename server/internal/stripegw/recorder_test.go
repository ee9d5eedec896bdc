package stripegw

import (
	"errors"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/refund"
)

// TestM40_NilParams: stripe-go sends a call with nil params without an idempotency key and without the caller's
// context. No such call can be recorded, let alone sent.
func TestM40_NilParams(t *testing.T) {
	for _, tt := range []struct {
		name string
		call func(r *recorder) error
	}{
		{"New", func(r *recorder) error {
			_, err := paymentintent.Client{B: r}.New(nil)
			return err
		}},
		{"Confirm", func(r *recorder) error {
			_, err := paymentintent.Client{B: r}.Confirm("pi_1", nil)
			return err
		}},
		{"Cancel", func(r *recorder) error {
			_, err := paymentintent.Client{B: r}.Cancel("pi_1", nil)
			return err
		}},
		{"an untyped nil", func(r *recorder) error { return r.Call("POST", "/v1/a", "", nil, nil) }},
		{"a raw call", func(r *recorder) error { return r.CallRaw("GET", "/v1/a", "", nil, nil, nil) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &recorder{}
			if err := tt.call(r); !errors.Is(err, errNilParams) {
				t.Errorf("the error is %v, want %v", err, errNilParams)
			}
			if got, err := r.request(); err == nil {
				t.Errorf("recorded %v", got)
			}
		})
	}
}

func TestRecorderRefusesWhatWouldBeLost(t *testing.T) {
	for _, tt := range []struct {
		name   string
		params stripe.Params
	}{
		{"a key", stripe.Params{IdempotencyKey: new("k")}},
		{"an account", stripe.Params{StripeAccount: new("acct_1")}},
		{"a header", stripe.Params{Headers: map[string][]string{"Stripe-Version": {"2024-01-01"}}}},
	} {
		r := &recorder{}
		_, err := paymentintent.Client{B: r}.New(&stripe.PaymentIntentParams{Params: tt.params})
		if !errors.Is(err, errNotRecorded) {
			t.Errorf("%s: the error is %v, want %v", tt.name, err, errNotRecorded)
		}
	}
	if err := (&recorder{}).CallStreaming("GET", "/v1/a", "", nil, nil); !errors.Is(err, errNotRecorded) {
		t.Errorf("a stream: the error is %v", err)
	}
	if err := (&recorder{}).CallMultipart("POST", "/v1/a", "", "", nil, nil, nil); !errors.Is(err, errNotRecorded) {
		t.Errorf("an upload: the error is %v", err)
	}
}

func TestRecorderTakesOneCall(t *testing.T) {
	r := &recorder{}
	client := paymentintent.Client{B: r}
	if _, err := client.New(&stripe.PaymentIntentParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.New(&stripe.PaymentIntentParams{}); !errors.Is(err, errTwoCalls) {
		t.Errorf("the error is %v, want %v", err, errTwoCalls)
	}
}

// TestRecorderIsDeterministic: the bytes are what Stripe compares under the same key. Metadata and extra values are
// maps.
func TestRecorderIsDeterministic(t *testing.T) {
	record := func() Request {
		params := &stripe.PaymentIntentParams{Amount: new(int64(1))}
		for _, name := range []string{"m", "z", "a", "k", "b", "y", "c"} {
			params.AddMetadata(name, "1")
			params.AddExtra(name+"_extra", "1")
		}
		r := &recorder{}
		if _, err := (paymentintent.Client{B: r}).New(params); err != nil {
			t.Fatal(err)
		}
		got, err := r.request()
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := record()
	for range 100 {
		if got := record(); got != first {
			t.Fatalf("recorded %q, then %q", first.Form, got.Form)
		}
	}
}

func TestRecorderKeepsListFilters(t *testing.T) {
	r := &recorder{}
	params := &stripe.PaymentIntentListParams{Customer: new("cus_1")}
	params.Limit = new(int64(20))
	if err := (paymentintent.Client{B: r}).List(params).Err(); err != nil {
		t.Fatal(err)
	}
	got, err := r.request()
	want := Request{Method: "GET", Path: "/v1/payment_intents", Form: "limit=20&customer=cus_1"}
	if err != nil || got != want {
		t.Errorf("recorded %v %q, %v; want %v %q", got, got.Form, err, want, want.Form)
	}
}

// TestSpelledOutRequests holds the requests that are spelled out against what stripe-go would send.
func TestSpelledOutRequests(t *testing.T) {
	for _, id := range []string{"pi_1", "pi/../1?x=y z"} {
		r := &recorder{}
		params := &stripe.PaymentIntentParams{}
		params.AddExpand(expandCharge)
		if _, err := (paymentintent.Client{B: r}).Get(id, params); err != nil {
			t.Fatal(err)
		}
		if want, err := r.request(); err != nil || getPaymentRequest(id) != want {
			t.Errorf("%q: got %#v, want %#v", id, getPaymentRequest(id), want)
		}
		r = &recorder{}
		if _, err := (refund.Client{B: r}).Get(id, &stripe.RefundParams{}); err != nil {
			t.Fatal(err)
		}
		if want, err := r.request(); err != nil || getRefundRequest(id) != want {
			t.Errorf("%q: got %#v, want %#v", id, getRefundRequest(id), want)
		}
	}
}
