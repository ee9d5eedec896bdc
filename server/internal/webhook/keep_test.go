package webhook_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// open returns what was kept of a body.
func open(t *testing.T, keys *seal.Keys, d store.Delivery) string {
	t.Helper()
	plain, err := keys.Open("delivery/body", d.ID, d.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// The event is there when it is answered, byte by byte, and as nobody can read who has no key.
func TestKept(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := openStore(t, e.url(t))
			woken := make(chan struct{}, 1)
			in := newIntake(t, s, func(c *webhook.Config) { c.Wake = func() { woken <- struct{}{} } })
			resp, answer := send(t, request(t, serve(t, in, nil), event("evt_1"), nil))
			if resp.StatusCode != http.StatusOK || answer != "{}\n" {
				t.Fatalf("answered %d %q", resp.StatusCode, answer)
			}
			<-woken
			got := waiting(t, s)
			if len(got) != 1 {
				t.Fatalf("%d deliveries wait", len(got))
			}
			d := got[0].Delivery
			if plain := open(t, in.keys, d); plain != event("evt_1") {
				t.Errorf("kept %q", plain)
			}
			if strings.Contains(string(d.Body), "canary") {
				t.Error("the body is not sealed")
			}
			d.Body = nil
			want := store.Delivery{
				ID: "evt_1", State: store.DeliveryWaiting, Kind: "payment_intent.succeeded", ObjectID: "pi_1",
				APIVersion: "2023-10-16", Created: 1772366400,
			}
			if diff := cmp.Diff(want, d); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// crashing is a store in a process that ends around the commit: no answer is sent.
func crashing(s webhook.Receiver, committed bool) *memory {
	return &memory{do: func(ctx context.Context, d store.Delivery) (bool, error) {
		if committed {
			if _, err := s.Receive(ctx, d); err != nil {
				return false, err
			}
		}
		return false, errors.New("the process is gone")
	}}
}

// Stripe hears nothing, sends again, and one event is kept. The process is really killed in package proof.
func TestW01_KilledAfterCommit(t *testing.T) { resent(t, true, "known") }

// No 200 was sent, so it comes again.
func TestW02_KilledBeforeCommit(t *testing.T) { resent(t, false, "stored") }

func resent(t *testing.T, committed bool, result string) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := openStore(t, e.url(t))
			if got := post(t, serve(t, newIntake(t, crashing(s, committed), nil), nil), event("evt_1")); got == http.StatusOK {
				t.Fatal("it was answered 200")
			}
			in := newIntake(t, s, nil)
			if got := post(t, serve(t, in, nil), event("evt_1")); got != http.StatusOK || in.results(t, result) != 1 {
				t.Errorf("answered %d, want 200 as %s", got, result)
			}
			if got := len(waiting(t, s)); got != 1 {
				t.Errorf("%d deliveries wait", got)
			}
		})
	}
}

func TestW03_StoreDown(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s := openStore(t, url)
			in := newIntake(t, s, nil)
			addr := serve(t, in, nil)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			resp, _ := send(t, request(t, addr, event("evt_1"), nil))
			if took := time.Since(begin); resp.StatusCode != http.StatusServiceUnavailable || took > 10*time.Second {
				t.Errorf("answered %d after %v", resp.StatusCode, took)
			}
			if resp.Header.Get("Retry-After") != "1" || in.results(t, "not_kept") != 1 {
				t.Error("Stripe is not asked to come again")
			}
			if got := waiting(t, openStore(t, url)); len(got) != 0 {
				t.Errorf("%d deliveries are kept", len(got))
			}
		})
	}
}

