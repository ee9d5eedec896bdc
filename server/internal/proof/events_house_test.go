package proof_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// notice is an event as Stripe sends it.
type notice struct {
	id, object string
	body       []byte
}

// tells makes an event that needs nothing of Stripe to be published: of an object that it begins, or of a type that is not
// modelled.
func tells(number int) notice {
	id := fmt.Sprintf("evt_1Proof%08d", number)
	at := 1_790_000_000 + number/50
	kind, object := "customer.created", fmt.Sprintf("cus_Proof%08d", number)
	var data string
	switch number % 5 {
	case 0:
		kind, object = "payment_intent.created", fmt.Sprintf("pi_1Proof%08d", number)
		data = fmt.Sprintf(`{"id":%q,"object":"payment_intent","status":"requires_payment_method","amount":2000,`+
			`"currency":"usd","created":%d,"livemode":false,"client_secret":"%s_secret_x"}`, object, at, object)
	case 1:
		kind, object = "payout.paid", fmt.Sprintf("po_1Proof%08d", number)
		data = fmt.Sprintf(`{"id":%q,"object":"payout","amount":1}`, object)
	default:
		data = fmt.Sprintf(`{"id":%q,"object":"customer","created":%d,"livemode":false,"email":"canary@example.com"}`, object, at)
	}
	return notice{id: id, object: object, body: fmt.Appendf(nil, `{"id":%q,"object":"event","api_version":"2023-10-16",`+
		`"created":%d,"data":{"object":%s},"livemode":false,"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},`+
		`"type":%q}`, id, at, data, kind)}
}

// poster sends webhooks, signed as Stripe signs them.
type poster struct{ http *http.Client }

func newPoster(side int) *poster {
	return &poster{&http.Client{Timeout: longWait, Transport: &http.Transport{MaxIdleConnsPerHost: side}}}
}

// post says whether the server has taken an event.
func (p *poster) post(ctx context.Context, s *server, e notice) bool {
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	_, _ = mac.Write([]byte(at + "."))
	_, _ = mac.Write(e.body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.hook+"/webhooks/stripe", bytes.NewReader(e.body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := p.http.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // It was only read.
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusOK
}

// listens returns a way to the events of a server, as the operator.
func (s *server) listens(t *testing.T) paymentsv1.EventServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()), impatient(),
		grpc.WithStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string,
			streamer grpc.Streamer, opts ...grpc.CallOption,
		) (grpc.ClientStream, error) {
			return streamer(asOperator(ctx), desc, cc, method, opts...)
		}),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn,
			invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
		) error {
			return invoke(asOperator(ctx), method, req, reply, cc, opts...)
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return paymentsv1.NewEventServiceClient(conn)
}

func asOperator(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+operator)
}

// logged is the whole log, from the oldest event on.
func logged(t *testing.T, events paymentsv1.EventServiceClient) []*paymentsv1.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var all []*paymentsv1.Event
	request := &paymentsv1.ListEventsRequest{PageSize: 100}
	for {
		page, err := events.ListEvents(ctx, request, grpc.WaitForReady(true))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.GetEvents()...)
		request.PageToken = page.GetNextPageToken()
		if request.GetPageToken() == "" {
			return all
		}
	}
}

// dense is whether positions are 1, 2, 3, ...
func dense(t *testing.T, all []*paymentsv1.Event) {
	t.Helper()
	for i, e := range all {
		if e.GetPosition() != int64(i+1) {
			t.Fatalf("the event in place %d has the position %d", i+1, e.GetPosition())
		}
	}
}

// headOf is the newest position of the log.
func headOf(t *testing.T, events paymentsv1.EventServiceClient) int64 {
	t.Helper()
	page, err := events.ListEvents(t.Context(), &paymentsv1.ListEventsRequest{PageSize: 1}, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	return page.GetHeadPosition()
}
