package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const clocksPath = "/v1/test_helpers/test_clocks"

// testClock makes a clock that stands at the time at which every test begins.
func (a api) testClock(t *testing.T) string {
	t.Helper()
	got := a.post(t, clocksPath, fmt.Sprintf("frozen_time=%d&name=n", start.Unix()))
	got.want(t, 200, map[string]any{"object": "test_helpers.test_clock"})
	return got.text("id")
}

// advance moves a clock by steps that Stripe allows, and waits for each.
func (a api) advance(t *testing.T, id string, to time.Time) {
	t.Helper()
	path := clocksPath + "/" + id
	a.post(t, path+"/advance", fmt.Sprintf("frozen_time=%d", to.Unix())).want(t, 200, map[string]any{"status": "advancing"})
	a.get(t, path, "").want(t, 200, map[string]any{"status": "ready", "frozen_time": int(to.Unix())})
}

// The life of a clock: it stands, goes, stands again, and is deleted (docs.stripe.com/api/test_clocks).
func TestT01_TestClock(t *testing.T) {
	t.Parallel()
	a := newAPI()
	past := start.AddDate(-3, 0, 0)
	made := a.post(t, clocksPath, fmt.Sprintf("frozen_time=%d", past.Unix()))
	made.want(t, 200, map[string]any{
		"status": "ready", "frozen_time": int(past.Unix()), "name": nil, "livemode": false, "created": int(start.Unix()),
		"deletes_after": int(start.AddDate(0, 0, 30).Unix()),
	})
	if id := made.text("id"); !strings.HasPrefix(id, "clock_1") {
		t.Errorf("id %q", id)
	}
	path := clocksPath + "/" + made.text("id")
	next := past.AddDate(2, 0, 0)
	a.post(t, path+"/advance", fmt.Sprintf("frozen_time=%d", next.Unix())).want(t, 200, map[string]any{
		"status": "advancing", "frozen_time": int(past.Unix()),
	})
	a.get(t, path, "").want(t, 200, map[string]any{"status": "ready", "frozen_time": int(next.Unix())})
	if diff := cmp.Diff([]string{made.text("id")}, a.get(t, clocksPath, "").ids()); diff != "" {
		t.Error(diff)
	}
	for to, param := range map[int64]string{
		next.Unix(): "frozen_time", next.Unix() - 1: "frozen_time", next.AddDate(2, 0, 0).Unix() + 1: "frozen_time",
	} {
		a.post(t, path+"/advance", fmt.Sprintf("frozen_time=%d", to)).want(t, 400, map[string]any{"error.param": param})
	}
	for _, form := range []string{"", "frozen_time=", "frozen_time=-1", "frozen_time=soon", "frozen_time=99999999999999"} {
		a.post(t, path+"/advance", form).want(t, 400, map[string]any{"error.param": "frozen_time"})
		a.post(t, clocksPath, form).want(t, 400, map[string]any{"error.param": "frozen_time"})
	}
	a.post(t, clocksPath, "frozen_time=1&name="+strings.Repeat("n", 301)).want(t, 400, map[string]any{"error.param": "name"})
	gone := a.do(t, http.MethodDelete, path, "")
	want := map[string]any{"id": made.text("id"), "object": "test_helpers.test_clock", "deleted": true}
	if diff := cmp.Diff(want, gone.body); diff != "" {
		t.Error(diff)
	}
	for _, got := range []reply{
		a.get(t, path, ""), a.do(t, http.MethodDelete, path, ""), a.post(t, path+"/advance", "frozen_time=1"),
	} {
		got.want(t, 404, map[string]any{"error.code": "resource_missing"})
	}
	var types []string
	for _, e := range a.events(t) {
		kind, _ := e["type"].(string)
		types = append(types, kind)
	}
	prefix := "test_helpers.test_clock."
	all := []string{prefix + "created", prefix + "advancing", prefix + "ready", prefix + "deleted"}
	if diff := cmp.Diff(all, types); diff != "" {
		t.Error(diff)
	}
}

