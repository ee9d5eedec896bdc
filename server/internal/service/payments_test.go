package service_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

// A write answers with what the operation ended in, says whether it is a replay, and then holds no client secret.
func TestWrites(t *testing.T) {
	payment, refund := &paymentsv1.Payment{Id: "pi_1"}, &paymentsv1.Refund{Id: "re_1"}
	type answer interface {
		proto.Message
		GetReplayed() bool
	}
	for _, tt := range []struct {
		method   string
		resource proto.Message
		call     func(context.Context, *service.Payments) (answer, error)
		want     answer
	}{
		{
			paymentsv1.PaymentService_CreatePayment_FullMethodName, payment,
			func(ctx context.Context, s *service.Payments) (answer, error) {
				return s.CreatePayment(ctx, &paymentsv1.CreatePaymentRequest{})
			},
			&paymentsv1.CreatePaymentResponse{Payment: payment},
		},
		{
			paymentsv1.PaymentService_ConfirmPayment_FullMethodName, payment,
			func(ctx context.Context, s *service.Payments) (answer, error) {
				return s.ConfirmPayment(ctx, &paymentsv1.ConfirmPaymentRequest{})
			},
			&paymentsv1.ConfirmPaymentResponse{Payment: payment},
		},
		{
			paymentsv1.PaymentService_UpdatePayment_FullMethodName, payment,
			func(ctx context.Context, s *service.Payments) (answer, error) {
				return s.UpdatePayment(ctx, &paymentsv1.UpdatePaymentRequest{})
			},
			&paymentsv1.UpdatePaymentResponse{Payment: payment},
		},
		{
			paymentsv1.PaymentService_CapturePayment_FullMethodName, payment,
			func(ctx context.Context, s *service.Payments) (answer, error) {
				return s.CapturePayment(ctx, &paymentsv1.CapturePaymentRequest{})
			},
			&paymentsv1.CapturePaymentResponse{Payment: payment},
		},
		{
			paymentsv1.PaymentService_CancelPayment_FullMethodName, payment,
			func(ctx context.Context, s *service.Payments) (answer, error) {
				return s.CancelPayment(ctx, &paymentsv1.CancelPaymentRequest{})
			},
			&paymentsv1.CancelPaymentResponse{Payment: payment},
		},
		{
			paymentsv1.PaymentService_CreateRefund_FullMethodName, refund,
			func(ctx context.Context, s *service.Payments) (answer, error) {
				return s.CreateRefund(ctx, &paymentsv1.CreateRefundRequest{})
			},
			&paymentsv1.CreateRefundResponse{Refund: refund},
		},
		{
			paymentsv1.PaymentService_CancelRefund_FullMethodName, refund,
			func(ctx context.Context, s *service.Payments) (answer, error) {
				return s.CancelRefund(ctx, &paymentsv1.CancelRefundRequest{})
			},
			&paymentsv1.CancelRefundResponse{Refund: refund},
		},
	} {
		t.Run(tt.method, func(t *testing.T) {
			for _, replayed := range []bool{false, true} {
				writes := &fakeWriter{outcome: operation.Outcome{Resource: tt.resource, Replayed: replayed, ClientSecret: "s"}}
				reads := &fakeReader{}
				got, err := tt.call(t.Context(), service.NewPayments(writes, reads, nil))
				if err != nil {
					t.Fatal(err)
				}
				want := proto.Clone(tt.want).ProtoReflect()
				fields := want.Descriptor().Fields()
				if secret := fields.ByName("client_secret"); secret != nil && !replayed {
					want.Set(secret, protoreflect.ValueOfString("s"))
				}
				if replayed {
					want.Set(fields.ByName("replayed"), protoreflect.ValueOfBool(true))
				}
				if !proto.Equal(got, want.Interface()) || writes.method != tt.method || reads.reads != 0 {
					t.Errorf("got %v of %s after %d reads, want %v", got, writes.method, reads.reads, want)
				}
			}
		})
	}
}

