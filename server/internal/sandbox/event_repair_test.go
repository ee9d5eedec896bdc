package sandbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// emitted makes events, and gives their ids, newest first.
func (a api) emitted(t *testing.T, count int, kind string) []string {
	t.Helper()
	ids := make([]string, count)
	for i := range ids {
		id, err := a.AddEvent(sandbox.MadeEvent{Type: kind, Object: []byte(`{"id":"ch_1"}`)})
		if err != nil {
			t.Fatal(err)
		}
		ids[count-1-i] = id
	}
	return ids
}

// More events than a page holds in one second, and more coming while they are read: a walk in either direction gives
// each once, newest first, and none that came before the time that was asked for.
func TestT01_EventsForARepair(t *testing.T) {
	t.Parallel()
	a := newAPI()
	old := a.emitted(t, 3, "charge.updated")
	a.clock.Advance(time.Second)
	since := a.clock.Now().Unix()
	all := a.emitted(t, 250, "charge.updated")
	for _, filter := range []string{fmt.Sprintf("created[gte]=%d", since), fmt.Sprintf("created[gt]=%d", since-1)} {
		var seen []string
		for query := "limit=100&" + filter; ; query = "limit=100&" + filter + "&starting_after=" + seen[len(seen)-1] {
			got := a.get(t, eventsPath, query)
			seen = append(seen, got.ids()...)
			if got.at("has_more") != true {
				break
			}
			a.emitted(t, 7, "charge.failed") // they are newer than the page, and must not move it
		}
		if !slices.Equal(slices.DeleteFunc(seen, func(id string) bool { return !slices.Contains(all, id) }), all) {
			t.Errorf("%s: %d events, or another order, want %d", filter, len(seen), len(all))
		}
	}
	var seen []string
	for query := "limit=100&type=charge.updated&ending_before=" + old[0]; ; {
		got := a.get(t, eventsPath, query)
		seen = append(got.ids(), seen...)
		if got.at("has_more") != true {
			break
		}
		query = "limit=100&type=charge.updated&ending_before=" + seen[0]
	}
	if !slices.Equal(seen, all) {
		t.Errorf("backwards: %d events, or another order, want %d", len(seen), len(all))
	}
	types := "types[]=charge.failed&types[]=nothing.happened"
	if got := a.get(t, eventsPath, "limit=100&"+types+"&created[lte]="+strconv.FormatInt(since, 10)).ids(); len(got) != 28 {
		t.Errorf("%d events of the type, want the 28 that came meanwhile", len(got))
	}
	if got := a.get(t, eventsPath, fmt.Sprintf("created[lt]=%d", since)).ids(); !slices.Equal(got, old) {
		t.Errorf("%v came before, want %v", got, old)
	}
}

// An event is listed for 30 days after it was made, whenever that is said to have been.
func TestT01_EventsEndAfterThirtyDays(t *testing.T) {
	t.Parallel()
	a := newAPI()
	first := a.emitted(t, 1, "charge.updated")[0]
	a.clock.Advance(time.Hour)
	second := a.emitted(t, 1, "charge.updated")[0]
	a.clock.Advance(30*24*time.Hour - time.Hour)
	if got := a.get(t, eventsPath, "").ids(); !slices.Equal(got, []string{second, first}) {
		t.Errorf("%v after 30 days, want both", got)
	}
	a.clock.Advance(time.Second)
	if got := a.get(t, eventsPath, "created[gte]=0").ids(); !slices.Equal(got, []string{second}) {
		t.Errorf("%v a second later, want %s", got, second)
	}
	a.get(t, eventsPath, "starting_after="+first).want(t, 400, map[string]any{"error.code": "resource_missing"})
}

// Every answer tells the time of the sandbox, wherever its clock was moved: a caller that asks for what happened since
// needs it.
func TestT01_AnswersTellTheTime(t *testing.T) {
	t.Parallel()
	a := newAPI()
	for _, tt := range []struct {
		fault  sandbox.Fault
		status int
	}{
		{sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, Count: 1}, 429},
		{sandbox.Fault{Kind: sandbox.Fault502HTML, Count: 1}, 502},
		{sandbox.Fault{Kind: sandbox.Fault500After, Count: 1}, 500},
		{sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 1, Count: 1}, 200},
	} {
		now := a.Advance(24 * time.Hour)
		mustAdd(t, a, tt.fault)
		got := a.pay(t, "pm_card_visa", "")
		got.want(t, tt.status, nil)
		if date := got.header.Get("Date"); date != now.UTC().Format(http.TimeFormat) {
			t.Errorf("%d: Date %q, want %v", tt.status, date, now)
		}
	}
	a.get(t, "/v1/nothing", "").want(t, 404, nil)
	paid := a.pay(t, "pm_card_visa", "", key("k"))
	again := a.Advance(time.Hour)
	if replay := a.pay(t, "pm_card_visa", "", key("k")); replay.header.Get("Date") != again.UTC().Format(http.TimeFormat) ||
		replay.raw != paid.raw {
		t.Errorf("the replay has the Date %q", replay.header.Get("Date"))
	}
}

// The switch for what Stripe leaves open.
func TestT03_WebhooksAtOnceIsASetting(t *testing.T) {
	t.Parallel()
	a := newAPI()
	for body, status := range map[string]int{
		`{"webhooks_at_once":16}`: 200, `{"webhooks_at_once":1,"dunning_end":"unpaid"}`: 200, `{"dunning_end":"past_due"}`: 200,
		`{"webhooks_at_once":17}`: 400, `{"webhooks_at_once":-1}`: 400, `{}`: 400, `{"webhooks_at_once":2,"dunning_end":"x"}`: 400,
	} {
		if got := a.post(t, "/_sandbox/settings", body); got.status != status {
			t.Errorf("%s: %d %s", body, got.status, got.raw)
		}
	}
}
