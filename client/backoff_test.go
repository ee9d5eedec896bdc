package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// waits collects what WithOnRetry is told.
type waits []time.Duration

func (w *waits) option() client.Option {
	return client.WithOnRetry(func(_ string, _ int, _ error, wait time.Duration) { *w = append(*w, wait) })
}

// Without a word from the server, each wait lies anywhere between 0 and a bound that doubles up to 2 s.
func TestBackoffHasFullJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := []time.Duration{200, 400, 800, 1600, 2000, 2000, 2000}
		low, high := make([]bool, len(limits)), make([]bool, len(limits))
		var got waits
		f := &fake{answer: always(status.Error(codes.Unavailable, ""))}
		c := f.serve(t, got.option(), client.WithMaxAttempts(len(limits)+1))
		for range 50 {
			got = nil
			_ = get(t.Context(), c)
			if len(got) != len(limits) {
				t.Fatalf("got %d waits, want %d", len(got), len(limits))
			}
			for i, wait := range got {
				limit := limits[i] * time.Millisecond
				if wait < 0 || wait > limit {
					t.Errorf("wait %d is %v, want at most %v", i+1, wait, limit)
				}
				low[i] = low[i] || wait < limit/3
				high[i] = high[i] || wait > limit*2/3
			}
		}
		for i := range limits {
			if !low[i] || !high[i] {
				t.Errorf("wait %d keeps to one side of its range", i+1)
			}
		}
	})
}

// What the server asks for is the least; the jitter comes on top, so that not all come back at the same moment.
func TestO24_RetryInfoIsObeyed(t *testing.T) {
	for _, asked := range []time.Duration{0, time.Millisecond, 250 * time.Millisecond, 3 * time.Second, 12 * time.Second} {
		t.Run(asked.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got waits
				f := &fake{answer: inTurn(refuse(codes.Unavailable, "STRIPE_UNAVAILABLE", retryIn(asked)), nil)}
				if err := get(t.Context(), f.serve(t, got.option())); err != nil {
					t.Fatal(err)
				}
				slept := f.times[1].Sub(f.times[0])
				if slept != got[0] || slept < asked || slept > asked+200*time.Millisecond {
					t.Errorf("slept %v and said %v, want %v and at most 200 ms more", slept, got[0], asked)
				}
			})
		})
	}
}

func TestNegativeRetryInfoIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got waits
		f := &fake{answer: inTurn(refuse(codes.Unavailable, "STRIPE_UNAVAILABLE", retryIn(-time.Hour)), nil)}
		if err := get(t.Context(), f.serve(t, got.option())); err != nil || got[0] < 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// A wait that ends after the deadline is not begun: the last error comes at once.
func TestDeadlineIsNeverOverslept(t *testing.T) {
	for _, tt := range []struct {
		name  string
		call  func(context.Context, *client.Client) error
		asked time.Duration
		tries int
	}{
		{"read, wait fits", get, 4 * time.Second, 2},
		{"read, wait does not fit", get, 5 * time.Second, 1},
		{"read, absurd wait", get, 1000 * time.Hour, 1},
		{"write, wait fits", pay, 4 * time.Second, 2},
		{"write, wait leaves less than a write needs", pay, 4501 * time.Millisecond, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: always(refuse(codes.Unavailable, "STRIPE_UNAVAILABLE", retryIn(tt.asked)))}
				begin := time.Now()
				err := tt.call(within(t, 5*time.Second), f.serve(t))
				if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE {
					t.Errorf("got %v, want the server's last word", err)
				}
				if len(f.got()) != tt.tries {
					t.Fatalf("got %d tries, want %d", len(f.got()), tt.tries)
				}
				if last := f.times[len(f.times)-1]; !last.Equal(time.Now()) {
					t.Errorf("waited %v after the last try, want none", time.Since(last))
				}
				if took := time.Since(begin); took >= 5*time.Second {
					t.Errorf("took %v of 5 s", took)
				}
			})
		})
	}
}

