package console_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/console"
)

func TestListIsATable(t *testing.T) {
	f := &fakeService{operations: []*paymentsv1.Operation{
		{
			Id: operationID(5), State: paymentsv1.OperationState_OPERATION_STATE_UNKNOWN, Caller: "checkout",
			Method: "/payments.v1.PaymentService/CreatePayment", Sends: 3, CreateTime: ago(90 * time.Minute),
			Uncertainty: paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NOT_FOUND,
		},
		{
			Id: operationID(4), State: paymentsv1.OperationState_OPERATION_STATE_FAILED, Caller: "billing",
			Method: "/payments.v1.PaymentService/ConfirmPayment", Sends: 1, CreateTime: ago(50 * time.Hour),
			ObjectId: "pi_4", ErrorReason: paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED,
		},
		{
			Id: operationID(3), State: paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED, Caller: "billing",
			Method: "/payments.v1.PaymentService/CreateRefund", Sends: 12, CreateTime: ago(5 * time.Minute), ObjectId: "re_3",
			Resolver: "ada", Note: "not shown here",
		},
		// What is newer than this program, what is missing, and what a terminal would obey.
		{Id: operationID(2), State: 77, Uncertainty: 99, Caller: "x\x1b[31m\ty"},
	}}
	var out strings.Builder
	if err := console.List(t.Context(), serve(t, f), config.ListOperations{}, &out); err != nil {
		t.Fatal(err)
	}
	want := "ID" + strings.Repeat(" ", len(operationID(1))-len("ID")) +
		"  STATE      AGE    CALLER    RPC             OBJECT  SENDS  WHY\n" +
		operationID(5) + "  UNKNOWN    1h30m  checkout  CreatePayment   -       3      it was looked for and not found\n" +
		operationID(4) + "  FAILED     2d2h   billing   ConfirmPayment  pi_4    1      PAYMENT_DECLINED\n" +
		operationID(3) + "  SUCCEEDED  5m     billing   CreateRefund    re_3    12     ended by ada\n" +
		operationID(2) + "  77         -      x?[31m?y  -               -       0      newer than this program: 99\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the table is another (-want +got):\n%s", diff)
	}
}

func TestListPages(t *testing.T) {
	for _, tt := range []struct {
		operations, limit, want int
		sizes                   []int32
		more                    bool
	}{
		{0, 50, 0, []int32{50}, false},
		{50, 50, 50, []int32{50}, false},
		{51, 50, 50, []int32{50}, true},
		{250, 0, 250, []int32{100, 100, 100}, false},
		{300, 0, 300, []int32{100, 100, 100}, false},
		{300, 201, 201, []int32{100, 100, 1}, true},
		{120, 1000, 120, []int32{100, 100}, false},
	} {
		for _, asJSON := range []bool{false, true} {
			f := &fakeService{operations: manyOperations(tt.operations)}
			var out strings.Builder
			err := console.List(t.Context(), serve(t, f), config.ListOperations{Limit: tt.limit, JSON: asJSON}, &out)
			if err != nil {
				t.Fatal(err)
			}
			var sizes []int32
			for _, req := range f.lists {
				sizes = append(sizes, req.GetPageSize())
			}
			if diff := cmp.Diff(tt.sizes, sizes); diff != "" {
				t.Errorf("%d of %d: other pages were asked for (-want +got):\n%s", tt.limit, tt.operations, diff)
			}
			if asJSON {
				if got := strings.Count(out.String(), "\n"); got != tt.want {
					t.Errorf("%d of %d: %d lines of JSON", tt.limit, tt.operations, got)
				}
				continue
			}
			if got := ids(out.String()); len(got) != tt.want || len(got) > 0 && got[0] != operationID(tt.operations) {
				t.Errorf("%d of %d: %d operations are listed", tt.limit, tt.operations, len(got))
			}
			if strings.Contains(out.String(), "There are more") != tt.more {
				t.Errorf("%d of %d: it says %q", tt.limit, tt.operations, out.String())
			}
			if got := strings.Count(out.String(), "STATE"); got > 1 {
				t.Errorf("%d heads", got)
			}
		}
	}
}

