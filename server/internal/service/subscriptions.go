package service

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// SubscriptionReader reads all that SubscriptionService tells.
type SubscriptionReader interface {
	// GetSubscription returns the subscription, or RESOURCE_MISSING.
	GetSubscription(ctx context.Context, id string) (*paymentsv1.Subscription, error)
	// SubscriptionPage returns up to limit subscriptions that fit the request, the newest first, from behind the one with
	// the id `after` on; and whether there are more.
	SubscriptionPage(
		ctx context.Context, req *paymentsv1.ListSubscriptionsRequest, after string, limit int,
	) (subscriptions []*paymentsv1.Subscription, more bool, err error)

	PlanReader
	PlanChangeReader
	InvoiceReader
	AccessReader
}

// SubscriptionWriter runs the writes of SubscriptionService.
type SubscriptionWriter interface {
	Writer
	OnWriter
}

// Subscriptions serves SubscriptionService.
type Subscriptions struct {
	paymentsv1.UnimplementedSubscriptionServiceServer

	writes SubscriptionWriter
	reads  SubscriptionReader
}

// NewSubscriptions returns the service.
func NewSubscriptions(writes SubscriptionWriter, reads SubscriptionReader) *Subscriptions {
	return &Subscriptions{writes: writes, reads: reads}
}

