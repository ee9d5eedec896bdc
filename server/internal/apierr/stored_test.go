package apierr_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// storedErrors has every reason, and every kind of detail.
func storedErrors() []*apierr.Error {
	list := []*apierr.Error{
		apierr.InvalidField("amount", "is wrong"),
		apierr.KeyReused(),
		apierr.ResourceMissing("payment", "pi_1"),
		apierr.Unavailable(errors.New(canary), 2*time.Second),
		apierr.StoreUnavailable(errors.New(canary)),
		apierr.InProgress("op_1"),
		apierr.KeyExpired(),
		apierr.OutcomePending("op_1", errors.New(canary)),
		apierr.QuotaExceeded("stripe", "Stripe's limit", time.Second),
		apierr.FromStripe(stripeDecline("stolen_card", "do_not_try_again"), aCreate),
		apierr.FromStripe(stripeDecline("try_again_later", ""), aCreate),
		apierr.FromStripe(stripeDecline("authentication_required", ""), aCreate),
	}
	for number := range paymentsv1.ErrorReason_name {
		if reason := paymentsv1.ErrorReason(number); reason != paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			list = append(list, apierr.New(reason), apierr.New(reason).WithMetadata("state", "SUCCEEDED"))
		}
	}
	return list
}

func TestStoredErrorsComeBack(t *testing.T) {
	for _, want := range storedErrors() {
		data, err := apierr.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := apierr.Decode(data)
		if err != nil {
			t.Errorf("%v does not come back: %v", want, err)
			continue
		}
		if got.Code != want.Code || got.Reason != want.Reason || got.Message != want.Message {
			t.Errorf("%v %v came back as %v %v", want.Code, want, got.Code, got)
		}
		if diff := cmp.Diff(want.Metadata, got.Metadata); diff != "" {
			t.Errorf("%v: the metadata changed (-want +got):\n%s", want, diff)
		}
		if diff := cmp.Diff(want.Details, got.Details, protocmp.Transform()); diff != "" {
			t.Errorf("%v: the details changed (-want +got):\n%s", want, diff)
		}
		if got.Unwrap() != nil {
			t.Errorf("%v came back with the cause %v", want, got.Unwrap())
		}
	}
}

// Nothing of the cause is written down.
func TestStoredErrorsHaveNoCause(t *testing.T) {
	for _, e := range storedErrors() {
		plain, err := apierr.Encode(e.WithCause(nil))
		if err != nil {
			t.Fatal(err)
		}
		caused, err := apierr.Encode(e.WithCause(errors.New(canary)))
		if err != nil || len(plain) != len(caused) {
			t.Errorf("%v: %d bytes without a cause, %d with one, %v", e, len(plain), len(caused), err)
		}
	}
}

// A stored decline hides as a fresh one does, and is kept as it truly is.
func TestStoredDeclinesAreHiddenLater(t *testing.T) {
	want := apierr.Status(apierr.FromStripe(stripeDecline("generic_decline", ""), aCreate), "id").Proto()
	for _, code := range hiddenCodes {
		fresh := apierr.FromStripe(stripeDecline(code, ""), aCreate)
		data, err := apierr.Encode(fresh)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := apierr.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(apierr.Status(fresh, "id").Proto(), apierr.Status(stored, "id").Proto(), protocmp.Transform()); diff != "" {
			t.Errorf("%s is not what it was (-want +got):\n%s", code, diff)
		}
		if diff := cmp.Diff(want, apierr.Status(stored.Hidden(), "id").Proto(), protocmp.Transform()); diff != "" {
			t.Errorf("%s can be told from a generic decline (-want +got):\n%s", code, diff)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, e := range map[string]*apierr.Error{
		"a detail of a call":     apierr.KeyExpired().WithDetail(&errdetails.RequestInfo{RequestId: "id"}),
		"a detail of the reason": apierr.KeyExpired().WithDetail(&errdetails.ErrorInfo{}),
		"a resource":             apierr.KeyExpired().WithDetail(&paymentsv1.Payment{}),
		"a text that is none":    apierr.KeyExpired().WithMetadata("state", "\xff"),
	} {
		if data, err := apierr.Encode(e); err == nil || data != nil {
			t.Errorf("%s: %x, %v", name, data, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	info := func(reason, domain string) *errdetails.ErrorInfo {
		return &errdetails.ErrorInfo{Reason: reason, Domain: domain}
	}
	good := info("PAYMENT_DECLINED", apierr.Domain)
	for name, details := range map[string][]proto.Message{
		"nothing":              nil,
		"no reason":            {&paymentsv1.Decline{}},
		"the reason behind":    {&paymentsv1.Decline{}, good},
		"another domain":       {info("PAYMENT_DECLINED", "googleapis.com")},
		"an unknown reason":    {info("OF_TOMORROW", apierr.Domain)},
		"no word":              {info("", apierr.Domain)},
		"the zero":             {info("UNSPECIFIED", apierr.Domain)},
		"two reasons":          {good, good},
		"two of one type":      {good, &paymentsv1.Decline{Code: "a"}, &paymentsv1.Decline{Code: "b"}},
		"a detail of a call":   {good, &errdetails.RequestInfo{RequestId: "id"}},
		"a resource":           {good, &paymentsv1.Payment{}},
		"a type without a url": {good, &anypb.Any{}},
	} {
		if e, err := apierr.Decode(statusBytes(t, details...)); err == nil || e != nil {
			t.Errorf("%s was read as %v", name, e)
		}
	}
	for _, data := range [][]byte{nil, {}, {0}, []byte("canary"), {0x1a, 0xff}} {
		if e, err := apierr.Decode(data); err == nil || e != nil {
			t.Errorf("%x was read as %v", data, e)
		}
	}
	// Without the broken ones, it is read.
	if e, err := apierr.Decode(statusBytes(t, good)); err != nil || e.Code != codes.FailedPrecondition {
		t.Errorf("got %v, %v", e, err)
	}
}

// statusBytes writes a status with these details. What is an Any already is taken as it is.
func statusBytes(tb testing.TB, details ...proto.Message) []byte {
	tb.Helper()
	s := &statuspb.Status{Code: int32(codes.FailedPrecondition)}
	for _, detail := range details {
		packed, ok := detail.(*anypb.Any)
		if !ok {
			var err error
			if packed, err = anypb.New(detail); err != nil {
				tb.Fatal(err)
			}
		}
		s.Details = append(s.Details, packed)
	}
	data, err := proto.Marshal(s)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// FuzzDecode: nothing makes it panic, and what it takes is an error that can be sent, hidden and stored again.
func FuzzDecode(f *testing.F) {
	for _, e := range storedErrors() {
		data, err := apierr.Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(nil))
	f.Add(statusBytes(f, &paymentsv1.Payment{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := apierr.Decode(data)
		if err != nil {
			if e != nil {
				t.Errorf("got %v and %v", e, err)
			}
			return
		}
		if e.Code == codes.OK || e.Reason == paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			t.Errorf("it is no error: %v", e)
		}
		if got := apierr.Status(e.Hidden(), "id"); got.Code() != e.Code {
			t.Errorf("%v is sent as %v", e, got.Code())
		}
		anew, err := apierr.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := apierr.Decode(anew)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(apierr.Status(e, "").Proto(), apierr.Status(again, "").Proto(), protocmp.Transform()); diff != "" {
			t.Errorf("it changed (-want +got):\n%s", diff)
		}
	})
}
