package service_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
	"github.com/tillgate/tillgate/server/internal/service"
)

// fakeOperations holds operations, the newest first, and notes what was asked of it.
type fakeOperations struct {
	operations []*paymentsv1.Operation
	err        error

	asked    int
	resolver string
}

func (f *fakeOperations) Operation(_ context.Context, id string) (*paymentsv1.Operation, error) {
	f.asked++
	if f.err != nil {
		return nil, f.err
	}
	for _, operation := range f.operations {
		if operation.GetId() == id {
			return operation, nil
		}
	}
	return nil, apierr.ResourceMissing("operation", id).WithMetadata("operation_id", id)
}

func (f *fakeOperations) Operations(
	_ context.Context, req *paymentsv1.ListOperationsRequest, caller, after string, limit int,
) ([]*paymentsv1.Operation, bool, error) {
	f.asked++
	var fitting []*paymentsv1.Operation
	for _, operation := range f.operations {
		if (caller == "" || operation.GetCaller() == caller || operation.GetId() == after) &&
			(len(req.GetStates()) == 0 || slices.Contains(req.GetStates(), operation.GetState())) {
			fitting = append(fitting, operation)
		}
	}
	return pageOf(fitting, after, limit, f.err)
}

func (f *fakeOperations) Resolve(
	ctx context.Context, req *paymentsv1.ResolveOperationRequest, resolver string,
) (*paymentsv1.Operation, error) {
	f.resolver = resolver
	return f.Operation(ctx, req.GetOperationId())
}

// operationsOf are operations of these callers in turn, the newest first.
func operationsOf(n int, callers ...string) *fakeOperations {
	f := &fakeOperations{}
	for i := range n {
		f.operations = append(f.operations, &paymentsv1.Operation{
			Id: operationID(n - i), Caller: callers[i%len(callers)],
			State: paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED,
		})
	}
	return f
}

func operationID(n int) string { return fmt.Sprintf("op_%052d", n) }

// as is a call of this caller.
func as(t *testing.T, name string, scopes ...paymentsv1.Scope) context.Context {
	t.Helper()
	return auth.WithCaller(t.Context(), caller(name, scopes...))
}

func caller(name string, scopes ...paymentsv1.Scope) auth.Caller {
	return auth.Caller{Name: name, Scopes: scopes}
}

const readAll = paymentsv1.Scope_SCOPE_OPERATIONS_READ_ALL

func TestGetOperation(t *testing.T) {
	f := operationsOf(2, "checkout", "billing")
	s := service.NewOperations(f)
	for _, tt := range []struct {
		name string
		by   auth.Caller
		id   string
		seen bool
	}{
		{"one's own", caller("checkout"), operationID(2), true},
		{"another's", caller("checkout"), operationID(1), false},
		{"another's, with the scope", caller("checkout", readAll), operationID(1), true},
		{"another's, as an admin", caller("checkout", paymentsv1.Scope_SCOPE_OPERATIONS_ADMIN), operationID(1), false},
		{"none", caller("checkout", readAll), operationID(3), false},
		{"nobody's", auth.Caller{}, operationID(1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := s.GetOperation(auth.WithCaller(t.Context(), tt.by), &paymentsv1.GetOperationRequest{OperationId: tt.id})
			if tt.seen && (err != nil || resp.GetOperation().GetId() != tt.id) {
				t.Errorf("got %v, %v", resp, err)
			}
			if !tt.seen && (reasonOf(err) != "RESOURCE_MISSING" || resp != nil) {
				t.Errorf("got %v, %v, want RESOURCE_MISSING", resp, err)
			}
		})
	}
	// An erased one has no caller any more, and nobody without a name may see it for that.
	f.operations[0].Caller = ""
	if resp, err := s.GetOperation(t.Context(), &paymentsv1.GetOperationRequest{OperationId: operationID(2)}); err == nil {
		t.Errorf("nobody sees %v", resp)
	}
}

