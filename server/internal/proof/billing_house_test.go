package proof_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/service"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// houseTime is when the Stripe of a house begins: the same each time, so that a seed replays.
var houseTime = time.Date(2024, time.January, 10, 12, 0, 0, 0, time.UTC)

// street has what the houses of one worker share.
type street struct {
	store store.Store
	keys  *seal.Keys
}

// newStreet opens a store in memory.
func newStreet(t *testing.T) *street {
	t.Helper()
	keys, err := seal.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	opened, err := store.Open(t.Context(), store.Config{
		URL: "sqlite:" + filepath.Join(memoryDir(t), "billing.db"), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return &street{store: opened, keys: keys}
}

// house is Tillgate between its callers and a Stripe, all in one process and without a network: the real services,
// runner and gateway, for tests that call thousands of times.
type house struct {
	tillgate

	stripe *stripe
}

// newHouse builds a house. Its account keeps what it writes apart from that of all others in the street.
func (s *street) newHouse(t *testing.T, seed uint64) *house {
	t.Helper()
	key, err := stripegw.ParseKey("sk_test_house")
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	account := "acct_1House" + strconv.FormatUint(seed, 10)
	simulated := sandbox.New(sandbox.Config{Now: func() time.Time { return houseTime }, Account: account, Seed: seed + 1})
	gateway, err := stripegw.New(stripegw.Config{URL: "http://stripe.test", Key: key, Transport: simulated, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	runner := operation.New(operation.Config{
		Gateway: gateway, Store: s.store, Keys: s.keys, Scope: operation.Scope{Account: account},
		ResendWindow: time.Hour, Logger: quiet,
	})
	conn := &inProcess{}
	conn.serve(&paymentsv1.PaymentService_ServiceDesc, service.NewPayments(runner, gateway, nil))
	conn.serve(&paymentsv1.CustomerService_ServiceDesc, service.NewCustomers(runner, gateway, false))
	conn.serve(&paymentsv1.SubscriptionService_ServiceDesc, service.NewSubscriptions(runner, gateway))
	return &house{
		tillgate: servicesOf(conn),
		stripe:   &stripe{url: "http://stripe.test", http: &http.Client{Transport: simulated}},
	}
}

// inProcess is a connection to services of this process.
type inProcess struct {
	services map[string]served
	calls    atomic.Int64
}

type served struct {
	service any
	methods []grpc.MethodDesc
}

func (p *inProcess) serve(desc *grpc.ServiceDesc, implementation any) {
	if p.services == nil {
		p.services = map[string]served{}
	}
	p.services[desc.ServiceName] = served{implementation, desc.Methods}
}

// Invoke calls as the shop does, and answers with the status that goes over the wire.
func (p *inProcess) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	name, rpc, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	at := p.services[name]
	for _, m := range at.methods {
		if m.MethodName != rpc {
			continue
		}
		ctx, info := call.New(ctx, fmt.Sprint("call-", p.calls.Add(1)))
		info.SetCaller(shop)
		given := func(into any) error {
			proto.Merge(into.(proto.Message), args.(proto.Message)) //nolint:forcetypeassert // of a generated service
			return nil
		}
		answer, err := m.Handler(at.service, ctx, given, nil)
		if err != nil {
			return apierr.Status(apierr.From(err), info.RequestID()).Err()
		}
		proto.Merge(reply.(proto.Message), answer.(proto.Message)) //nolint:forcetypeassert // likewise
		return nil
	}
	return status.Error(codes.Unimplemented, method)
}

// NewStream implements grpc.ClientConnInterface.
func (*inProcess) NewStream(
	context.Context, *grpc.StreamDesc, string, ...grpc.CallOption,
) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "no streams")
}

// servicesOf are the services at the other end of a connection.
func servicesOf(conn grpc.ClientConnInterface) services {
	return services{
		paymentsv1.NewPaymentServiceClient(conn), paymentsv1.NewCustomerServiceClient(conn),
		paymentsv1.NewSubscriptionServiceClient(conn),
	}
}