// No second try leaves a write less time than the server begins one with.
func TestM24_TooLittleTimeIsNotTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(ctx context.Context, call int, _ proto.Message) (proto.Message, error) {
			if left, _ := ctx.Deadline(); call > 1 && time.Until(left) < 500*time.Millisecond {
				return nil, refuse(codes.DeadlineExceeded, "DEADLINE_TOO_SHORT")
			}
			return nil, refuse(codes.Unknown, "OUTCOME_PENDING")
		}}
		c := f.serve(t)
		for range 20 {
			err := pay(within(t, 3*time.Second), c)
			if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING {
				t.Errorf("got %v, want OUTCOME_PENDING", err)
			}
			var standing interface{ Unwrap() []error }
			if errors.As(err, &standing) {
				t.Errorf("got %v: a try came too late", err)
			}
		}
	})
}

// A call without a deadline gets one, and a call with one keeps it.
func TestM25_DefaultDeadline(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []client.Option
		own  time.Duration
		want time.Duration
	}{
		{"none", nil, 0, 30 * time.Second},
		{"by option", []client.Option{client.WithTimeout(7 * time.Second)}, 0, 7 * time.Second},
		{"shorter of its own", nil, 2 * time.Second, 2 * time.Second},
		{"longer of its own", nil, 90 * time.Second, 90 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got time.Duration
				f := &fake{answer: func(ctx context.Context, _ int, req proto.Message) (proto.Message, error) {
					if end, ok := ctx.Deadline(); ok {
						got = time.Until(end).Round(time.Millisecond)
					}
					return paid(req), nil
				}}
				ctx := t.Context()
				if tt.own > 0 {
					ctx = within(t, tt.own)
				}
				if err := pay(ctx, f.serve(t, tt.opts...)); err != nil || got != tt.want {
					t.Errorf("the server saw a deadline of %v (%v), want %v", got, err, tt.want)
				}
			})
		})
	}
}

// The default deadline spans all tries and waits.
func TestDefaultDeadlineSpansAllTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: always(refuse(codes.Unknown, "OUTCOME_PENDING", retryIn(time.Second)))}
		begin := time.Now()
		err := pay(t.Context(), f.serve(t))
		if took := time.Since(begin); took < 26*time.Second || took > 30*time.Second {
			t.Errorf("took %v (%v), want nearly 30 s", took, err)
		}
	})
}

// A caller who leaves is not waited for, and nothing is sent on its behalf any more.
func TestM22_NothingIsSentAfterCancel(t *testing.T) {
	for _, when := range []string{"during the try", "during the wait"} {
		for _, call := range []func(context.Context, *client.Client) error{get, pay} {
			t.Run(when, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					f := &fake{answer: func(context.Context, int, proto.Message) (proto.Message, error) {
						if when == "during the try" {
							cancel()
						} else {
							time.AfterFunc(time.Second, cancel)
						}
						return nil, refuse(codes.Unavailable, "STRIPE_UNAVAILABLE", retryIn(10*time.Second))
					}}
					begin := time.Now()
					err := call(ctx, f.serve(t))
					if took := time.Since(begin); err == nil || took > time.Second {
						t.Errorf("got %v after %v, want an error at once", err, took)
					}
					wait(time.Minute)
					if len(f.got()) != 1 {
						t.Errorf("got %d tries, want 1", len(f.got()))
					}
					if when == "during the wait" {
						if !errors.Is(err, context.Canceled) || status.Code(err) != codes.Unavailable {
							t.Errorf("got %v, want the server's last word, and that the context was cancelled", err)
						}
					}
				})
			})
		}
	}
}

// A context that has ended before the call sends nothing at all.
func TestM23_NothingIsSentForACancelledContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(nil)}
		c := f.serve(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, call := range []func(context.Context, *client.Client) error{get, pay} {
			if err := call(ctx, c); status.Code(err) != codes.Canceled {
				t.Errorf("got %v, want CANCELLED", err)
			}
		}
		if len(f.got()) != 0 {
			t.Errorf("sent %d requests, want none", len(f.got()))
		}
	})
}

func TestStandingErrorTellsBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fake{answer: always(refuse(codes.Unknown, "OUTCOME_PENDING", retryIn(5*time.Second)))}
		time.AfterFunc(time.Second, cancel)
		err := fmt.Errorf("check out: %w", pay(ctx, f.serve(t)))
		if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING ||
			client.OperationIDOf(err) != "op_1" || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		want := "check out: rpc error: code = Unknown desc = refused; since then: context canceled"
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	})
}
