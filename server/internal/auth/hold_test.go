package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

const eventsRead = paymentsv1.Scope_SCOPE_EVENTS_READ

// entry is a caller in the callers file.
type entry struct {
	Name    string     `json:"name"`
	Tokens  []string   `json:"token_sha256"`
	Scopes  []string   `json:"scopes"`
	Expires *time.Time `json:"expires,omitempty"`
}

// reader is a caller with the token `token` that may read events.
func reader(change func(*entry)) entry {
	e := entry{Name: "ledger", Tokens: []string{digest("token")}, Scopes: []string{"EVENTS_READ", "PAYMENTS_READ"}}
	change(&e)
	return e
}

func callersOf(t *testing.T, entries ...entry) []auth.Caller {
	t.Helper()
	data, err := json.Marshal(map[string][]entry{"callers": entries})
	if err != nil {
		t.Fatal(err)
	}
	callers, err := auth.ParseCallers(data)
	if err != nil {
		t.Fatal(err)
	}
	return callers
}

// wantEnd looks why a held call ended.
func wantEnd(t *testing.T, got error, reason paymentsv1.ErrorReason, cause error) {
	t.Helper()
	if got == nil {
		t.Fatal("the call goes on")
	}
	e, ok := errors.AsType[*apierr.Error](got)
	if !ok || e.Reason != reason || (cause != nil && !errors.Is(e, cause)) {
		t.Errorf("it ended with %v, want %v by %v", got, reason, cause)
	}
}

// What the callers file takes away ends the calls that stand on it, and no others.
func TestHoldEndsWithTheRight(t *testing.T) {
	const (
		invalid = paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID
		missing = paymentsv1.ErrorReason_ERROR_REASON_SCOPE_MISSING
		goesOn  = paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED
	)
	other := entry{Name: "other", Tokens: []string{digest("other")}, Scopes: []string{"PAYMENTS_READ"}}
	for _, tt := range []struct {
		name   string
		after  []entry
		reason paymentsv1.ErrorReason
		cause  error
	}{
		{"nothing changed", []entry{reader(func(*entry) {}), other}, goesOn, nil},
		{"one more token", []entry{reader(func(e *entry) { e.Tokens = append(e.Tokens, digest("next")) })}, goesOn, nil},
		{"another scope lost", []entry{reader(func(e *entry) { e.Scopes = []string{"EVENTS_READ"} })}, goesOn, nil},
		{"an end that is far", []entry{reader(func(e *entry) { e.Expires = new(now.Add(time.Hour)) })}, goesOn, nil},
		{"the caller is gone", []entry{other}, invalid, auth.ErrUnknownToken},
		{"the token is gone", []entry{reader(func(e *entry) { e.Tokens = []string{digest("next")} })}, invalid, auth.ErrUnknownToken},
		{"the token is another's", []entry{reader(func(e *entry) { e.Name = "books" })}, invalid, auth.ErrUnknownToken},
		{"the scope is lost", []entry{reader(func(e *entry) { e.Scopes = []string{"PAYMENTS_READ"} })}, missing, nil},
		{"an end that is past", []entry{reader(func(e *entry) { e.Expires = new(now) })}, invalid, auth.ErrExpiredToken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tokens := auth.NewTokens(callersOf(t, reader(func(*entry) {}), other), func() time.Time { return now })
			ctx, stop := tokens.Hold(t.Context(), []string{"Bearer token"}, eventsRead)
			defer stop()
			if ctx.Err() != nil {
				t.Fatalf("it has ended from the beginning: %v", context.Cause(ctx))
			}
			tokens.Replace(callersOf(t, tt.after...))
			if tt.reason == goesOn {
				if ctx.Err() != nil {
					t.Errorf("it ended: %v", context.Cause(ctx))
				}
				return
			}
			wantEnd(t, context.Cause(ctx), tt.reason, tt.cause)
			again, stopAgain := tokens.Hold(t.Context(), []string{"Bearer token"}, eventsRead)
			defer stopAgain()
			if tt.name != "the token is another's" {
				wantEnd(t, context.Cause(again), tt.reason, tt.cause)
			}
		})
	}
}

