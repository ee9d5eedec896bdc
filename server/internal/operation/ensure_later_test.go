package operation_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// One key serves a reference for good: after what it made is gone, and after it is forgotten that it made it.
func TestEnsureByOneKeyForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(customer("cus_1"), customer("cus_2"), customer("cus_3"))
		gone := func(generation int64) ensuring {
			e := byShop
			e.over = generation
			return e
		}
		m.ensure(byShop).mustHaveMade(t, "cus_1")
		m.ensure(gone(1)).mustHaveMade(t, "cus_2")
		m.ensure(gone(1)).mustHaveMadeBefore(t, "cus_2", 2)
		m.ensure(byShop).mustHaveMadeBefore(t, "cus_2", 2)
		found := m.ensure(byBilling)
		found.mustHaveFound(t, "cus_2", 2)
		if made := m.ensure(byShop); found.operationID() != made.operationID() {
			t.Errorf("the operations are %s and %s, want that of the maker", found.operationID(), made.operationID())
		}
		if _, err := m.store.Erase(t.Context(), -time.Hour, 10); err != nil {
			t.Fatal(err)
		}
		m.ensure(byShop).mustHaveMadeBefore(t, "cus_2", 2)
		m.ensure(gone(2)).mustHaveMade(t, "cus_3")
		if m.gateway.sends() != 3 {
			t.Errorf("%d sends, want 3", m.gateway.sends())
		}
	})
}

// A refusal answers its own request only: what was mended is tried anew, under the same key.
func TestEnsureMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(refused(), refused(), customer("cus_1"))
		worse, mended := byShop, byShop
		worse.name, mended.name = "worse", "mended"
		for _, e := range []ensuring{byShop, byShop, worse, worse, byShop} {
			if got := m.ensure(e); reasonOf(got.err) != "INVALID_FIELD" {
				t.Errorf("%s: %+v, %v", e.name, got.Ensured, got.err)
			}
		}
		if m.gateway.sends() != 2 {
			t.Errorf("%d sends for two requests", m.gateway.sends())
		}
		m.ensure(mended).mustHaveMade(t, "cus_1")
		m.ensure(mended).mustHaveMadeBefore(t, "cus_1", 3)
		if again := m.ensure(worse); reasonOf(again.err) != "INVALID_FIELD" || m.gateway.sends() != 3 {
			t.Errorf("what was refused: %v after %d sends", again.err, m.gateway.sends())
		}
	})
}

// Whoever asks at the same time under the same key, with other fields, does not hear the refusal of the first.
func TestEnsureBesideARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.write = func(context.Context, stripegw.Sending) stripegw.Result {
			<-time.After(time.Second)
			if m.gateway.sends() == 1 {
				return refused()
			}
			return customer("cus_1")
		}
		mended := byShop
		mended.name = "mended"
		first := m.ensuring(byShop)
		synctest.Wait()
		second := m.ensuring(mended)
		if e := <-first; reasonOf(e.err) != "INVALID_FIELD" {
			t.Errorf("the first hears %v", e.err)
		}
		(<-second).mustHaveMade(t, "cus_1")
	})
}

// Once the customer is deleted, one of those who know makes another one, and the first maker's key finds it.
func TestEnsureAgainOnceItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(customer("cus_1"), customer("cus_2"), customer("cus_3"))
		m.ensure(byShop).mustHaveMade(t, "cus_1")
		found := m.ensure(byBilling)
		found.mustHaveFound(t, "cus_1", 1)
		over, support := byBilling, byBilling
		over.over, support.over, support.caller = found.Generation, found.Generation, "support"
		one, two := m.ensuring(over), m.ensuring(support)
		answers := []ensured{<-one, <-two}
		if answers[1].Made {
			answers[0], answers[1] = answers[1], answers[0]
		}
		answers[0].mustHaveMade(t, "cus_2")
		answers[1].mustHaveFound(t, "cus_2", 2)
		m.ensure(byShop).mustHaveFound(t, "cus_2", 2)
		if m.gateway.sends() != 2 || m.gateway.sent[0].Key == m.gateway.sent[1].Key {
			t.Errorf("%d sends, or one key for two customers", m.gateway.sends())
		}
	})
}

// What was made is found for as long as the store is, longer than its maker's operation is remembered.
func TestEnsureAfterTheRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{}) // It remembers for a day.
		m.gateway.answers(customer("cus_1"))
		m.ensure(byShop).mustHaveMade(t, "cus_1")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go m.Keep(ctx)
		<-time.After(26 * time.Hour)
		m.ensure(byBilling).mustHaveFound(t, "cus_1", 1)
		m.ensure(byShop).mustHaveMadeBefore(t, "cus_1", 1)
		if m.gateway.sends() != 1 {
			t.Errorf("%d sends", m.gateway.sends())
		}
	})
}
