package app_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// A change at the period's end that recovery makes later takes nothing back that others were told meanwhile: neither an
// upgrade that is paid, nor a cancellation.
//
//nolint:tparallel // The cases take turns: each breaks the Stripe that they share.
func TestChangeAtTheEndThatComesLate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	// late is a change to two of silver of which the first step is not answered.
	late := func(t *testing.T, key, id string) (ended func() *paymentsv1.Operation) {
		t.Helper()
		s.steer(t, "faults", map[string]any{
			"kind": "502_html", "method": "POST", "path": "/v1/subscription_schedules", "count": 3,
		})
		req := &paymentsv1.ChangePlanRequest{
			IdempotencyKey: key + "-late", SubscriptionId: id, Timing: atPeriodEnd,
			Changes: []*paymentsv1.ItemChange{{Quantity: new(int64(2))}},
		}
		_, err := s.sales.ChangePlan(dev(t), req)
		check(t, err, codes.Unknown, "OUTCOME_PENDING", "")
		operations := paymentsv1.NewOperationServiceClient(s.conn(t))
		return func() (op *paymentsv1.Operation) {
			poll(t, "recovery", func() bool {
				listed, err := operations.ListOperations(dev(t), &paymentsv1.ListOperationsRequest{PageSize: 100})
				if err != nil {
					t.Fatal(err)
				}
				for _, each := range listed.GetOperations() {
					if each.GetIdempotencyKey() == req.GetIdempotencyKey() {
						op = each
					}
				}
				return op.GetEndTime() != nil
			})
			return op
		}
	}

	t.Run("after an upgrade", func(t *testing.T) {
		id := s.subscribed(t, "late-upgrade").GetId()
		ended := late(t, "late-upgrade", id)
		up, err := s.sales.ChangePlan(dev(t), replace("late-upgrade-now", id, s.gold))
		if err != nil || planOf(up.GetSubscription()) != s.gold {
			t.Fatalf("the upgrade: %v, %v", up, err)
		}
		if op := ended(); op.GetState() != paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED {
			t.Errorf("the late change: %v", op)
		}
		read, err := s.sales.GetSubscription(dev(t), &paymentsv1.GetSubscriptionRequest{SubscriptionId: id})
		sub := read.GetSubscription()
		if err != nil || planOf(sub) != s.gold || len(sub.GetScheduledChange().GetItems()) != 1 {
			t.Errorf("got %v, %v, want gold, and what was scheduled", sub, err)
		}
	})
	t.Run("after a cancellation", func(t *testing.T) {
		id := s.subscribed(t, "late-cancel").GetId()
		ended := late(t, "late-cancel", id)
		if _, err := s.sales.CancelSubscription(dev(t), &paymentsv1.CancelSubscriptionRequest{
			IdempotencyKey: "late-cancel-end", SubscriptionId: id,
			When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
		}); err != nil {
			t.Fatal(err)
		}
		op := ended()
		if op.GetState() != paymentsv1.OperationState_OPERATION_STATE_FAILED ||
			op.GetErrorReason() != paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE {
			t.Errorf("the late change: %v, want it refused", op)
		}
		read, err := s.sales.GetSubscription(dev(t), &paymentsv1.GetSubscriptionRequest{SubscriptionId: id})
		if sub := read.GetSubscription(); err != nil || sub.GetCancelTime() == nil {
			t.Errorf("got %v, %v, want it to end", sub, err)
		}
	})
}
