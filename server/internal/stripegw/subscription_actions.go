package stripegw

import (
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscription"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// collectStep collects invoices again before the subscription begins a new period: otherwise its first invoice would be
// given away.
const collectStep = "collect"

// pauseParam is what stands in a subscription while its invoices are not collected.
const pauseParam = "pause_collection"

// prepareCancelSubscription is DELETE or POST /v1/subscriptions/{subscription}, now or for later.
func prepareCancelSubscription(
	p *plan, req *paymentsv1.CancelSubscriptionRequest, on *paymentsv1.Subscription, _ string,
) error {
	if err := readFor(on, req.GetSubscriptionId()); err != nil {
		return err
	}
	params := &stripe.SubscriptionParams{Expand: expandSubscription("")}
	switch when := req.GetWhen().(type) {
	case *paymentsv1.CancelSubscriptionRequest_Now:
	case *paymentsv1.CancelSubscriptionRequest_AtPeriodEnd:
		params.CancelAtPeriodEnd = new(true)
	case *paymentsv1.CancelSubscriptionRequest_Time:
		params.CancelAt = seconds(when.Time)
	default:
		return apierr.InvalidField("when", "is required")
	}
	if err := p.release(on); err != nil {
		return err
	}
	client := subscription.Client{B: p.step(OnlyStep)}
	if req.GetNow() {
		_, err := client.Cancel(req.GetSubscriptionId(), &stripe.SubscriptionCancelParams{
			InvoiceNow: given(req.GetInvoiceNow()), Prorate: given(req.GetProrate()), Expand: params.Expand,
		})
		return err
	}
	_, err := client.Update(req.GetSubscriptionId(), params)
	return err
}

// preparePauseSubscription is POST /v1/subscriptions/{subscription}.
func preparePauseSubscription(
	p *plan, req *paymentsv1.PauseSubscriptionRequest, on *paymentsv1.Subscription, _ string,
) error {
	if err := readFor(on, req.GetSubscriptionId()); err != nil {
		return err
	}
	behavior, err := enumParam(pauseBehaviors, req.GetBehavior(), "behavior")
	switch {
	case err != nil:
		return err
	case behavior == nil:
		return apierr.InvalidField("behavior", "is required")
	}
	if err := p.release(on); err != nil {
		return err
	}
	_, err = subscription.Client{B: p.step(OnlyStep)}.Update(req.GetSubscriptionId(), &stripe.SubscriptionParams{
		PauseCollection: &stripe.SubscriptionPauseCollectionParams{
			Behavior: behavior, ResumesAt: seconds(req.GetResumeTime()),
		},
		Expand: expandSubscription(""),
	})
	return err
}

// prepareResumeSubscription is POST /v1/subscriptions/{subscription}, which collects again, or for one in the state PAUSED
// POST /v1/subscriptions/{subscription}/resume.
func prepareResumeSubscription(
	p *plan, req *paymentsv1.ResumeSubscriptionRequest, on *paymentsv1.Subscription, _ string,
) error {
	if err := readFor(on, req.GetSubscriptionId()); err != nil {
		return err
	}
	paused := on.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED
	if on.GetPause() != nil {
		name := OnlyStep
		if paused {
			name = collectStep
		}
		params := &stripe.SubscriptionParams{Expand: expandSubscription("")}
		params.AddExtra(pauseParam, "") // an empty struct would send nothing
		_, err := subscription.Client{B: p.step(name)}.Update(req.GetSubscriptionId(), params)
		if err != nil || !paused {
			return err
		}
	}
	if !paused {
		return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE).
			WithMetadata("state", strings.TrimPrefix(on.GetState().String(), "SUBSCRIPTION_STATE_"))
	}
	_, err := subscription.Client{B: p.step(OnlyStep)}.Resume(req.GetSubscriptionId(), &stripe.SubscriptionResumeParams{
		BillingCycleAnchor: new("now"), Expand: expandSubscription(""),
	})
	return err
}

// endsNow, resumesNow and changesSubscription tell the steps apart.
func endsNow(r Request) bool { return r.Method == http.MethodDelete }

func resumesNow(r Request) bool {
	return strings.HasPrefix(r.Path, subscriptionPath) && strings.HasSuffix(r.Path, "/resume")
}

func changesSubscription(r Request) bool {
	return strings.HasPrefix(r.Path, subscriptionPath) && r.Method == http.MethodPost && !resumesNow(r)
}
