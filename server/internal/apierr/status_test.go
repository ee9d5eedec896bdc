package apierr_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const canary = "canary@example.com"

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		code   codes.Code
		reason string
	}{
		{"ours", apierr.InvalidField("amount", "is wrong"), codes.InvalidArgument, "INVALID_FIELD"},
		{"ours, wrapped", fmt.Errorf(canary+": %w", apierr.ResourceMissing("payment", "pi_1")), codes.NotFound, "RESOURCE_MISSING"},
		{"cancelled", fmt.Errorf(canary+": %w", context.Canceled), codes.Canceled, "CANCELLED"},
		{"deadline", context.DeadlineExceeded, codes.DeadlineExceeded, "DEADLINE_EXCEEDED"},
		{"generated", status.Error(codes.Unimplemented, canary), codes.Unimplemented, "NOT_IMPLEMENTED"},
		{"foreign status", status.Error(codes.NotFound, canary), codes.Internal, "INTERNAL"},
		{"plain", errors.New(canary), codes.Internal, "INTERNAL"},
		{"nil", nil, codes.Internal, "INTERNAL"},
		{"cause", apierr.OutcomePending("op_1", errors.New(canary)), codes.Unknown, "OUTCOME_PENDING"},
		{"no such reason", apierr.New(paymentsv1.ErrorReason(999)), codes.Internal, "INTERNAL"},
		{"no reason", apierr.New(0), codes.Internal, "INTERNAL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := apierr.Status(tt.err, "request-1")
			if strings.Contains(got.Proto().String(), canary) {
				t.Errorf("the status shows an error's text: %v", got.Proto())
			}
			seen := map[string]bool{}
			for _, d := range got.Details() {
				name := fmt.Sprintf("%T", d)
				if seen[name] {
					t.Errorf("there are two details of the type %s", name)
				}
				seen[name] = true
				if info, ok := d.(*errdetails.ErrorInfo); ok && (info.GetReason() != tt.reason || info.GetDomain() != apierr.Domain) {
					t.Errorf("ErrorInfo = %v, want the reason %s", info, tt.reason)
				}
				if info, ok := d.(*errdetails.RequestInfo); ok && info.GetRequestId() != "request-1" {
					t.Errorf("RequestInfo = %v, want the request id", info)
				}
			}
			if got.Code() != tt.code || !seen["*errdetails.ErrorInfo"] || !seen["*errdetails.RequestInfo"] {
				t.Errorf("got %v with %v, want %v with ErrorInfo and RequestInfo", got.Code(), seen, tt.code)
			}
		})
	}
}

