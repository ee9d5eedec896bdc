package stripegw

import (
	"encoding/json"
	"errors"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// scheduleObject is what we take from Stripe's subscription schedule,
// https://docs.stripe.com/api/subscription_schedules/object.
type scheduleObject struct {
	Object       string                          `json:"object"`
	ID           string                          `json:"id"`
	CurrentPhase *schedulePhase                  `json:"current_phase"`
	Phases       []schedulePhase                 `json:"phases"`
	Status       string                          `json:"status"`
	Subscription expandable[*subscriptionObject] `json:"subscription"`
}

// schedulePhase is a time, and what is subscribed to in it. The current phase has the times alone.
type schedulePhase struct {
	StartDate int64               `json:"start_date"`
	EndDate   int64               `json:"end_date"`
	Items     []schedulePhaseItem `json:"items"`
}

// schedulePhaseItem is one plan in a phase, and how many of it.
type schedulePhaseItem struct {
	Price    expandable[*onlyID] `json:"price"`
	Quantity int64               `json:"quantity"`
}

// decodeScheduleObject reads an answer that should be a schedule. Without its type and id it is unreadable; any other
// field may be missing or of another type than expected, as in decodePaymentIntent.
func decodeScheduleObject(body []byte) (*scheduleObject, error) {
	object := &scheduleObject{}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
	}
	if object.Object != "subscription_schedule" || object.ID == "" {
		return nil, errUnreadable
	}
	return object, nil
}

// decodeSchedule reads the answer of a step that makes, changes or releases a schedule. The rpc answers with the
// subscription, which a later step gives.
func decodeSchedule(_ *Gateway, body []byte) (Outcome, error) {
	object, err := decodeScheduleObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: object.message()}, nil
}

// message is the message for what a schedule will do next. It is there as long as the schedule is attached, since that
// keeps the subscription from other changes; without a phase to come it names no items.
func (o *scheduleObject) message() *paymentsv1.ScheduledChange {
	m := &paymentsv1.ScheduledChange{ScheduleId: o.ID}
	next := o.nextPhase()
	if next == nil {
		return m
	}
	m.ApplyTime = timestamp(next.StartDate)
	for _, item := range next.Items {
		m.Items = append(m.Items, &paymentsv1.SubscriptionItem{
			Plan: &paymentsv1.Plan{Id: item.Price.ID}, Quantity: item.Quantity,
		})
	}
	return m
}

// nextPhase is the phase behind the current one, or the first of a schedule that has not begun; nil where there is none.
func (o *scheduleObject) nextPhase() *schedulePhase {
	for i := range o.Phases {
		if phase := &o.Phases[i]; o.CurrentPhase == nil || phase.StartDate >= o.CurrentPhase.EndDate {
			return phase
		}
	}
	return nil
}

// attached is whether it still manages its subscription. Of one that Stripe names without telling its state, it does.
func (o *scheduleObject) attached() bool {
	switch o.Status {
	case "released", "canceled", "completed":
		return false
	default:
		return true
	}
}
