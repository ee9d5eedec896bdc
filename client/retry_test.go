package client_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The tries that a call ends after.
const (
	once          = 1
	bounded       = 5
	tillItsEnding = -1 // as many as the deadline allows
)

// retryTable says how often a call is sent that always gets the same error.
var retryTable = []struct {
	code               codes.Code
	reason             string
	retryInfo          bool
	read, keyed, other int
}{
	{codes.Unavailable, "", false, bounded, bounded, once},
	{codes.Unavailable, "STRIPE_UNAVAILABLE", true, bounded, bounded, once},
	{codes.Unavailable, "STORE_UNAVAILABLE", true, bounded, bounded, once},
	{codes.Aborted, "", false, bounded, bounded, once},
	{codes.Aborted, "OPERATION_IN_PROGRESS", true, bounded, bounded, once},
	{codes.Unavailable, "STREAM_ENDED", true, bounded, bounded, once},
	{codes.Aborted, "CONSUMER_TAKEN_OVER", false, bounded, bounded, once}, // of streams alone, and Consume ends with it
	{codes.Aborted, "LOCK_TIMEOUT", true, bounded, bounded, once},
	{codes.ResourceExhausted, "", false, once, once, once},
	{codes.ResourceExhausted, "RATE_LIMITED", false, once, once, once},
	{codes.ResourceExhausted, "RATE_LIMITED", true, bounded, once, once},
	{codes.Unknown, "", false, once, once, once},
	{codes.Unknown, "A_REASON_OF_TOMORROW", true, once, once, once},
	{codes.Unknown, "OUTCOME_PENDING", false, once, tillItsEnding, once},
	{codes.Unknown, "OUTCOME_PENDING", true, once, tillItsEnding, once},
	{codes.Internal, "OUTCOME_PENDING", false, once, once, once}, // the contract says UNKNOWN
	{codes.DeadlineExceeded, "", false, once, once, once},
	{codes.DeadlineExceeded, "DEADLINE_EXCEEDED", false, once, once, once},
	{codes.DeadlineExceeded, "DEADLINE_TOO_SHORT", false, once, once, once},
	{codes.Canceled, "CANCELLED", false, once, once, once},
	{codes.InvalidArgument, "INVALID_FIELD", false, once, once, once},
	{codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", false, once, once, once},
	{codes.FailedPrecondition, "IDEMPOTENCY_KEY_EXPIRED", false, once, once, once},
	{codes.FailedPrecondition, "UNEXPECTED_STATE", false, once, once, once},
	{codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED", false, once, once, once},
	{codes.FailedPrecondition, "PAYMENT_DECLINED", true, once, once, once},
	{codes.FailedPrecondition, "AUTHENTICATION_REQUIRED", false, once, once, once},
	{codes.FailedPrecondition, "UPGRADE_NOT_SECURED", false, once, once, once},
	{codes.FailedPrecondition, "CHANGE_PENDING", false, once, once, once},
	{codes.FailedPrecondition, "PREVIEW_STALE", false, once, once, once},
	{codes.NotFound, "RESOURCE_MISSING", false, once, once, once},
	{codes.AlreadyExists, "RESOURCE_EXISTS", false, once, once, once},
	{codes.OutOfRange, "POSITION_EXPIRED", false, once, once, once},
	{codes.Unauthenticated, "CREDENTIALS_INVALID", false, once, once, once},
	{codes.PermissionDenied, "SCOPE_MISSING", false, once, once, once},
	{codes.Unimplemented, "NOT_IMPLEMENTED", false, once, once, once},
	{codes.Internal, "", false, once, once, once},
	{codes.Internal, "INTERNAL", true, once, once, once},
	{codes.Internal, "STRIPE_CREDENTIALS", false, once, once, once},
	{codes.Internal, "STRIPE_CONTRACT", false, once, once, once},
	{codes.DataLoss, "", false, once, once, once},
}

func TestRetryTable(t *testing.T) {
	for _, row := range retryTable {
		err := status.Error(row.code, "refused")
		if row.reason != "" {
			err = refuse(row.code, row.reason)
		}
		if row.retryInfo {
			err = refuse(row.code, row.reason, retryIn(50*time.Millisecond))
		}
		for _, kind := range []struct {
			name string
			call func(context.Context, *client.Client) error
			want int
		}{
			{"read", get, row.read},
			{"keyed", pay, row.keyed},
			{"other", callOther, row.other},
		} {
			name := fmt.Sprintf("%s %s retryInfo=%v %s", row.code, row.reason, row.retryInfo, kind.name)
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := &fake{answer: always(err)}
					f.options = append(f.options, grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
						_, _ = f.handle(t.Context(), nil, nil, nil)
						return err
					}))
					begin := time.Now()
					got := kind.call(within(t, 10*time.Second), f.serve(t))
					if status.Code(got) != row.code {
						t.Errorf("got %v, want code %v", got, row.code)
					}
					tries, took := len(f.got()), time.Since(begin)
					if kind.want == tillItsEnding {
						if tries <= bounded || took < 7*time.Second || took >= 10*time.Second {
							t.Errorf("got %d tries in %v, want more until shortly before the deadline of 10 s", tries, took)
						}
					} else if tries != kind.want {
						t.Errorf("got %d tries, want %d", tries, kind.want)
					}
				})
			})
		}
	}
}