// What protovalidate finds is told in the names of our fields, never with a value.
func TestViolationsNameOurFields(t *testing.T) {
	const key = "order-1001-attempt-1"
	good := &paymentsv1.Money{MinorUnits: 1, CurrencyCode: "USD"}
	for _, tt := range []struct {
		name string
		req  proto.Message
		want []string
	}{
		{"nothing", &paymentsv1.CreatePaymentRequest{}, []string{"amount", "idempotency_key"}},
		{"key too short", &paymentsv1.CreatePaymentRequest{IdempotencyKey: "short", Amount: good}, []string{"idempotency_key"}},
		{
			"nested", &paymentsv1.CreatePaymentRequest{IdempotencyKey: key, Amount: &paymentsv1.Money{MinorUnits: 1, CurrencyCode: canary}},
			[]string{"amount.currency_code"},
		},
		{
			"rule on the field around", &paymentsv1.CreatePaymentRequest{IdempotencyKey: key, Amount: &paymentsv1.Money{CurrencyCode: "USD"}},
			[]string{"amount.minor_units"},
		},
		{
			"rule on the message", &paymentsv1.CreatePaymentRequest{IdempotencyKey: key, Amount: good, OffSession: true},
			[]string{"off_session"},
		},
		{
			"list", &paymentsv1.CreatePaymentRequest{IdempotencyKey: key, Amount: good, PaymentMethodTypes: []string{"card", canary}},
			[]string{"payment_method_types[1]"},
		},
		{"map", &paymentsv1.CreatePaymentRequest{
			IdempotencyKey: key, Amount: good,
			Metadata: map[string]string{"tillgate_operation": "x"},
		}, []string{`metadata["tillgate_operation"]`}},
		{"long map key", &paymentsv1.CreatePaymentRequest{
			IdempotencyKey: key, Amount: good,
			Metadata: map[string]string{strings.Repeat("k", 41): "x"},
		}, []string{"metadata"}},
		{"odd map key", &paymentsv1.CreatePaymentRequest{
			IdempotencyKey: key, Amount: good,
			Metadata: map[string]string{"[\u00e9]": "x"},
		}, []string{"metadata"}},
		{"map key that looks like a card number", &paymentsv1.CreatePaymentRequest{
			IdempotencyKey: key, Amount: good,
			Metadata: map[string]string{"4242 4242 4242 4242": ""},
		}, []string{"metadata"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			invalid := protovalidate.Validate(tt.req)
			for _, err := range []error{invalid, asMiddleware(t, invalid)} {
				e := apierr.From(err)
				var got []string
				for _, d := range e.Details {
					if bad, ok := d.(*errdetails.BadRequest); ok {
						for _, v := range bad.GetFieldViolations() {
							got = append(got, v.GetField())
							if v.GetDescription() == "" || strings.Contains(v.String(), canary) {
								t.Errorf("the description is %q", v.GetDescription())
							}
						}
					}
				}
				if e.Code != codes.InvalidArgument || strings.Join(got, " ") != strings.Join(tt.want, " ") {
					t.Errorf("got %v on %q, want INVALID_ARGUMENT on %q", e.Code, got, tt.want)
				}
				if e.Metadata["field"] != tt.want[0] {
					t.Errorf("metadata = %v, want the first field", e.Metadata)
				}
			}
		})
	}
}

// asMiddleware is the status that the validation interceptor makes of the error.
func asMiddleware(t *testing.T, err error) error {
	t.Helper()
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		t.Fatalf("the request is valid: %v", err)
	}
	s, err := status.New(codes.InvalidArgument, canary).WithDetails(invalid.ToProto())
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

// The status travels in a header of a few KiB, however much is wrong.
func TestManyViolationsAreCounted(t *testing.T) {
	var violations []*errdetails.BadRequest_FieldViolation
	for i := range 100 {
		violations = append(violations, &errdetails.BadRequest_FieldViolation{Field: fmt.Sprint("field", i), Description: "is wrong"})
	}
	s := apierr.Status(apierr.InvalidFields(violations...), "request-1")
	if size := proto.Size(s.Proto()); size > 4<<10 || !strings.Contains(s.Proto().String(), "more_violations") {
		t.Errorf("the status has %d bytes: %v", size, s.Proto())
	}
}

func TestLogAttrsShowNoText(t *testing.T) {
	for _, tt := range []struct {
		cause error
		want  string
	}{
		{nil, ""},
		{fmt.Errorf("dial "+canary+": %w", syscall.ECONNREFUSED), "connection refused"},
		{fmt.Errorf(canary+": %w", io.ErrUnexpectedEOF), "answer cut off"},
		{errors.New(canary), "*errors.errorString"},
		{apierr.ConstError("a cause of ours"), "a cause of ours"},
		{fmt.Errorf(canary+": %w", apierr.ConstError("a cause of ours")), "a cause of ours"},
		{
			apierr.StripeError{HTTPStatus: 400, Code: "parameter_invalid_empty", Param: "metadata[" + canary + "]"},
			"stripe_param=metadata",
		},
	} {
		var log strings.Builder
		attrs := apierr.New(paymentsv1.ErrorReason_ERROR_REASON_INTERNAL).WithCause(tt.cause).LogAttrs()
		slog.New(slog.NewTextHandler(&log, nil)).LogAttrs(t.Context(), slog.LevelInfo, "x", attrs...)
		if !strings.Contains(log.String(), tt.want) || strings.Contains(log.String(), canary) {
			t.Errorf("%v is logged as %s, want %q in it and no text", tt.cause, log.String(), tt.want)
		}
	}
}