func TestWrongOutcome(t *testing.T) {
	s := service.NewPayments(&fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Refund{}}}, &fakeReader{}, nil)
	if got, err := s.CancelPayment(t.Context(), &paymentsv1.CancelPaymentRequest{}); err == nil {
		t.Errorf("got %v for a refund", got)
	}
}

// Stripe takes no currency with a part of an amount: another one than the payment's is refused before anything is sent.
func TestAmountsInAnotherCurrency(t *testing.T) {
	down := errors.New("Stripe is down")
	for _, tt := range []struct {
		name   string
		amount *paymentsv1.Money
		id     string
		down   error
		field  string
		err    error
		reads  int
		writes int
	}{
		{"the same", usd(400), "pi_00001", nil, "", nil, 1, 1},
		{"in small letters", &paymentsv1.Money{MinorUnits: 400, CurrencyCode: "usd"}, "pi_00001", nil, "", nil, 1, 1},
		{
			"another", &paymentsv1.Money{MinorUnits: 400, CurrencyCode: "JPY"}, "pi_00001", nil, "amount.currency_code",
			nil, 1, 0,
		},
		{"no amount", nil, "pi_00001", nil, "", nil, 0, 1},
		{"no payment", usd(400), "pi_missing", nil, "", nil, 1, 1},
		{"Stripe is down", usd(400), "pi_00001", down, "", down, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, call := range map[string]func(*service.Payments) error{
				"capture": func(s *service.Payments) error {
					_, err := s.CapturePayment(t.Context(), &paymentsv1.CapturePaymentRequest{PaymentId: tt.id, Amount: tt.amount})
					return err
				},
				"refund": func(s *service.Payments) error {
					_, err := s.CreateRefund(t.Context(), &paymentsv1.CreateRefundRequest{PaymentId: tt.id, Amount: tt.amount})
					return err
				},
			} {
				reads := &fakeReader{payments: manyPayments(1, waiting), err: tt.down}
				writes := &fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Payment{}}}
				if name == "refund" {
					writes.outcome.Resource = &paymentsv1.Refund{}
				}
				err := call(service.NewPayments(writes, reads, nil))
				if tt.field != "" {
					refused(t, err, tt.field)
				} else if !errors.Is(err, tt.err) {
					t.Errorf("%s: got %v, want %v", name, err, tt.err)
				}
				if reads.reads != tt.reads || writes.writes != tt.writes {
					t.Errorf("%s: %d reads and %d writes, want %d and %d", name, reads.reads, writes.writes, tt.reads, tt.writes)
				}
			}
		})
	}
}

func TestReads(t *testing.T) {
	reads := &fakeReader{payments: manyPayments(1, succeeded), refunds: []*paymentsv1.Refund{{Id: "re_1"}}}
	s := service.NewPayments(&fakeWriter{}, reads, nil)
	payment, err := s.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: "pi_00001"})
	if err != nil || payment.GetPayment().GetId() != "pi_00001" {
		t.Errorf("got %v, %v", payment, err)
	}
	secret, err := s.GetPaymentClientSecret(t.Context(), &paymentsv1.GetPaymentClientSecretRequest{PaymentId: "pi_00001"})
	if err != nil || secret.GetClientSecret() != "pi_00001_secret_1" {
		t.Errorf("got %v, %v", secret, err)
	}
	refund, err := s.GetRefund(t.Context(), &paymentsv1.GetRefundRequest{RefundId: "re_1"})
	if err != nil || refund.GetRefund().GetId() != "re_1" {
		t.Errorf("got %v, %v", refund, err)
	}
	for name, err := range map[string]error{
		"payment": second(s.GetPayment(t.Context(), &paymentsv1.GetPaymentRequest{PaymentId: "pi_2"})),
		"secret": second(s.GetPaymentClientSecret(t.Context(),
			&paymentsv1.GetPaymentClientSecretRequest{PaymentId: "pi_2"})),
		"refund": second(s.GetRefund(t.Context(), &paymentsv1.GetRefundRequest{RefundId: "re_2"})),
	} {
		if !isMissing(err) {
			t.Errorf("%s: got %v, want RESOURCE_MISSING", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func isMissing(err error) bool {
	var e *apierr.Error
	return errors.As(err, &e) && e.Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING
}
