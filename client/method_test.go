package client_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// keysOfTheCaller are those of the writes that move money, or that make or try something anew with each key. A new rpc is
// one of them until somebody has thought about it and written it down here and in harmless.
var keysOfTheCaller = []string{
	"CreatePayment", "ConfirmPayment", "CapturePayment", "CreateRefund", "VerifyMicrodeposits",
	"CreateCustomer", "CreatePaymentMethod", "CreateSetupIntent", "ConfirmSetupIntent",
	"CreatePlan", "CreateSubscription", "UpdateSubscription", "ChangePlan", "ResumeSubscription", "CancelSubscription",
	"FinalizeInvoice", "PayInvoice",
}

// The keys that are not the caller's are made by the client.
var keysOfOurOwn = []string{
	"UpdatePayment", "CancelPayment", "CancelRefund",
	"UpdateCustomer", "DeleteCustomer", "EnsureCustomer", "UpdatePaymentMethod", "AttachPaymentMethod", "DetachPaymentMethod",
	"SetDefaultPaymentMethod", "CancelSetupIntent",
	"UpdatePlan", "PauseSubscription", "VoidInvoice",
}

func methods(t *testing.T) []protoreflect.MethodDescriptor {
	t.Helper()
	var all []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("payments.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			list := file.Services().Get(i).Methods()
			for j := range list.Len() {
				all = append(all, list.Get(j))
			}
		}
		return true
	})
	if len(all) < 63 {
		t.Fatalf("the contract has %d rpcs", len(all))
	}
	return all
}

func messageOf(t *testing.T, descriptor protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

// The client repeats what reads and what has an idempotency key, and nothing else: seen from outside, for every rpc of
// the contract.
func TestContractRetryTable(t *testing.T) {
	for _, method := range methods(t) {
		if method.IsStreamingServer() {
			continue // Consume and WatchPayment open streams again, nothing else does.
		}
		t.Run(string(method.Name()), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				options, _ := method.Options().(*descriptorpb.MethodOptions)
				key := method.Input().Fields().ByName("idempotency_key")
				want := 1
				if options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS || key != nil {
					want = 5
				}
				req := messageOf(t, method.Input())
				if key != nil {
					req.ProtoReflect().Set(key, protoreflect.ValueOfString("order-1001-1"))
				}
				f := &fake{answer: always(status.Error(codes.Unavailable, ""))}
				f.options = append(f.options, grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
					return status.Error(codes.Unavailable, "")
				}))
				name := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
				err := f.serve(t).Conn().Invoke(t.Context(), name, req, messageOf(t, method.Output()))
				if status.Code(err) != codes.Unavailable || len(f.got()) != want {
					t.Errorf("got %v after %d tries, want UNAVAILABLE after %d", err, len(f.got()), want)
				}
			})
		})
	}
}

// A write without a key is not sent where the key must be the caller's, and gets one elsewhere.
func TestContractKeys(t *testing.T) {
	for _, method := range methods(t) {
		if method.Input().Fields().ByName("idempotency_key") == nil {
			continue
		}
		name := string(method.Name())
		if slices.Contains(keysOfTheCaller, name) == slices.Contains(keysOfOurOwn, name) {
			t.Errorf("say in one of the two lists whether a caller must give %s a key of its own", name)
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: always(status.Error(codes.Internal, ""))}
				full := "/" + string(method.Parent().FullName()) + "/" + name
				req := messageOf(t, method.Input())
				err := f.serve(t).Conn().Invoke(t.Context(), full, req, messageOf(t, method.Output()))
				var missing *client.MissingKeyError
				switch {
				case slices.Contains(keysOfTheCaller, name):
					if !errors.As(err, &missing) || missing.Method != full || len(f.got()) != 0 {
						t.Errorf("got %v and sent %d requests, want MissingKeyError and 0", err, len(f.got()))
					}
				case status.Code(err) != codes.Internal || len(f.keys()) != 1 || !validKey.MatchString(f.keys()[0]):
					t.Errorf("got %v and sent %q, want one call with a key", err, f.keys())
				}
				if !proto.Equal(req, messageOf(t, method.Input())) {
					t.Errorf("the request was changed to %v", req)
				}
			})
		})
	}
}

// validKey is the rule of the contract.
var validKey = regexp.MustCompile(`^[A-Za-z0-9._:-]{8,128}$`)

// The error can be read like one of the server's.
func TestMissingKeyError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		_, err := f.serve(t).Payments.CreatePayment(t.Context(), &paymentsv1.CreatePaymentRequest{})
		if status.Code(err) != codes.InvalidArgument ||
			client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD ||
			client.ViolationsOf(err)["idempotency_key"] == "" {
			t.Errorf("got %v with %v", err, client.ViolationsOf(err))
		}
		for _, want := range []string{"CreatePayment was not sent", "idempotency_key", "client.Key"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %q, want %q in it", err, want)
			}
		}
	})
}

// A key that the client makes is the same for all tries of a call, and another one for the next call.
func TestAKeyOfOurOwnIsOneForACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(
			status.Error(codes.Unavailable, ""), refuse(codes.Unknown, "OUTCOME_PENDING"), nil, nil)}
		c := f.serve(t)
		req := &paymentsv1.UpdatePaymentRequest{PaymentId: "pi_1"}
		for range 2 {
			if _, err := c.Payments.UpdatePayment(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		keys := f.keys()
		if len(keys) != 4 || keys[0] != keys[1] || keys[1] != keys[2] || keys[2] == keys[3] {
			t.Errorf("got %q, want one key for the first three tries and another for the next call", keys)
		}
		if req.GetIdempotencyKey() != "" {
			t.Error("the request was changed")
		}
	})
}

// A key that the caller gives goes out as it is, also where the client would make one.
func TestAKeyOfTheCallersIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(nil)}
		c := f.serve(t)
		_, err := c.Payments.UpdatePayment(t.Context(), &paymentsv1.UpdatePaymentRequest{IdempotencyKey: " k"})
		if err != nil || len(f.keys()) != 1 || f.keys()[0] != " k" {
			t.Errorf("got %v and sent %q", err, f.keys())
		}
	})
}

func TestNilRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(nil)}
		c := f.serve(t)
		var missing *client.MissingKeyError
		if _, err := c.Payments.CreatePayment(t.Context(), nil); !errors.As(err, &missing) {
			t.Errorf("got %v, want MissingKeyError", err)
		}
		if _, err := c.Payments.UpdatePayment(t.Context(), nil); err != nil || f.keys()[0] == "" {
			t.Errorf("got %v, want a call with a key", err)
		}
	})
}
