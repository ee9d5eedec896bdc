package console_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/console"
)

// fullOperation has every field, as no real one has.
func fullOperation() *paymentsv1.Operation {
	at := func(minute int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC))
	}
	return &paymentsv1.Operation{
		Id: operationID(1), Caller: "checkout", Method: "/payments.v1.PaymentService/CreatePayment",
		IdempotencyKey: "order-1001-attempt-1", State: paymentsv1.OperationState_OPERATION_STATE_UNKNOWN, ObjectId: "pi_1",
		ErrorReason: paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED,
		Uncertainty: paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NO_ANSWER,
		StepsDone:   2, Sends: 3, LookUps: 7, StripeRequestIds: []string{"req_1", "req_2"},
		CreateTime: at(1), UpdateTime: at(2), EndTime: at(3), DueTime: at(4), Resolver: "ada", Note: "seen\nthere",
	}
}

func show(t *testing.T, operation *paymentsv1.Operation) string {
	t.Helper()
	var out strings.Builder
	way := serve(t, &fakeService{operations: []*paymentsv1.Operation{operation}})
	if err := console.Show(t.Context(), way, config.ShowOperation{ID: operation.GetId()}, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestShowPrintsEveryField(t *testing.T) {
	operation := fullOperation()
	fields := operation.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if !operation.ProtoReflect().Has(fields.Get(i)) {
			t.Errorf("this test does not know the field %s", fields.Get(i).Name())
		}
	}
	text := show(t, operation)
	for field, want := range map[protoreflect.Name]string{
		"id": operation.GetId(), "caller": "checkout", "method": "/payments.v1.PaymentService/CreatePayment",
		"idempotency_key": "order-1001-attempt-1", "state": "UNKNOWN", "object_id": "pi_1", "error_reason": "PAYMENT_DECLINED",
		"uncertainty": "no whole answer came", "steps_done": "steps done         2\n",
		"sends": "sends              3\n", "look_ups": "look-ups in vain   7\n",
		"stripe_request_ids": "req_1 req_2", "create_time": "2026-01-02T03:01:00Z", "update_time": "2026-01-02T03:02:00Z",
		"end_time": "2026-01-02T03:03:00Z", "due_time": "2026-01-02T03:04:00Z", "resolver": "ada", "note": "seen?there",
	} {
		if fields.ByName(field) == nil || !strings.Contains(text, want) {
			t.Errorf("the field %s is not shown as %q:\n%s", field, want, text)
		}
	}
}

// What is not there is not printed, and what the state asks for is said.
func TestShowSaysWhatToDo(t *testing.T) {
	for state, want := range map[paymentsv1.OperationState][]string{
		paymentsv1.OperationState_OPERATION_STATE_PENDING:   {"There is nothing to do", "seen to    ", "(in 9m)"},
		paymentsv1.OperationState_OPERATION_STATE_ABANDONED: {"It surely did nothing"},
		paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED: {},
		paymentsv1.OperationState_OPERATION_STATE_FAILED:    {},
		paymentsv1.OperationState_OPERATION_STATE_UNKNOWN: {
			"Money may have moved", "tillgate_operation = " + operationID(1),
			"server operations resolve " + operationID(1) + " --object-id ID --note",
			"server operations resolve " + operationID(1) + " --not-done --note",
		},
	} {
		operation := &paymentsv1.Operation{Id: operationID(1), State: state}
		if state == paymentsv1.OperationState_OPERATION_STATE_PENDING {
			operation.DueTime = timestamppb.New(time.Now().Add(9*time.Minute + 30*time.Second))
		}
		text := show(t, operation)
		for _, words := range want {
			if !strings.Contains(text, words) {
				t.Errorf("%v: it does not say %q:\n%s", state, words, text)
			}
		}
		for _, absent := range []string{"caller", "rpc", "object ", "failed with", "ended", "note  ", "1970"} {
			if strings.Contains(strings.Split(text, "\n\n")[0], absent) {
				t.Errorf("%v: it shows %q, which is not there:\n%s", state, absent, text)
			}
		}
		if len(want) == 0 && strings.Contains(text, "\n\n") {
			t.Errorf("%v: there is something to do:\n%s", state, text)
		}
	}
}

func TestShowJSON(t *testing.T) {
	var out strings.Builder
	way := serve(t, &fakeService{operations: []*paymentsv1.Operation{fullOperation()}})
	if err := console.Show(t.Context(), way, config.ShowOperation{ID: operationID(1), JSON: true}, &out); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), `"state":"OPERATION_STATE_UNKNOWN"`) {
		t.Errorf("it prints %s", out.String())
	}
}

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		config config.ResolveOperation
		object string
		not    bool
	}{
		{config.ResolveOperation{ID: operationID(1), ObjectID: "pi_1", Note: "seen"}, "pi_1", false},
		{config.ResolveOperation{ID: operationID(1), NotDone: true, Note: "seen"}, "", true},
	} {
		ended := fullOperation()
		ended.State = paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED
		f := &fakeService{operations: []*paymentsv1.Operation{ended}}
		var out strings.Builder
		if err := console.Resolve(t.Context(), serve(t, f), tt.config, &out); err != nil {
			t.Fatal(err)
		}
		req := f.resolved[0]
		if len(f.resolved) != 1 || req.GetOperationId() != operationID(1) || req.GetNote() != "seen" ||
			req.GetObjectId() != tt.object || req.GetNotDone() != tt.not {
			t.Errorf("%+v was sent as %v", tt.config, f.resolved)
		}
		if !strings.Contains(out.String(), "It has ended.\n") || !strings.Contains(out.String(), "SUCCEEDED") {
			t.Errorf("it prints %s", out.String())
		}
	}
}