// A token that became another's between its look-up and the hold does not hold the call of the one before.
func TestHoldOfAnothersToken(t *testing.T) {
	tokens := auth.NewTokens(callersOf(t, reader(func(*entry) {})), time.Now)
	caller, err := tokens.Authenticate([]string{"Bearer token"})
	if err != nil {
		t.Fatal(err)
	}
	called := auth.WithCaller(t.Context(), caller)
	ctx, stop := tokens.Hold(called, []string{"Bearer token"}, eventsRead)
	defer stop()
	if ctx.Err() != nil {
		t.Fatalf("its own token ends it: %v", context.Cause(ctx))
	}
	tokens.Replace(callersOf(t, reader(func(e *entry) { e.Name = "books" })))
	ctx, stopNext := tokens.Hold(called, []string{"Bearer token"}, eventsRead)
	defer stopNext()
	wantEnd(t, context.Cause(ctx), paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID, auth.ErrUnknownToken)
}

func TestHoldOfABadCredential(t *testing.T) {
	tokens := auth.NewTokens(callersOf(t, reader(func(*entry) {})), time.Now)
	for _, tt := range []struct {
		authorization []string
		want          error
	}{
		{nil, auth.ErrNoCredential},
		{[]string{"token"}, auth.ErrMalformedCredential},
		{[]string{"Bearer other"}, auth.ErrUnknownToken},
	} {
		ctx, stop := tokens.Hold(t.Context(), tt.authorization, eventsRead)
		wantEnd(t, context.Cause(ctx), paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID, tt.want)
		stop()
	}
}

// A credential that expires ends its calls at that moment; a later end that the file gives it keeps them.
func TestHoldEndsAtExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expiring := func(after time.Duration) entry {
			return reader(func(e *entry) { e.Expires = new(time.Now().Add(after)) })
		}
		tokens := auth.NewTokens(callersOf(t, expiring(90*time.Second)), time.Now)
		ctx, stop := tokens.Hold(t.Context(), []string{"Bearer token"}, eventsRead)
		defer stop()

		<-time.After(89 * time.Second)
		if ctx.Err() != nil {
			t.Fatal("it ended before its time")
		}
		tokens.Replace(callersOf(t, expiring(10*time.Minute)))
		<-time.After(10*time.Minute - time.Second)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatal("it ended although the file gave it more time")
		}
		<-time.After(time.Second + time.Millisecond)
		synctest.Wait()
		wantEnd(t, context.Cause(ctx), paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID, auth.ErrExpiredToken)
	})
}

// A clock that is set forward is noticed within a minute.
func TestHoldSeesTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var ahead time.Duration
		clock := func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(ahead)
		}
		day := reader(func(e *entry) { e.Expires = new(time.Now().Add(24 * time.Hour)) })
		tokens := auth.NewTokens(callersOf(t, day), clock)
		ctx, stop := tokens.Hold(t.Context(), []string{"Bearer token"}, eventsRead)
		defer stop()
		mu.Lock()
		ahead = 25 * time.Hour
		mu.Unlock()
		<-time.After(time.Minute + time.Millisecond)
		synctest.Wait()
		wantEnd(t, context.Cause(ctx), paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID, auth.ErrExpiredToken)
	})
}

// Who has left is not told of anything, and its context ends as every other.
func TestHoldIsLeft(t *testing.T) {
	tokens := auth.NewTokens(callersOf(t, reader(func(*entry) {})), time.Now)
	ctx, stop := tokens.Hold(t.Context(), []string{"Bearer token"}, eventsRead)
	stop()
	stop()
	tokens.Replace(nil)
	if !errors.Is(context.Cause(ctx), context.Canceled) {
		t.Errorf("it ended with %v", context.Cause(ctx))
	}
}

// Calls come and go while the file changes.
func TestHoldWhileReplaced(t *testing.T) {
	with, without := callersOf(t, reader(func(*entry) {})), callersOf(t, reader(func(e *entry) { e.Scopes = []string{"PAYMENTS_READ"} }))
	tokens := auth.NewTokens(with, time.Now)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 200 {
				ctx, stop := tokens.Hold(t.Context(), []string{"Bearer token"}, eventsRead)
				if _, err := tokens.Authenticate([]string{"Bearer token"}); err != nil {
					t.Error(err)
				}
				stop()
				<-ctx.Done()
			}
		})
	}
	for range 100 {
		tokens.Replace(without)
		tokens.Replace(with)
	}
	calls.Wait()
}
