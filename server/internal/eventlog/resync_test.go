package eventlog_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/eventlog"
)

func TestW26_OffForAMonth(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			registry := prometheus.NewRegistry()
			w := newWorld(t, e)
			p := w.project(t)
			still := w.customers(t, 2)
			changed := w.post(t, "/v1/customers", "", "name", "before")
			deleted := w.post(t, "/v1/customers", "", "name", "deleted")
			payer, price := w.subscriber(t)
			subscription := w.post(t, "/v1/subscriptions", "", "customer", payer, "items[0][price]", price)
			w.receive(t, bodies(w.happened(t), nil)...)
			w.pass(t)
			w.settled(t, p)
			before := len(w.told(t))

			w.later(time.Hour)
			w.post(t, "/v1/customers/"+changed, "", "name", "after")
			w.call(t, http.MethodDelete, "/v1/customers/"+deleted, "", nil)
			w.call(t, http.MethodDelete, "/v1/subscriptions/"+subscription, "", nil)
			made := w.customers(t, 1)
			w.later(31 * 24 * time.Hour)
			seen := w.customers(t, 1)
			late := func(c *eventlog.Config) {
				c.Now = func() time.Time { return time.Now().Add(31*24*time.Hour + time.Hour) }
				c.Registerer = registry
			}
			r := w.repair(late)
			if err := r.Pass(t.Context()); err != nil {
				t.Fatal(err)
			}
			if log := w.logs.String(); !strings.Contains(log, `"level":"ERROR","msg":"DATA_GAP`) {
				t.Errorf("no alarm:\n%s", log)
			}
			if gauge(t, registry, "tillgate_events_data_gap") != 1 {
				t.Error("the gauge does not show the gap")
			}
			w.settled(t, p)
			if err := r.Resync(t.Context()); err != nil {
				t.Fatal(err)
			}
			if gauge(t, registry, "tillgate_events_data_gap") != 0 {
				t.Error("the gauge still shows the gap")
			}
			w.wantAsStripe(t, "customer", changed)
			w.wantAsStripe(t, "subscription", subscription)
			w.wantAsStripe(t, "customer", made[0])
			want := map[string]string{
				changed: "customer.updated", deleted: "customer.deleted", subscription: "customer.subscription.deleted",
				made[0]: "customer.created", seen[0]: "customer.created",
			}
			got := map[string]string{}
			for _, e := range w.told(t)[before:] {
				if slices.Contains([]string{changed, deleted, subscription, made[0], seen[0]}, e.GetObjectId()) {
					got[e.GetObjectId()] = e.GetRawType()
				}
				if slices.Contains(still, e.GetObjectId()) {
					t.Errorf("told of one that is as it was: %v", e)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("the events (-want +got):\n%s", d)
			}
			// Once more tells nothing more.
			after := len(w.told(t))
			if err := w.store.Replace(t.Context(), eventlog.ResyncFact, w.fact(t, eventlog.ResyncFact),
				fmt.Sprintf(`{"since":1,"start":%d,"kind":"customer","after":"","done":false}`, time.Now().Add(time.Hour).Unix()),
			); err != nil {
				t.Fatal(err)
			}
			if err := w.repair().Resync(t.Context()); err != nil {
				t.Fatal(err)
			}
			if more := w.told(t)[after:]; len(more) != 0 {
				t.Errorf("told again: %v", more)
			}
		})
	}
}

// fact reads one that stands.
func (w *world) fact(t *testing.T, name string) string {
	t.Helper()
	text, err := w.store.Settle(t.Context(), name, "none")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// gauge is the value of a metric without labels.
func gauge(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			m := family.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}