// A store that hangs, and obeys no context, is given up in less than 2 s, however many wait for it.
func TestW03_StoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		hanging := &memory{do: func(context.Context, store.Delivery) (bool, error) {
			<-hang
			return true, nil
		}}
		in := newIntake(t, hanging, func(c *webhook.Config) { c.MaxInFlight = 2 })
		begin := time.Now()
		var requests sync.WaitGroup
		for range 10 {
			requests.Go(func() {
				w := httptest.NewRecorder()
				in.ServeHTTP(w, request(t, "x", event("evt_1"), nil))
				if took := time.Since(begin); w.Code != http.StatusServiceUnavailable || took >= 2*time.Second {
					t.Errorf("answered %d after %v", w.Code, took)
				}
			})
		}
		requests.Wait()
		if hung, waited := in.results(t, "not_kept"), in.results(t, "too_much"); hung != 2 || waited != 8 {
			t.Errorf("%d hung and %d waited", hung, waited)
		}
		close(hang)
		synctest.Wait()
		hanging.do = nil
		w := httptest.NewRecorder()
		in.ServeHTTP(w, request(t, "x", event("evt_1"), nil))
		if w.Code != http.StatusOK {
			t.Errorf("answered %d when the store is back", w.Code)
		}
	})
}

// Stripe, who hangs up, does not cut the write that it asked for.
func TestHangUp(t *testing.T) {
	ctx, hangUp := context.WithCancel(t.Context())
	kept := &memory{}
	kept.do = func(ctx context.Context, d store.Delivery) (bool, error) {
		hangUp()
		return kept.keep(d), ctx.Err()
	}
	in := newIntake(t, kept, nil)
	in.ServeHTTP(httptest.NewRecorder(), request(t, "x", event("evt_1"), nil).WithContext(ctx))
	if in.results(t, "stored") != 1 {
		t.Error("the write was cut")
	}
}

// A panic is a failure of ours, after which Stripe sends again; nothing of it reaches the log but where it was.
func TestPanic(t *testing.T) {
	in := newIntake(t, &memory{}, func(c *webhook.Config) {
		c.Wake = func() { panic("canary") } //nolint:forbidigo // it is what is tested
	})
	if got := post(t, serve(t, in, nil), event("evt_1")); got != http.StatusInternalServerError {
		t.Errorf("answered %d", got)
	}
	if log := in.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "canary") {
		t.Error(log)
	}
}

// Four at once, at two processes: two stores on one PostgreSQL; SQLite has one process, with two handlers here.
func TestW04_FourAtOnce(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			first := openStore(t, url)
			second := first
			if e.name == "postgres" {
				second = openStore(t, url)
			}
			ins := []*intake{newIntake(t, first, nil), newIntake(t, second, nil)}
			addrs := []string{serve(t, ins[0], nil), serve(t, ins[1], nil)}
			const events = 25
			var requests sync.WaitGroup
			for i := range events {
				body := event("evt_" + string(rune('a'+i)))
				for n := range 4 {
					requests.Go(func() {
						if got := post(t, addrs[n%2], body); got != http.StatusOK {
							t.Errorf("answered %d", got)
						}
					})
				}
			}
			requests.Wait()
			stored := ins[0].results(t, "stored") + ins[1].results(t, "stored")
			if got := len(waiting(t, first)); got != events || stored != events {
				t.Errorf("%d deliveries, of %d that were new; want %d", got, stored, events)
			}
		})
	}
}

// A captured request that comes again in time is one more delivery of the same event.
func TestW15_Replay(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := openStore(t, e.url(t))
			in := newIntake(t, s, nil)
			addr := serve(t, in, nil)
			captured := header(sign(secret, noon.Add(-4*time.Minute), event("evt_1")))
			for range 3 {
				if resp, _ := send(t, request(t, addr, event("evt_1"), captured)); resp.StatusCode != http.StatusOK {
					t.Errorf("answered %d", resp.StatusCode)
				}
			}
			if got := len(waiting(t, s)); got != 1 || in.results(t, "known") != 2 {
				t.Errorf("%d deliveries wait, %d were known", got, in.results(t, "known"))
			}
		})
	}
}

// set is the body of an event with something else in it.
func set(old, value string) string { return strings.Replace(event("evt_1"), old, value, 1) }

// digest is the id of what has none.
func digest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "sha256_" + hex.EncodeToString(sum[:])
}

// aside is what is signed and not for eventlog: kept, answered 200, and never claimed.
type aside struct {
	name, body, id string
	live           bool
	cause          paymentsv1.DeadLetterCause
}