func TestListSaysThatThereIsNone(t *testing.T) {
	var out strings.Builder
	if err := console.List(t.Context(), serve(t, &fakeService{}), config.ListOperations{}, &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != "There is no such operation.\n" {
		t.Errorf("it says %q", out.String())
	}
	out.Reset()
	if err := console.List(t.Context(), serve(t, &fakeService{}), config.ListOperations{JSON: true}, &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != "" {
		t.Errorf("as JSON it says %q", out.String())
	}
}

// All pages are asked for with the same filter: the server refuses a token with another one.
func TestListFilters(t *testing.T) {
	f := &fakeService{operations: manyOperations(250)}
	states := []paymentsv1.OperationState{paymentsv1.OperationState_OPERATION_STATE_UNKNOWN}
	before := time.Now()
	err := console.List(t.Context(), serve(t, f), config.ListOperations{
		States: states, Caller: "checkout", OlderThan: time.Hour, YoungerThan: 24 * time.Hour,
	}, &strings.Builder{})
	if err != nil || len(f.lists) != 3 {
		t.Fatalf("%d pages, %v", len(f.lists), err)
	}
	for _, req := range f.lists {
		end, start := req.GetEndTime().AsTime(), req.GetStartTime().AsTime()
		if diff := cmp.Diff(states, req.GetStates()); diff != "" || req.GetCaller() != "checkout" {
			t.Errorf("asked for %v", req)
		}
		if late := end.Sub(before.Add(-time.Hour)); late < 0 || late > time.Minute || end.Sub(start) != 23*time.Hour {
			t.Errorf("asked for the time from %v to %v", start, end)
		}
		if !req.GetEndTime().AsTime().Equal(f.lists[0].GetEndTime().AsTime()) {
			t.Error("the filter changed from page to page")
		}
	}
	all := &fakeService{}
	if err := console.List(t.Context(), serve(t, all), config.ListOperations{}, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	if all.lists[0].GetStartTime() != nil || all.lists[0].GetEndTime() != nil {
		t.Errorf("asked for %v", all.lists[0])
	}
}

func TestListJSON(t *testing.T) {
	f := &fakeService{operations: manyOperations(2)}
	f.operations[0].Note = "two\nlines"
	var out strings.Builder
	if err := console.List(t.Context(), serve(t, f), config.ListOperations{JSON: true}, &out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		var operation struct{ ID, State, ObjectID string }
		if err := json.Unmarshal([]byte(line), &operation); err != nil || operation.State != "OPERATION_STATE_SUCCEEDED" ||
			!strings.HasPrefix(operation.ID, "op_") || operation.ObjectID == "" || strings.Contains(line, `": `) {
			t.Errorf("the line %q says %+v, %v", line, operation, err)
		}
	}
}

func TestListEndsWithAServerThatDoesNot(t *testing.T) {
	f := &fakeService{operations: manyOperations(1), stuck: true}
	err := console.List(t.Context(), serve(t, f), config.ListOperations{}, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("got %v", err)
	}
}

// fullDisk is where nothing can be written.
type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestNothingIsLostUnsaid(t *testing.T) {
	f := &fakeService{operations: manyOperations(1)}
	way := serve(t, f)
	for name, err := range map[string]error{
		"list":      console.List(t.Context(), way, config.ListOperations{}, fullDisk{}),
		"list JSON": console.List(t.Context(), way, config.ListOperations{JSON: true}, fullDisk{}),
		"show":      console.Show(t.Context(), way, config.ShowOperation{ID: operationID(1)}, fullDisk{}),
		"show JSON": console.Show(t.Context(), way, config.ShowOperation{ID: operationID(1), JSON: true}, fullDisk{}),
		"resolve":   console.Resolve(t.Context(), way, config.ResolveOperation{ID: operationID(1)}, fullDisk{}),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
