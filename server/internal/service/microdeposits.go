package service

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

// VerifyMicrodeposits implements CustomerService.
func (s *Customers) VerifyMicrodeposits(
	ctx context.Context, req *paymentsv1.VerifyMicrodepositsRequest,
) (*paymentsv1.VerifyMicrodepositsResponse, error) {
	const method = paymentsv1.CustomerService_VerifyMicrodeposits_FullMethodName
	// Whoever verifies the account of a payment lets it draw the money.
	const toPay = paymentsv1.Scope_SCOPE_PAYMENTS_WRITE
	if req.GetPaymentId() != "" && !auth.CallerFrom(ctx).Has(toPay) {
		return nil, apierr.ScopeMissing(toPay)
	}
	verified, out, err := write[proto.Message](ctx, s.writes, method, req,
		func(ctx context.Context) error { return s.awaitsMicrodeposits(ctx, req) })
	if err != nil {
		return nil, err
	}
	resp := &paymentsv1.VerifyMicrodepositsResponse{Replayed: out.Replayed}
	switch subject := verified.(type) {
	case *paymentsv1.SetupIntent:
		resp.Subject = &paymentsv1.VerifyMicrodepositsResponse_SetupIntent{SetupIntent: subject}
	case *paymentsv1.Payment:
		resp.Subject = &paymentsv1.VerifyMicrodepositsResponse_Payment{Payment: subject}
	default:
		return nil, fmt.Errorf("%s: the outcome is a %T", method, verified)
	}
	return resp, nil
}

// awaitsMicrodeposits checks that something waits for the verification. Once an answer is lost, nobody could tell whether it
// was this call that brought what does not wait any more to where it is.
func (s *Customers) awaitsMicrodeposits(ctx context.Context, req *paymentsv1.VerifyMicrodepositsRequest) error {
	if id := req.GetPaymentId(); id != "" {
		payment, err := s.reads.GetPayment(ctx, id)
		if err != nil {
			return err
		}
		if payment.GetState() == paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION &&
			payment.GetNextAction().GetVerifyMicrodeposits() != nil {
			return nil
		}
		return unexpectedState(payment.GetRawState(), payment.GetState().String(), "PAYMENT_STATE_")
	}
	setup, err := s.reads.GetSetupIntent(ctx, req.GetSetupIntentId())
	if err != nil {
		return err
	}
	if setup.GetState() == paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION &&
		setup.GetNextAction().GetVerifyMicrodeposits() != nil {
		return nil
	}
	return unexpectedState(setup.GetRawState(), setup.GetState().String(), "SETUP_INTENT_STATE_")
}

// unexpectedState names the state as Stripe does in a refusal: in its own word where the API has none.
func unexpectedState(raw, state, prefix string) *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE).
		WithMetadata("state", cmp.Or(strings.ToUpper(raw), strings.TrimPrefix(state, prefix)))
}
