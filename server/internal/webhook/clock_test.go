package webhook_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/webhook"
)

// A host whose clock is 10 minutes off refuses what Stripe signs, and says why, once.
func TestW35_ClockAlarm(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			now := noon
			in := newIntake(t, &memory{}, func(c *webhook.Config) { c.Now = func() time.Time { return now } })
			take := func(skew time.Duration, secret string, status int) {
				t.Helper()
				now = now.Add(time.Second)
				w := httptest.NewRecorder()
				body := event("evt_1")
				in.ServeHTTP(w, request(t, "x", body, header(sign(secret, now.Add(-skew), body))))
				if w.Code != status {
					t.Fatalf("answered %d, want %d", w.Code, status)
				}
			}
			alarm := func(want float64, lines int) {
				t.Helper()
				if got := in.gauge(t, "tillgate_webhook_clock_alarm"); got != want {
					t.Errorf("the alarm is %v, want %v", got, want)
				}
				if got := strings.Count(in.log.String(), `"level":"ERROR","msg":"clock`); got != lines {
					t.Errorf("%d lines of alarm, want %d: %s", got, lines, in.log)
				}
			}

			for range 5 {
				take(0, secret, http.StatusOK)
			}
			for range 20 { // anybody can send these
				take(off, "whsec_other", http.StatusBadRequest)
			}
			alarm(0, 0)
			for range 5 {
				take(off, secret, http.StatusBadRequest)
			}
			alarm(0, 0) // as many are good
			for range 20 {
				take(off, secret, http.StatusBadRequest)
			}
			alarm(1, 1)
			if got := in.gauge(t, "tillgate_webhook_clock_skew_seconds"); got != off.Seconds() {
				t.Errorf("the skew is %v", got)
			}
			for range 30 {
				take(0, secret, http.StatusOK)
			}
			alarm(0, 1)

			for range 40 {
				take(off, secret, http.StatusBadRequest)
			}
			alarm(1, 2)
			now = now.Add(6 * time.Minute)
			alarm(0, 2) // nothing comes that would say so
		})
	}
}

// gauge is what a metric without labels shows.
func (in *intake) gauge(t *testing.T, name string) float64 {
	t.Helper()
	families, err := in.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no %s", name)
	return 0
}