func TestW22_OtherMode(t *testing.T) {
	live := set(`"livemode": false`, `"livemode": true`)
	setAside(t, store.DeliveryQuarantined, []aside{
		{"live, with an id of another form", strings.Replace(live, "evt_1", "evt-1", 1), digest(strings.Replace(live, "evt_1", "evt-1", 1)), false, paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE},
		{"live in test", live, "evt_1", false, paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE},
		{"test in live", event("evt_1"), "evt_1", true, paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE},
		{"no mode in live", strings.Replace(event("evt_2"), `"livemode": false,`, "", 1), "evt_2", true, paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE},
	})
}

func TestW23_OtherAccount(t *testing.T) {
	other := set(`"object"`, `"account": "acct_2", "object"`)
	const cause = paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT
	cases := []aside{{"Connect", other, "evt_1", false, cause}}
	for name, body := range map[string]string{
		"an id of another form": strings.Replace(other, "evt_1", "evt.1", 1),
		"a number":              strings.Replace(set(`"object"`, `"account": 5, "object"`), "evt_1", "evt-2", 1),
		"an object":             strings.Replace(set(`"object"`, `"account": {"id": 1}, "object"`), "evt_1", "evt-3", 1),
	} {
		cases = append(cases, aside{name, body, digest(body), false, cause})
	}
	setAside(t, store.DeliveryQuarantined, cases)
	in := newIntake(t, &memory{}, nil)
	body := set(`"object"`, `"account": "`+account+`", "object"`)
	if got := post(t, serve(t, in, nil), body); got != http.StatusOK || in.results(t, "stored") != 1 {
		t.Errorf("our own account is answered %d", got)
	}
}

func TestW36_Unreadable(t *testing.T) {
	const unreadable = paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE
	thin := `{"id": "evt_test_1", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered",
		"created": "2026-03-01T12:00:00Z", "livemode": false, "related_object": {"id": "mtr_1", "type": "billing.meter"}}`
	cases := []aside{{"thin", thin, "evt_test_1", false, unreadable}}
	for name, body := range map[string]string{
		"malformed": event("evt_1")[:100], "no JSON": "hello", "empty": "", "NUL": "\x00", "a list": "[]", "null": "null",
		"no id": set(`"id": "evt_1", `, ""), "an id that is no id": set("evt_1", `evt 1`), "no UTF-8": set("evt_1", "\xff"),
		"a long id": set("evt_1", strings.Repeat("e", 300)),
	} {
		cases = append(cases, aside{name, body, digest(body), false, unreadable})
	}
	setAside(t, store.DeliveryDead, cases)
}

func setAside(t *testing.T, state store.DeliveryState, cases []aside) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			for _, live := range []bool{false, true} {
				if !slices.ContainsFunc(cases, func(c aside) bool { return c.live == live }) {
					continue
				}
				s := openStore(t, e.url(t))
				in := newIntake(t, s, func(c *webhook.Config) { c.Live = live })
				addr := serve(t, in, nil)
				var want []string
				for _, tt := range cases {
					if tt.live != live {
						continue
					}
					want = append(want, tt.id)
					for range 2 {
						if got := post(t, addr, tt.body); got != http.StatusOK {
							t.Errorf("%s: answered %d", tt.name, got)
						}
					}
				}
				if got := waiting(t, s); len(got) != 0 {
					t.Errorf("%d deliveries wait", len(got))
				}
				letters, err := s.DeadLetters(t.Context(), state == store.DeliveryQuarantined, "", 100)
				if err != nil {
					t.Fatal(err)
				}
				var ids []string
				for _, letter := range letters {
					if state == store.DeliveryDead && letter.ObjectID != "" {
						t.Errorf("%s can not be read, and holds up %s", letter.ID, letter.ObjectID)
					}
					ids = append(ids, letter.ID)
					i := slices.IndexFunc(cases, func(c aside) bool { return c.live == live && c.id == letter.ID })
					if i < 0 || letter.Cause != int32(cases[i].cause) || open(t, in.keys, letter.Delivery) != cases[i].body {
						t.Errorf("kept %s with the cause %d, or another body", letter.ID, letter.Cause)
					}
				}
				if diff := cmp.Diff(want, ids); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}
