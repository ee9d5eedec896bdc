package stripegw

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// decodePayment reads the answer of a write that makes or changes a payment.
func decodePayment(g *Gateway, body []byte) (Outcome, error) {
	intent, err := decodePaymentIntent(body)
	if err != nil {
		return Outcome{}, err
	}
	payment := g.payment(intent)
	return Outcome{Resource: payment, ClientSecret: clientSecret(payment.GetState(), intent)}, nil
}

// clientSecret gives the secret out while there is something to do with it.
func clientSecret(state paymentsv1.PaymentState, intent *paymentIntent) string {
	switch state {
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD,
		paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CONFIRMATION,
		paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION:
		return intent.ClientSecret
	default:
		return ""
	}
}

// payment is the message for a payment intent.
func (g *Gateway) payment(intent *paymentIntent) *paymentsv1.Payment {
	p := &paymentsv1.Payment{
		Id:                        intent.ID,
		Amount:                    fromStripe(intent.Amount, intent.Currency),
		AmountCapturable:          fromStripe(intent.AmountCapturable, intent.Currency),
		AmountReceived:            fromStripe(intent.AmountReceived, intent.Currency),
		AmountRefunded:            amountRefunded(intent),
		CustomerId:                intent.Customer,
		PaymentMethodId:           intent.PaymentMethod,
		NextAction:                nextActionMessage(intent.NextAction),
		LastError:                 paymentErrorMessage(intent.LastPaymentError),
		CreateTime:                timestamp(intent.Created),
		CancelTime:                timestamp(intent.CanceledAt),
		Description:               intent.Description,
		StatementDescriptor:       intent.StatementDescriptor,
		StatementDescriptorSuffix: intent.StatementDescriptorSuffix,
		ReceiptEmail:              intent.ReceiptEmail,
		Metadata:                  visibleMetadata(intent.Metadata),
		PaymentMethodTypes:        intent.PaymentMethodTypes,
		LatestCharge:              chargeMessage(intent.LatestCharge, intent.Currency),
		InvoiceId:                 intent.Invoice,
		Livemode:                  intent.Livemode,
	}
	p.State, p.RawState = enumValue(g, paymentStates, "payment.status", intent.Status)
	p.CaptureMethod, p.RawCaptureMethod = enumValue(g, captureMethods, "payment.capture_method", intent.CaptureMethod)
	p.CancellationReason, p.RawCancellationReason = enumValue(
		g, cancellationReasons, "payment.cancellation_reason", intent.CancellationReason)
	p.SetupFutureUsage, p.RawSetupFutureUsage = enumValue(
		g, setupFutureUsages, "payment.setup_future_usage", intent.SetupFutureUsage)
	return p
}

// amountRefunded is what was given back of the latest charge: zero where there is none, absent where it is not known.
// Stripe counts what was held and not captured as refunded too, once it is released. Nobody paid that, so that nothing
// of it can be given back.
func amountRefunded(intent *paymentIntent) *paymentsv1.Money {
	switch {
	case intent.LatestCharge == nil:
		return fromStripe(0, intent.Currency)
	case intent.LatestCharge.unexpanded:
		return nil
	default:
		released := max(intent.LatestCharge.Amount-intent.LatestCharge.AmountCaptured, 0)
		return fromStripe(max(intent.LatestCharge.AmountRefunded-released, 0), intent.Currency)
	}
}

// paymentErrorMessage leaves to apierr what may be told of a decline.
func paymentErrorMessage(e *paymentError) *paymentsv1.PaymentError {
	if e == nil {
		return nil
	}
	message := apierr.NewPaymentError(token(e.Code), token(e.DeclineCode), token(e.AdviceCode))
	message.PaymentMethodId = e.PaymentMethod.ID
	message.ChargeId = e.Charge
	return message
}

// visibleMetadata hides our own pair. It may change the map, which is this answer's alone.
func visibleMetadata(metadata map[string]string) map[string]string {
	delete(metadata, operationKey)
	if len(metadata) == 0 {
		return nil
	}
	return metadata
}

// maxTimestamp is the last second of the year 9999, the last that google.protobuf.Timestamp can hold.
const maxTimestamp = 253402300799

// timestamp is absent for 0, which is how Stripe's null reads, and for what no timestamp can hold.
func timestamp(seconds int64) *timestamppb.Timestamp {
	if seconds <= 0 || seconds > maxTimestamp {
		return nil
	}
	return &timestamppb.Timestamp{Seconds: seconds}
}
