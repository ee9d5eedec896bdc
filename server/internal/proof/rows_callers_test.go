package proof_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// retries is what a team may have set up in a client that is not ours.
const retries = `{"methodConfig": [{"name": [{"service": "payments.v1.PaymentService"}], "retryPolicy": {
	"maxAttempts": 4, "initialBackoff": "0.2s", "maxBackoff": "1s", "backoffMultiplier": 2,
	"retryableStatusCodes": ["UNAVAILABLE"]}}]}`

// A client that lets gRPC retry on UNAVAILABLE, and a server that dies in the middle of the call.
func TestM20_RetriesByServiceConfig(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			server := s.servers[0]
			server.crashing(t, "send.after")
			conn := server.dial(t, grpc.WithDefaultServiceConfig(retries))
			defer conn.Close() //nolint:errcheck // Its calls are over.
			caller := services{PaymentServiceClient: paymentsv1.NewPaymentServiceClient(conn)}
			asShop := func(ctx context.Context, c tillgate) reply { return pay(firstKey)(bearer(ctx, shop), c) }

			answer := asking(t, caller, asShop)
			server.crashes(t)
			db.passLease(t)
			server.serve(t)
			<-answer // A retry may have found the server, or not.
			oneCharge(t, s, succeeds(t, caller, asShop))
		})
	}
}

// A client that sends three copies of a call, 50 ms apart, to whichever server comes next.
func TestM21_HedgedCalls(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, db.replicas)
			for _, server := range s.servers {
				server.serve(t)
			}
			s.stripe.breaks(t, sandbox.Fault{Kind: sandbox.FaultDelay, Method: "POST", DelayMS: 300, Count: 1})
			const copies = 3
			var answers [copies]<-chan reply
			for i := range copies {
				answers[i] = asking(t, s.servers[i%len(s.servers)].as(t, shop), pay(firstKey))
				<-time.After(50 * time.Millisecond)
			}
			first, fresh := <-answers[0], 0
			for i := range copies {
				answer := first
				if i > 0 {
					answer = <-answers[i]
				}
				if answer.err != nil {
					t.Fatal(answer.err)
				}
				if !answer.replayed {
					fresh++
				}
				if diff := first.differs(answer); diff != "" {
					t.Errorf("the copies got different answers:\n%s", diff)
				}
			}
			if fresh != 1 {
				t.Errorf("%d answers are no repetition, want 1", fresh)
			}
			if posts := s.stripe.posts(t); len(posts) != 1 {
				t.Errorf("Stripe got %v, want one request", posts)
			}
			oneCharge(t, s, first)
		})
	}
}

// A caller that hangs up at once does not cut its charge.
func TestM22_TheCallerHangsUp(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			server := s.servers[0]
			server.serve(t)
			s.stripe.breaks(t, sandbox.Fault{Kind: sandbox.FaultDelay, Method: "POST", DelayMS: 300, Count: 1})
			ctx, hangUp := context.WithCancel(t.Context())
			answer := make(chan reply, 1)
			caller := server.as(t, shop, client.WithMaxAttempts(1))
			go func() { answer <- pay(firstKey)(ctx, caller) }()
			s.stripe.moves(t)
			hangUp()
			if heard := <-answer; heard.err == nil {
				t.Error("the caller did not hang up in time")
			}
			server.rests(t)
			oneCharge(t, s, succeeds(t, caller, pay(firstKey)))
		})
	}
}
