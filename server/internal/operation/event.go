package operation

import (
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/redact"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// tell adds what an outcome tells the rest of the company: one change of one object, and the object as it stands then. The
// key is the change's cause, as Stripe tells it in `event.request`, so that a webhook that brings the same change joins it.
func (r *Runner) tell(f *store.Finish, op store.Operation, key string, result stripegw.Result) error {
	resource, ok := stripegw.NewResource(result.Outcome.Resource)
	if !ok {
		return nil
	}
	whole, err := encodeResource(resource.Message)
	if err != nil {
		return err
	}
	public, err := encodeResource(redact.Public(resource.Message))
	if err != nil {
		return err
	}
	_, kind := changeOf(op.Method, result)
	f.Object = &store.Object{
		ID: resource.ID, Kind: resource.Kind, Basis: store.BasisWrite, Cause: key, State: resource.State,
		Ended:    resource.Ended || kind == detached,
		Resource: r.keys.Seal(objectPurpose, resource.ID, whole),
		Public:   r.keys.Seal(eventPurpose, resource.ID, public),
	}
	if kind != "" {
		f.Events = []store.Event{{
			ObjectID: resource.ID, ObjectKind: resource.Kind, Kind: kind, Cause: key, OperationID: op.ID, Resource: f.Object.Public,
		}}
	}
	return nil
}

// detached is the end of a payment method, which its message does not tell from one that was never attached.
const detached = "payment_method.detached"

// changeOf names the object that a write changed, and the change, as Stripe's event for it does
// (https://docs.stripe.com/api/events/types). A write that was refused and left nothing changed is no change.
func changeOf(method string, result stripegw.Result) (objectID, kind string) {
	if result.Err != nil {
		return refusalOf(result)
	}
	switch resource := result.Outcome.Resource.(type) {
	case *paymentsv1.Payment:
		return resource.GetId(), paymentKind(method, resource)
	case *paymentsv1.Refund:
		return resource.GetId(), refundKind(method)
	case *paymentsv1.Customer:
		return resource.GetId(), customerKind(method)
	case *paymentsv1.PaymentMethod:
		return resource.GetId(), paymentMethodKind(method)
	case *paymentsv1.SetupIntent:
		return resource.GetId(), setupIntentKind(method, resource)
	default:
		return billingChangeOf(method, resource)
	}
}

// refusalOf names what a decline changed. One that leaves an object waiting for its customer is that of wrong
// microdeposits, and changes nothing.
func refusalOf(result stripegw.Result) (objectID, kind string) {
	switch apierr.From(result.Err).Reason {
	case paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED, paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED:
	default:
		return "", ""
	}
	switch resource := result.Outcome.Resource.(type) {
	case *paymentsv1.Payment:
		if resource.GetState() != paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION {
			return resource.GetId(), "payment_intent.payment_failed"
		}
	case *paymentsv1.SetupIntent:
		if resource.GetState() != paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION {
			return resource.GetId(), "setup_intent.setup_failed"
		}
	}
	return "", ""
}

func paymentKind(method string, payment *paymentsv1.Payment) string {
	switch method {
	case paymentsv1.PaymentService_UpdatePayment_FullMethodName:
		return "payment_intent.updated" // Stripe tells nobody of it.
	case paymentsv1.PaymentService_CancelPayment_FullMethodName:
		return "payment_intent.canceled"
	}
	switch payment.GetState() {
	case paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED:
		return "payment_intent.succeeded"
	case paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING:
		return "payment_intent.processing"
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION:
		return "payment_intent.requires_action"
	case paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE:
		return "payment_intent.amount_capturable_updated"
	case paymentsv1.PaymentState_PAYMENT_STATE_CANCELED:
		return "payment_intent.canceled"
	default:
		return "payment_intent.created"
	}
}

func refundKind(method string) string {
	if method == paymentsv1.PaymentService_CreateRefund_FullMethodName {
		return "refund.created"
	}
	return "refund.updated"
}

func customerKind(method string) string {
	switch method {
	case paymentsv1.CustomerService_CreateCustomer_FullMethodName, paymentsv1.CustomerService_EnsureCustomer_FullMethodName:
		return "customer.created"
	case paymentsv1.CustomerService_DeleteCustomer_FullMethodName:
		return "customer.deleted"
	default:
		return "customer.updated"
	}
}

func paymentMethodKind(method string) string {
	switch method {
	case paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName:
		return "payment_method.attached"
	case paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName:
		return detached
	case paymentsv1.CustomerService_UpdatePaymentMethod_FullMethodName:
		return "payment_method.updated"
	default:
		return "" // Stripe tells nobody that there is one.
	}
}

func setupIntentKind(method string, intent *paymentsv1.SetupIntent) string {
	switch intent.GetState() {
	case paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED:
		return "setup_intent.succeeded"
	case paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION:
		return "setup_intent.requires_action"
	case paymentsv1.SetupIntentState_SETUP_INTENT_STATE_CANCELED:
		return "setup_intent.canceled"
	default:
		// Stripe has no word for one that a bank is working on: its end will be told.
		if method == paymentsv1.CustomerService_CreateSetupIntent_FullMethodName {
			return "setup_intent.created"
		}
		return ""
	}
}

// objectIDOf is the id of the resource of an outcome.
func objectIDOf(resource proto.Message) string {
	if r, ok := resource.(interface{ GetId() string }); ok {
		return r.GetId()
	}
	return ""
}