// Another caller's operation can not be told from one that does not exist, neither by its id nor by a page token.
func TestA28_AnotherCallersOperation(t *testing.T) {
	ctx := as(t, "checkout", paymentsv1.Scope_SCOPE_OPERATIONS_READ, paymentsv1.Scope_SCOPE_OPERATIONS_ADMIN)
	there, absent := service.NewOperations(operationsOf(1, "billing")), service.NewOperations(&fakeOperations{})
	sent := func(err error) proto.Message { return apierr.Status(err, "request-1").Proto() }

	get := &paymentsv1.GetOperationRequest{OperationId: operationID(1)}
	_, hidden := there.GetOperation(ctx, get)
	_, missing := absent.GetOperation(ctx, get)
	if diff := cmp.Diff(sent(missing), sent(hidden), protocmp.Transform()); diff != "" || reasonOf(hidden) != "RESOURCE_MISSING" {
		t.Errorf("%v; it can be told by its id (-absent +another's):\n%s", hidden, diff)
	}

	list := &paymentsv1.ListOperationsRequest{}
	list.PageToken = pagetoken.Encode(operationID(1), list)
	_, hidden = there.ListOperations(ctx, list)
	_, missing = absent.ListOperations(ctx, list)
	if diff := cmp.Diff(sent(missing), sent(hidden), protocmp.Transform()); diff != "" {
		t.Errorf("it can be told by a page token (-absent +another's):\n%s", diff)
	}
	refused(t, hidden, "page_token")
}

func TestListOperationsShowsOnesOwn(t *testing.T) {
	f := operationsOf(10, "checkout", "billing")
	s := service.NewOperations(f)
	for _, tt := range []struct {
		name   string
		by     auth.Caller
		of     string
		want   int
		reason string
	}{
		{"all that may be seen", caller("checkout"), "", 5, ""},
		{"one's own by name", caller("checkout"), "checkout", 5, ""},
		{"another's", caller("checkout"), "billing", 0, "SCOPE_MISSING"},
		{"one that is not there", caller("checkout"), "nobody", 0, "SCOPE_MISSING"},
		{"of all", caller("ops", readAll), "", 10, ""},
		{"of another, with the scope", caller("ops", readAll), "billing", 5, ""},
		{"without a caller", auth.Caller{}, "", 0, "INTERNAL"},
		{"without a name", caller("", readAll), "", 0, "INTERNAL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.asked = 0
			resp, err := s.ListOperations(auth.WithCaller(t.Context(), tt.by), &paymentsv1.ListOperationsRequest{Caller: tt.of})
			if reasonOf(err) != tt.reason || len(resp.GetOperations()) != tt.want {
				t.Errorf("got %d, %v, want %d and %q", len(resp.GetOperations()), err, tt.want, tt.reason)
			}
			if tt.reason == "SCOPE_MISSING" && apierr.From(err).Metadata["scope"] != "OPERATIONS_READ_ALL" {
				t.Errorf("the scope that is missing is %q", apierr.From(err).Metadata["scope"])
			}
			if (f.asked > 0) != (tt.reason == "") {
				t.Errorf("it was asked %d times", f.asked)
			}
		})
	}
}

