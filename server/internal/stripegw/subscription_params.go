package stripegw

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscription"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// errNotRead is a fault of ours: what is sent hangs on the subscription as it is.
const errNotRead = apierr.ConstError("a change of a subscription that was not read")

// subscriptionExpands is what we ask Stripe to put into each subscription: what `access` and the next step of the
// customer hang on, and what the next invoice charges. Stripe expands four levels, and no more.
var subscriptionExpands = []string{
	"latest_invoice.payment_intent", "schedule", "default_payment_method",
	"customer.invoice_settings.default_payment_method", "pending_setup_intent",
}

// paymentBehaviors is what happens to a subscription where the first invoice is not paid at once.
var paymentBehaviors = map[string]paymentsv1.PaymentBehavior{
	"error_if_incomplete": paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_ERROR_IF_INCOMPLETE,
	"allow_incomplete":    paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_ALLOW_INCOMPLETE,
	"default_incomplete":  paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_DEFAULT_INCOMPLETE,
}

// expandSubscription is what to expand where the subscription stands behind prefix, such as `data.`.
func expandSubscription(prefix string) []*string {
	expands := make([]*string, 0, len(subscriptionExpands))
	for _, expand := range subscriptionExpands {
		expands = append(expands, new(prefix+expand))
	}
	return expands
}

// expandForm is the same for a read that is spelled out.
func expandForm(expands []*string) string {
	params := url.Values{}
	for i, expand := range expands {
		params.Set("expand["+strconv.Itoa(i)+"]", *expand)
	}
	return strings.NewReplacer("%5B", "[", "%5D", "]").Replace(params.Encode())
}

// prepareCreateSubscription is POST /v1/subscriptions.
func prepareCreateSubscription(r *recorder, req *paymentsv1.CreateSubscriptionRequest, operationID string) error {
	behavior, err := firstPayment(req)
	if err != nil {
		return err
	}
	collection, err := collectionParams(req)
	if err != nil {
		return err
	}
	trialEnd, err := trialSettingsParams(req.GetTrialEndBehavior(), "trial_end_behavior")
	if err != nil {
		return err
	}
	params := &stripe.SubscriptionParams{
		Customer:             given(req.GetCustomerId()),
		Items:                newItemParams(req.GetItems()),
		PaymentBehavior:      behavior,
		DefaultPaymentMethod: given(req.GetDefaultPaymentMethodId()),
		CollectionMethod:     collection,
		DaysUntilDue:         given(int64(req.GetDaysUntilDue())),
		TrialPeriodDays:      given(int64(req.GetTrialDays())),
		TrialEnd:             seconds(req.GetTrialEndTime()),
		TrialFromPlan:        given(req.GetPlanTrial()),
		TrialSettings:        trialEnd,
		BillingCycleAnchor:   seconds(req.GetBillingCycleAnchorTime()),
		CancelAt:             seconds(req.GetCancelTime()),
		CancelAtPeriodEnd:    given(req.GetCancelAtPeriodEnd()),
		OffSession:           given(req.GetOffSession()),
		PaymentSettings:      paymentSettings(req),
		Description:          given(req.GetDescription()),
		Metadata:             withOperation(req.GetMetadata(), operationID),
		Expand:               expandSubscription(""),
	}
	_, err = subscription.Client{B: r}.New(params)
	return err
}

// firstPayment is what happens where the first invoice is not paid at once: unless the caller says otherwise, nothing is
// created then. To an invoice that the customer pays by themselves it does not apply.
func firstPayment(req *paymentsv1.CreateSubscriptionRequest) (*string, error) {
	behavior := req.GetPaymentBehavior()
	if behavior == 0 && req.GetCollectionMethod() != paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE {
		behavior = paymentsv1.PaymentBehavior_PAYMENT_BEHAVIOR_ERROR_IF_INCOMPLETE
	}
	return enumParam(paymentBehaviors, behavior, "payment_behavior")
}

// collectionParams is how invoices are paid. Stripe wants the days with those that are sent, and refuses them otherwise.
func collectionParams(req *paymentsv1.CreateSubscriptionRequest) (*string, error) {
	sent := req.GetCollectionMethod() == paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE
	switch days := req.GetDaysUntilDue(); {
	case sent && days == 0:
		return nil, apierr.InvalidField("days_until_due", "is required with SEND_INVOICE")
	case !sent && days != 0:
		return nil, apierr.InvalidField("days_until_due", "has a meaning with SEND_INVOICE only")
	}
	return enumParam(collectionMethods, req.GetCollectionMethod(), "collection_method")
}

// paymentSettings is nil where the caller says nothing of them.
func paymentSettings(req *paymentsv1.CreateSubscriptionRequest) *stripe.SubscriptionPaymentSettingsParams {
	params := &stripe.SubscriptionPaymentSettingsParams{PaymentMethodTypes: givenAll(req.GetPaymentMethodTypes())}
	if req.GetSaveDefaultPaymentMethod() {
		params.SaveDefaultPaymentMethod = stripe.String(
			string(stripe.SubscriptionPaymentSettingsSaveDefaultPaymentMethodOnSubscription))
	}
	if params.PaymentMethodTypes == nil && params.SaveDefaultPaymentMethod == nil {
		return nil
	}
	return params
}

// trialSettingsParams is what happens where a trial ends and there is no payment method; nil where it is not said.
func trialSettingsParams(
	behavior paymentsv1.TrialEndBehavior, field string,
) (*stripe.SubscriptionTrialSettingsParams, error) {
	missing, err := enumParam(trialEndBehaviors, behavior, field)
	if missing == nil || err != nil {
		return nil, err
	}
	return &stripe.SubscriptionTrialSettingsParams{
		EndBehavior: &stripe.SubscriptionTrialSettingsEndBehaviorParams{MissingPaymentMethod: missing},
	}, nil
}

// newItemParams are items that a subscription does not have yet. Without a quantity Stripe takes 1.
func newItemParams(items []*paymentsv1.NewSubscriptionItem) []*stripe.SubscriptionItemsParams {
	params := make([]*stripe.SubscriptionItemsParams, 0, len(items))
	for _, item := range items {
		params = append(params, &stripe.SubscriptionItemsParams{Price: new(item.GetPlanId()), Quantity: item.Quantity})
	}
	return params
}

// seconds is a time as Stripe counts it, without fractions; nil where there is none.
func seconds(at *timestamppb.Timestamp) *int64 {
	if at == nil {
		return nil
	}
	return new(at.GetSeconds())
}

// readFor is whether the subscription was read that a request names.
func readFor(on *paymentsv1.Subscription, id string) error {
	switch {
	case id == "":
		return apierr.InvalidField("subscription_id", "is required")
	case on.GetId() != id:
		return errNotRead
	default:
		return nil
	}
}