// CreateSubscription implements SubscriptionService.
func (s *Subscriptions) CreateSubscription(
	ctx context.Context, req *paymentsv1.CreateSubscriptionRequest,
) (*paymentsv1.CreateSubscriptionResponse, error) {
	if err := checkNewSubscription(req); err != nil {
		return nil, err
	}
	subscription, out, err := write[*paymentsv1.Subscription](ctx, s.writes,
		paymentsv1.SubscriptionService_CreateSubscription_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CreateSubscriptionResponse{
		Subscription: subscription, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// checkNewSubscription refuses what is wrong in itself. Whether a time is past Stripe alone knows: a customer may live
// in the time of a test clock.
func checkNewSubscription(req *paymentsv1.CreateSubscriptionRequest) error {
	plans := map[string]bool{}
	for i, item := range req.GetItems() {
		if plans[item.GetPlanId()] {
			return apierr.InvalidField(fmt.Sprintf("items[%d].plan_id", i), "stands there twice; say how many by quantity")
		}
		plans[item.GetPlanId()] = true
	}
	if trial, ok := req.GetTrial().(*paymentsv1.CreateSubscriptionRequest_PlanTrial); ok && !trial.PlanTrial {
		return apierr.InvalidField("plan_trial", "must be true, or left out")
	}
	if err := checkMoments(
		moment{"trial_end_time", req.GetTrialEndTime()},
		moment{"billing_cycle_anchor_time", req.GetBillingCycleAnchorTime()},
		moment{"cancel_time", req.GetCancelTime()},
	); err != nil {
		return err
	}
	if req.GetCancelTime() != nil && req.GetCancelAtPeriodEnd() {
		return apierr.InvalidField("cancel_at_period_end", "can not stand beside cancel_time")
	}
	return checkDaysUntilDue(req.GetCollectionMethod(), req.GetDaysUntilDue(), "days_until_due")
}

// GetSubscription implements SubscriptionService.
func (s *Subscriptions) GetSubscription(
	ctx context.Context, req *paymentsv1.GetSubscriptionRequest,
) (*paymentsv1.GetSubscriptionResponse, error) {
	subscription, err := s.reads.GetSubscription(ctx, req.GetSubscriptionId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetSubscriptionResponse{Subscription: subscription}, nil
}

// ListSubscriptions implements SubscriptionService.
func (s *Subscriptions) ListSubscriptions(
	ctx context.Context, req *paymentsv1.ListSubscriptionsRequest,
) (*paymentsv1.ListSubscriptionsResponse, error) {
	if req.GetIncludeCanceled() && req.GetState() != paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_UNSPECIFIED {
		return nil, apierr.InvalidField("include_canceled", "can not stand beside state")
	}
	if err := checkTimes(req.GetStartTime(), req.GetEndTime()); err != nil {
		return nil, err
	}
	subscriptions, next, err := page(ctx, req, s.reads.SubscriptionPage)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ListSubscriptionsResponse{Subscriptions: subscriptions, NextPageToken: next}, nil
}

// PauseSubscription implements SubscriptionService.
func (s *Subscriptions) PauseSubscription(
	ctx context.Context, req *paymentsv1.PauseSubscriptionRequest,
) (*paymentsv1.PauseSubscriptionResponse, error) {
	if err := checkMoments(moment{"resume_time", req.GetResumeTime()}); err != nil {
		return nil, err
	}
	subscription, out, err := s.writeOn(ctx, paymentsv1.SubscriptionService_PauseSubscription_FullMethodName, req,
		func(_ context.Context, on *paymentsv1.Subscription) error {
			if hasEnded(on) || isIncomplete(on) || on.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED {
				return wrongState(on)
			}
			return checkNothingPending(on)
		})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.PauseSubscriptionResponse{Subscription: subscription, Replayed: out.Replayed}, nil
}

// ResumeSubscription implements SubscriptionService.
func (s *Subscriptions) ResumeSubscription(
	ctx context.Context, req *paymentsv1.ResumeSubscriptionRequest,
) (*paymentsv1.ResumeSubscriptionResponse, error) {
	subscription, out, err := s.writeOn(ctx, paymentsv1.SubscriptionService_ResumeSubscription_FullMethodName, req,
		func(_ context.Context, on *paymentsv1.Subscription) error {
			paused := on.GetPause() != nil || on.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED
			switch {
			case hasEnded(on) || !paused:
				return wrongState(on)
			case on.GetPause() == nil && isToBePaid(on.GetLatestInvoice()):
				return wrongState(on).WithMetadata("invoice_id", on.GetLatestInvoice().GetId())
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ResumeSubscriptionResponse{
		Subscription: subscription, Replayed: out.Replayed, ClientSecret: out.ClientSecret,
	}, nil
}

// CancelSubscription implements SubscriptionService.
func (s *Subscriptions) CancelSubscription(
	ctx context.Context, req *paymentsv1.CancelSubscriptionRequest,
) (*paymentsv1.CancelSubscriptionResponse, error) {
	switch {
	case req.GetInvoiceNow() && !req.GetNow():
		return nil, apierr.InvalidField("invoice_now", "counts with now alone")
	case req.GetProrate() && !req.GetNow():
		return nil, apierr.InvalidField("prorate", "counts with now alone")
	case req.GetProrate() && !req.GetInvoiceNow():
		return nil, apierr.InvalidField("prorate", "needs invoice_now: the credit would stand on no invoice")
	}
	if err := checkMoments(moment{"time", req.GetTime()}); err != nil {
		return nil, err
	}
	subscription, out, err := s.writeOn(ctx, paymentsv1.SubscriptionService_CancelSubscription_FullMethodName, req,
		func(_ context.Context, on *paymentsv1.Subscription) error {
			expired := on.GetState() == paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED
			switch {
			case expired || !req.GetNow() && (hasEnded(on) || isIncomplete(on)):
				return wrongState(on)
			case req.GetProrate() && isToBePaid(on.GetLatestInvoice()):
				// What was not paid is not given back.
				return wrongState(on).WithMetadata("invoice_id", on.GetLatestInvoice().GetId())
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CancelSubscriptionResponse{Subscription: subscription, Replayed: out.Replayed}, nil
}

// onSubscription is a request to change a subscription.
type onSubscription interface {
	operation.Request
	GetSubscriptionId() string
}

// writeOn runs a write on a subscription that check lets pass.
func (s *Subscriptions) writeOn(
	ctx context.Context, method string, req onSubscription,
	check func(ctx context.Context, on *paymentsv1.Subscription) error,
) (*paymentsv1.Subscription, operation.Outcome, error) {
	return writeOn[*paymentsv1.Subscription](ctx, s.writes, method, req, func(ctx context.Context) (proto.Message, error) {
		on, err := s.reads.GetSubscription(ctx, req.GetSubscriptionId())
		if err != nil {
			return nil, err
		}
		return on, check(ctx, on)
	})
}
