package pagetoken_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

// arguments has every field set that a token depends on.
func arguments() *paymentsv1.ListPaymentsRequest {
	return &paymentsv1.ListPaymentsRequest{
		CustomerId: "cus_1",
		StartTime:  &timestamppb.Timestamp{Seconds: 100},
		EndTime:    &timestamppb.Timestamp{Seconds: 200},
		States: []paymentsv1.PaymentState{
			paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED, paymentsv1.PaymentState_PAYMENT_STATE_CANCELED,
		},
	}
}

func TestRoundTrip(t *testing.T) {
	token := pagetoken.Encode("pi_3abc", arguments())
	other := arguments()
	other.PageSize, other.PageToken = 7, token
	turned := arguments()
	slices.Reverse(turned.GetStates())
	for _, req := range []*paymentsv1.ListPaymentsRequest{arguments(), other, turned} {
		if id, err := pagetoken.Decode(token, req); err != nil || id != "pi_3abc" {
			t.Errorf("got %q, %v, want pi_3abc", id, err)
		}
	}
	longest := strings.Repeat("x", 255)
	if id, err := pagetoken.Decode(pagetoken.Encode(longest, arguments()), arguments()); err != nil || id != longest {
		t.Errorf("an id of 255 characters: %q, %v", id, err)
	}
}

// The exact token is a promise: a caller may come back with it to another build. It was computed apart from this code.
func TestTokenIsStable(t *testing.T) {
	const want = "AZo4dDNt_2dlcGlfM2FiYw"
	if got := pagetoken.Encode("pi_3abc", arguments()); got != want {
		t.Errorf("the token is %s, want %s", got, want)
	}
}

func TestOtherArgumentsAreRefused(t *testing.T) {
	token := pagetoken.Encode("pi_3abc", arguments())
	for name, change := range map[string]func(*paymentsv1.ListPaymentsRequest){
		"customer":         func(r *paymentsv1.ListPaymentsRequest) { r.CustomerId = "cus_2" },
		"no customer":      func(r *paymentsv1.ListPaymentsRequest) { r.CustomerId = "" },
		"start":            func(r *paymentsv1.ListPaymentsRequest) { r.StartTime.Seconds++ },
		"start's fraction": func(r *paymentsv1.ListPaymentsRequest) { r.StartTime.Nanos = 1 },
		"no start":         func(r *paymentsv1.ListPaymentsRequest) { r.StartTime = nil },
		"start at 0":       func(r *paymentsv1.ListPaymentsRequest) { r.StartTime = &timestamppb.Timestamp{} },
		"start and end": func(r *paymentsv1.ListPaymentsRequest) {
			r.StartTime, r.EndTime = r.GetEndTime(), r.GetStartTime()
		},
		"end for start": func(r *paymentsv1.ListPaymentsRequest) { r.StartTime, r.EndTime = nil, r.GetStartTime() },
		"a state less":  func(r *paymentsv1.ListPaymentsRequest) { r.States = r.GetStates()[:1] },
		"another state": func(r *paymentsv1.ListPaymentsRequest) { r.States[0]++ },
	} {
		req := arguments()
		change(req)
		if id, err := pagetoken.Decode(token, req); !errors.Is(err, pagetoken.ErrInvalid) || id != "" {
			t.Errorf("%s: got %q, %v, want ErrInvalid", name, id, err)
		}
	}
}

// Two rpcs whose fields say the same do not take each other's tokens.
func TestForeignTokenIsRefused(t *testing.T) {
	token := pagetoken.Encode("re_1", &paymentsv1.ListRefundsRequest{})
	if id, err := pagetoken.Decode(token, &paymentsv1.ListPaymentsRequest{}); !errors.Is(err, pagetoken.ErrInvalid) {
		t.Errorf("got %q, %v, want ErrInvalid", id, err)
	}
}

func TestDamagedTokensAreRefused(t *testing.T) {
	token := pagetoken.Encode("pi_3abc", arguments())
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string]string{
		"empty": "", "a word": "next", "padded": token + "=", "standard alphabet": "AB+/", "a line end": token + "\n",
		"twice": token + token, "long": strings.Repeat("A", 5000), "no id": base64.RawURLEncoding.EncodeToString(raw[:9]),
		"a card number": "4242424242424242",
	}
	for i := range raw {
		for _, mask := range []byte{1, 0x80} {
			other := []byte(string(raw))
			other[i] ^= mask
			damaged["byte "+string(rune('a'+i))+string(rune('0'+mask%7))] = base64.RawURLEncoding.EncodeToString(other)
		}
		damaged["cut at "+string(rune('a'+i))] = base64.RawURLEncoding.EncodeToString(raw[:i])
	}
	for name, token := range damaged {
		if id, err := pagetoken.Decode(token, arguments()); !errors.Is(err, pagetoken.ErrInvalid) || id != "" {
			t.Errorf("%s: got %q, %v, want ErrInvalid", name, id, err)
		}
	}
}

// What Encode is given is an id of Stripe's; with anything else a token must not come back as one.
func TestOddIDsAreRefused(t *testing.T) {
	for _, id := range []string{"", "pi_1&limit=1", "pi 1", "pi_ä", "pi_\x00", strings.Repeat("x", 256)} {
		if got, err := pagetoken.Decode(pagetoken.Encode(id, arguments()), arguments()); err == nil {
			t.Errorf("%q came back as %q", id, got)
		}
	}
}

// FuzzDecode: no text makes it panic, and what it takes is what Encode would have made.
func FuzzDecode(f *testing.F) {
	f.Add(pagetoken.Encode("pi_3abc", arguments()), "cus_1")
	f.Add(pagetoken.Encode("pi_3abc", &paymentsv1.ListPaymentsRequest{}), "")
	f.Add("", "")
	f.Add("AQ", "cus_1")
	f.Add("\xff", "")
	f.Fuzz(func(t *testing.T, token, customer string) {
		for _, req := range []proto.Message{
			&paymentsv1.ListPaymentsRequest{CustomerId: customer, PageToken: token},
			&paymentsv1.ListRefundsRequest{PaymentId: customer, PageToken: token},
		} {
			id, err := pagetoken.Decode(token, req)
			if err != nil {
				continue
			}
			if again := pagetoken.Encode(id, req); again != token {
				t.Errorf("%q was taken for %q, whose token is %q", token, id, again)
			}
		}
	})
}