// callOther calls an rpc of which the contract says nothing.
func callOther(ctx context.Context, c *client.Client) error {
	return c.Conn().Invoke(ctx, "/payments.v1.Another/Unheard", &emptypb.Empty{}, &emptypb.Empty{})
}

func TestRetryTableHasEveryReason(t *testing.T) {
	for number, name := range paymentsv1.ErrorReason_name {
		found := number == 0
		for _, row := range retryTable {
			found = found || "ERROR_REASON_"+row.reason == name
		}
		if !found {
			t.Errorf("the table does not say whether %s is repeated", name)
		}
	}
}

// Another service on the way may use the same words.
func TestRetryIgnoresReasonsOfOtherDomains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: always(refuseAs("example.com", codes.Unknown, "OUTCOME_PENDING"))}
		if err := pay(t.Context(), f.serve(t)); status.Code(err) != codes.Unknown || len(f.got()) != 1 {
			t.Errorf("got %v after %d tries, want UNKNOWN after 1", err, len(f.got()))
		}
	})
}

func TestMaxAttempts(t *testing.T) {
	for _, tt := range []struct {
		name string
		max  int
		err  error
		want int
	}{
		{"bound", 3, refuse(codes.Unavailable, "STRIPE_UNAVAILABLE"), 3},
		{"1 repeats nothing", 1, refuse(codes.Unavailable, "STRIPE_UNAVAILABLE"), 1},
		{"1 repeats no open outcome", 1, refuse(codes.Unknown, "OUTCOME_PENDING"), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: always(tt.err)}
				if err := pay(t.Context(), f.serve(t, client.WithMaxAttempts(tt.max))); err == nil {
					t.Error("got no error")
				}
				if got := len(f.got()); got != tt.want {
					t.Errorf("got %d tries, want %d", got, tt.want)
				}
			})
		})
	}
}

// A call that waits for its outcome may meet a server that stops, as often as the bound allows, and goes on.
func TestOutcomePendingIsBoundByTheDeadlineAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := refuse(codes.Unknown, "OUTCOME_PENDING")
		f := &fake{answer: inTurn(open, open, open, open, open, open, open, open, nil)}
		if err := pay(t.Context(), f.serve(t)); err != nil {
			t.Error(err)
		}
		if got := len(f.got()); got != 9 {
			t.Errorf("got %d tries, want 9", got)
		}
	})
}

// The same bytes go out each time, and the caller's message stays what it was.
func TestTriesSendTheSameRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(status.Error(codes.Unavailable, ""), refuse(codes.Unknown, "OUTCOME_PENDING"), nil)}
		req := order()
		got, err := f.serve(t).Payments.CreatePayment(t.Context(), req)
		if err != nil || got.GetPayment().GetId() != "pi_1" {
			t.Errorf("got %v, %v, want the payment", got, err)
		}
		if !proto.Equal(req, order()) {
			t.Errorf("the request was changed to %v", req)
		}
		if len(f.got()) != 3 {
			t.Errorf("got %d tries, want 3", len(f.got()))
		}
		for _, sent := range f.got() {
			if !proto.Equal(sent, req) {
				t.Errorf("sent %v, want %v", sent, req)
			}
		}
	})
}

func TestOnRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		f := &fake{answer: inTurn(
			refuse(codes.Aborted, "LOCK_TIMEOUT"), refuse(codes.Unavailable, "STRIPE_UNAVAILABLE"), nil)}
		c := f.serve(t, client.WithOnRetry(func(method string, attempt int, err error, _ time.Duration) {
			told = append(told, fmt.Sprint(method, " ", attempt, " ", client.ReasonOf(err)))
		}))
		if err := pay(t.Context(), c); err != nil {
			t.Error(err)
		}
		want := "/payments.v1.PaymentService/CreatePayment 1 ERROR_REASON_LOCK_TIMEOUT," +
			"/payments.v1.PaymentService/CreatePayment 2 ERROR_REASON_STRIPE_UNAVAILABLE"
		if got := strings.Join(told, ","); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// The caller's metadata goes with every try.
func TestMetadataIsSentWithEveryTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(status.Error(codes.Unavailable, ""), nil)}
		c := f.serve(t, client.WithToken("secret"), client.WithUserAgent("checkout/1.4"))
		if err := get(metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "request-77"), c); err != nil {
			t.Fatal(err)
		}
		for _, md := range f.metadata {
			agent := strings.Join(md.Get("user-agent"), "")
			if fmt.Sprint(md.Get("x-request-id"), md.Get("authorization")) != "[request-77] [Bearer secret]" ||
				!strings.HasPrefix(agent, "checkout/1.4 tillgate-go/devel grpc-go/") {
				t.Errorf("got %v", md)
			}
		}
		if len(f.metadata) != 2 {
			t.Errorf("got %d tries, want 2", len(f.metadata))
		}
	})
}