// Customers join a clock when they are made, three at most. Plain lists leave them out, and the clock takes them along
// when it goes (docs.stripe.com/billing/testing/test-clocks).
func TestT01_CustomersOnATestClock(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.testClock(t)
	a.clock.Advance(time.Hour)
	free := a.customer(t, "email=a@b.example")
	var members []string
	for range 3 {
		members = append([]string{a.customer(t, "email=a@b.example&test_clock="+id)}, members...)
	}
	a.get(t, customersPath+"/"+members[0], "expand[]=test_clock").want(t, 200, map[string]any{
		"test_clock.id": id, "test_clock.status": "ready", "created": int(start.Unix()),
	})
	for query, want := range map[string][]string{
		"": {free}, "email=a@b.example": {free}, "test_clock=" + id: members, "email=a@b.example&test_clock=" + id: members,
	} {
		if diff := cmp.Diff(want, a.get(t, customersPath, query).ids()); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	a.post(t, customersPath, "test_clock="+id).want(t, 400, map[string]any{"error.param": "test_clock"})
	for _, got := range []reply{
		a.post(t, customersPath, "test_clock=clock_x"), a.get(t, customersPath, "test_clock=clock_x"),
	} {
		got.want(t, 400, map[string]any{"error.code": "resource_missing", "error.param": "test_clock"})
	}
	a.post(t, customersPath+"/"+free, "test_clock="+id).want(t, 400, map[string]any{"error.code": "parameter_unknown"})
	a.do(t, http.MethodDelete, customersPath+"/"+members[2], "").want(t, 200, nil)
	a.customer(t, "test_clock="+id)
	a.do(t, http.MethodDelete, clocksPath+"/"+id, "").want(t, 200, nil)
	a.get(t, customersPath+"/"+members[0], "").want(t, 200, map[string]any{"deleted": true})
	a.get(t, customersPath+"/"+free, "").want(t, 200, map[string]any{"email": "a@b.example"})
	a.post(t, intentsPath, "amount=100&currency=usd&customer="+members[0]).want(t, 400, nil)
}

// Thirty days after a clock was made Stripe deletes it.
func TestT01_TestClockEnds(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.testClock(t)
	cu := a.customer(t, "test_clock="+id)
	a.clock.Advance(30*24*time.Hour - time.Second)
	a.get(t, clocksPath+"/"+id, "").want(t, 200, nil)
	a.clock.Advance(time.Second)
	a.get(t, clocksPath+"/"+id, "").want(t, 404, nil)
	a.get(t, customersPath+"/"+cu, "").want(t, 200, map[string]any{"deleted": true})
}

// What happens to a customer's payment by itself happens in the customer's time, and only there.
func TestT01_PaymentsOnATestClock(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.testClock(t)
	cu := a.customer(t, "test_clock="+id+"&payment_method=pm_usBankAccount_success")
	pm := a.get(t, customersPath+"/"+cu+"/payment_methods", "").first(t).text("id")
	debit := a.post(t, intentsPath, "amount=2000&currency=usd&confirm=true&payment_method_types[]=us_bank_account&"+
		"mandate_data[customer_acceptance][type]=offline&payment_method="+pm+"&customer="+cu)
	debit.want(t, 200, map[string]any{"status": "processing", "created": int(start.Unix())})
	held := a.post(t, intentsPath, "amount=2000&currency=usd&confirm=true&capture_method=manual&payment_method_types[]=card&"+
		"payment_method=pm_card_visa&customer="+cu)
	held.want(t, 200, map[string]any{"status": "requires_capture"})
	a.clock.Advance(20 * 24 * time.Hour)
	a.get(t, intentsPath+"/"+debit.text("id"), "").want(t, 200, map[string]any{"status": "processing"})
	a.get(t, intentsPath+"/"+held.text("id"), "").want(t, 200, map[string]any{"status": "requires_capture"})
	a.advance(t, id, start.AddDate(0, 0, 5))
	a.get(t, intentsPath+"/"+debit.text("id"), "expand[]=latest_charge.balance_transaction").want(t, 200, map[string]any{
		"status": "succeeded", "latest_charge.balance_transaction.status": "pending",
	})
	a.get(t, intentsPath+"/"+held.text("id"), "").want(t, 200, map[string]any{"status": "requires_capture"})
	a.advance(t, id, start.AddDate(0, 0, 8))
	a.get(t, intentsPath+"/"+held.text("id"), "").want(t, 200, map[string]any{"status": "canceled"})
	a.get(t, intentsPath+"/"+debit.text("id"), "expand[]=latest_charge.balance_transaction").want(t, 200, map[string]any{
		"latest_charge.balance_transaction.status": "available",
	})
	created := map[any]float64{}
	for _, e := range a.events(t) {
		created[e["type"]], _ = e["created"].(float64)
	}
	if got := time.Unix(int64(created["payment_intent.canceled"]), 0); got.Before(start.AddDate(0, 0, 6)) ||
		got.After(start.AddDate(0, 0, 8)) {
		t.Errorf("the hold ended at %s", got)
	}
}

// Events are forgotten thirty days after they were made, wherever the clock of their customer stands.
func TestT01_EventsOfATestClockAreKept(t *testing.T) {
	t.Parallel()
	a := newAPI()
	long := a.testClock(t)
	cu := a.customer(t, "test_clock="+long)
	for range 5 {
		frozen, _ := a.get(t, clocksPath+"/"+long, "").at("frozen_time").(float64)
		a.advance(t, long, time.Unix(int64(frozen), 0).AddDate(2, 0, 0))
		a.post(t, customersPath+"/"+cu, "metadata[k]=v").want(t, 200, nil)
	}
	types := map[string]int{}
	for _, e := range a.events(t) {
		kind, _ := e["type"].(string)
		types[kind]++
	}
	want := map[string]int{
		"test_helpers.test_clock.created": 1, "test_helpers.test_clock.advancing": 5, "test_helpers.test_clock.ready": 5,
		"customer.created": 1, "customer.updated": 5,
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Error(diff)
	}
	a.clock.Advance(31 * 24 * time.Hour)
	if left := a.events(t); len(left) != 1 { // the clock's own end
		t.Errorf("%d events are left", len(left))
	}
}