// Page by page, everybody sees what they may, once and in order.
func TestListOperationsPages(t *testing.T) {
	s := service.NewOperations(operationsOf(501, "checkout", "billing", "checkout"))
	for _, tt := range []struct {
		by    auth.Caller
		size  int32
		want  int
		pages int
	}{
		{caller("checkout"), 0, 334, 17},
		{caller("checkout"), 334, 334, 4},
		{caller("billing"), 100, 167, 2},
		{caller("ops", readAll), 1000, 501, 6},
	} {
		req := &paymentsv1.ListOperationsRequest{PageSize: tt.size}
		var ids []string
		pages := 0
		for done := false; !done; done = req.GetPageToken() == "" {
			resp, err := s.ListOperations(auth.WithCaller(t.Context(), tt.by), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, operation := range resp.GetOperations() {
				ids = append(ids, operation.GetId())
			}
			req.PageToken = resp.GetNextPageToken()
			pages++
		}
		if len(ids) != tt.want || pages != tt.pages || !slices.IsSortedFunc(ids, func(a, b string) int {
			return strings.Compare(b, a)
		}) {
			t.Errorf("%d a page: %d operations on %d pages, want %d on %d, the newest first", tt.size, len(ids), pages,
				tt.want, tt.pages)
		}
	}
}

func TestListOperationsRefuses(t *testing.T) {
	at := func(seconds int64) *timestamppb.Timestamp { return &timestamppb.Timestamp{Seconds: seconds} }
	f := operationsOf(3, "checkout")
	s := service.NewOperations(f)
	first, err := s.ListOperations(as(t, "checkout"), &paymentsv1.ListOperationsRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	f.asked = 0
	for _, tt := range []struct {
		name  string
		req   *paymentsv1.ListOperationsRequest
		field string
	}{
		{"the end before the start", &paymentsv1.ListOperationsRequest{StartTime: at(2), EndTime: at(1)}, "start_time"},
		{"no time between", &paymentsv1.ListOperationsRequest{StartTime: at(1), EndTime: at(1)}, "start_time"},
		{"an end that is no time", &paymentsv1.ListOperationsRequest{EndTime: at(1 << 62)}, "end_time"},
		{"a token that is none", &paymentsv1.ListOperationsRequest{PageToken: "next"}, "page_token"},
		{"a token for other arguments", &paymentsv1.ListOperationsRequest{
			PageToken: first.GetNextPageToken(), Caller: "checkout",
		}, "page_token"},
	} {
		_, err := s.ListOperations(as(t, "checkout"), tt.req)
		refused(t, err, tt.field)
		if f.asked != 0 {
			t.Errorf("%s: the store was asked all the same", tt.name)
		}
	}
	gone := &paymentsv1.ListOperationsRequest{}
	gone.PageToken = pagetoken.Encode(operationID(9), gone)
	for _, ctx := range []context.Context{as(t, "checkout"), as(t, "ops", readAll)} {
		_, err = s.ListOperations(ctx, gone)
		refused(t, err, "page_token")
	}
}

func TestListOperationsIsCutToSize(t *testing.T) {
	f := operationsOf(100, "checkout")
	for _, operation := range f.operations {
		operation.Note = strings.Repeat("n", 100_000)
	}
	resp, err := service.NewOperations(f).ListOperations(as(t, "checkout"), &paymentsv1.ListOperationsRequest{PageSize: 100})
	if err != nil || proto.Size(resp) > clientLimit || resp.GetNextPageToken() == "" {
		t.Errorf("a page has %d bytes, %v", proto.Size(resp), err)
	}
}

func TestResolveOperation(t *testing.T) {
	f := operationsOf(1, "billing")
	s := service.NewOperations(f)
	req := &paymentsv1.ResolveOperationRequest{OperationId: operationID(1)}
	resp, err := s.ResolveOperation(as(t, "ada"), req)
	if err != nil || resp.GetOperation().GetCaller() != "billing" || f.resolver != "ada" {
		t.Errorf("got %v, %v, resolved by %q", resp, err, f.resolver)
	}
	f.resolver = ""
	if resp, err := s.ResolveOperation(t.Context(), req); reasonOf(err) != "INTERNAL" || resp != nil || f.resolver != "" {
		t.Errorf("nobody resolved %v, %v", resp, err)
	}
	req.OperationId = operationID(2)
	if _, err := s.ResolveOperation(as(t, "ada"), req); reasonOf(err) != "RESOURCE_MISSING" {
		t.Errorf("got %v", err)
	}
}

func TestOperationErrors(t *testing.T) {
	broken := errors.New("canary")
	s := service.NewOperations(&fakeOperations{err: broken})
	paged := &paymentsv1.ListOperationsRequest{}
	paged.PageToken = pagetoken.Encode(operationID(1), paged)
	_, get := s.GetOperation(as(t, "checkout"), &paymentsv1.GetOperationRequest{OperationId: operationID(1)})
	_, list := s.ListOperations(as(t, "checkout"), &paymentsv1.ListOperationsRequest{})
	_, next := s.ListOperations(as(t, "checkout"), paged)
	_, resolve := s.ResolveOperation(as(t, "checkout"), &paymentsv1.ResolveOperationRequest{})
	for _, err := range []error{get, list, next, resolve} {
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

// reasonOf is the reason that a caller hears; empty without an error.
func reasonOf(err error) string {
	if err == nil {
		return ""
	}
	return apierr.ShortReason(apierr.From(err).Reason)
}
