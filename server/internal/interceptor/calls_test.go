package interceptor_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
)

const getPayment = "/payments.v1.PaymentService/GetPayment"

func TestOneLineACall(t *testing.T) {
	h := serveAll(t, func(ctx context.Context) (any, error) {
		call.From(ctx).SetStripeRequestID("req_123")
		return &paymentsv1.GetPaymentResponse{}, nil
	})
	ctx := metadata.AppendToOutgoingContext(as(t, tokenAll), "x-request-id", "my-own-request-id")
	var header metadata.MD
	err := h.conn.Invoke(ctx, getPayment, validRequests["GetPayment"], &paymentsv1.GetPaymentResponse{}, grpc.Header(&header))
	if err != nil {
		t.Fatal(err)
	}
	lines := h.log.lines(t, "call")
	if len(lines) != 1 {
		t.Fatalf("%d lines were logged, want 1", len(lines))
	}
	for key, want := range map[string]any{
		"method": getPayment, "code": "OK", "caller": "all", "request_id": "my-own-request-id", "stripe_request_id": "req_123",
	} {
		if lines[0][key] != want {
			t.Errorf("%s = %v, want %v", key, lines[0][key], want)
		}
	}
	if _, ok := lines[0]["duration_ms"].(float64); !ok {
		t.Errorf("duration_ms = %v, want a number", lines[0]["duration_ms"])
	}
	if got := header.Get("x-request-id"); len(got) != 1 || got[0] != "my-own-request-id" {
		t.Errorf("the header says %q, want the request id", got)
	}
}

// A refusal is logged too, with the code that was sent, and every error carries the request id.
func TestRefusalsAreLogged(t *testing.T) {
	h := serveAll(t, func(context.Context) (any, error) { return &paymentsv1.GetPaymentResponse{}, nil })
	err := h.conn.Invoke(t.Context(), getPayment, validRequests["GetPayment"], &paymentsv1.GetPaymentResponse{})
	lines := h.log.lines(t, "call")
	if len(lines) != 1 || lines[0]["code"] != "Unauthenticated" || lines[0]["reason"] != "CREDENTIALS_INVALID" {
		t.Fatalf("the log says %v, want one line with the refusal", lines)
	}
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RequestInfo); ok {
			if info.GetRequestId() == "" || info.GetRequestId() != lines[0]["request_id"] {
				t.Errorf("the status says %q, the log %q", info.GetRequestId(), lines[0]["request_id"])
			}
			return
		}
	}
	t.Error("the status carries no request id")
}

// What a caller sends as its request id goes into the log, so it must look like one.
func TestOddRequestIDsAreReplaced(t *testing.T) {
	h := serveAll(t, func(context.Context) (any, error) { return &paymentsv1.GetPaymentResponse{}, nil })
	for _, sent := range []string{"sk_live_canary", "pi_1_secret_canary", "short", strings.Repeat("x", 65), "with space", "4242424242424242", `quote"brace}`} {
		ctx := metadata.AppendToOutgoingContext(as(t, tokenAll), "x-request-id", sent)
		var header metadata.MD
		if err := h.conn.Invoke(ctx, getPayment, validRequests["GetPayment"], &paymentsv1.GetPaymentResponse{},
			grpc.Header(&header)); err != nil {
			t.Fatal(err)
		}
		if got := header.Get("x-request-id"); len(got) != 1 || got[0] == sent || len(got[0]) < 8 {
			t.Errorf("sent %q, got back %q, want a new one", sent, got)
		}
	}
}

// An outsider learns nothing of what a valid request looks like.
func TestAuthStandsBeforeValidation(t *testing.T) {
	h := serveAll(t, func(context.Context) (any, error) { return &paymentsv1.GetPaymentResponse{}, nil })
	err := h.conn.Invoke(t.Context(), getPayment, &paymentsv1.GetPaymentRequest{}, &paymentsv1.GetPaymentResponse{})
	if status.Code(err) != codes.Unauthenticated {
		t.Errorf("got %v, want UNAUTHENTICATED", err)
	}
	err = h.conn.Invoke(as(t, tokenAll), getPayment, &paymentsv1.GetPaymentRequest{}, &paymentsv1.GetPaymentResponse{})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v, want INVALID_ARGUMENT", err)
	}
}

func TestHealthIsPublicAndQuiet(t *testing.T) {
	h := serve(t, func(s *grpc.Server) { healthgrpc.RegisterHealthServer(s, health.NewServer()) })
	if _, err := healthgrpc.NewHealthClient(h.conn).Check(t.Context(), &healthgrpc.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	watch, err := healthgrpc.NewHealthClient(h.conn).Watch(t.Context(), &healthgrpc.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	for _, line := range h.log.lines(t, "call") {
		if line["level"] != "DEBUG" {
			t.Errorf("a health check was logged: %v", line)
		}
	}
}

// A stream has the same chain: it is refused before its first message.
func TestA04_StreamNeedsACredential(t *testing.T) {
	h := serve(t, func(s *grpc.Server) {
		s.RegisterService(&grpc.ServiceDesc{
			ServiceName: "payments.v1.PaymentService",
			Streams: []grpc.StreamDesc{{
				StreamName: "GetPayment", ServerStreams: true, ClientStreams: true,
				Handler: func(_ any, ss grpc.ServerStream) error {
					if err := ss.RecvMsg(&paymentsv1.GetPaymentRequest{}); err != nil {
						return err
					}
					return ss.SendMsg(&paymentsv1.GetPaymentResponse{Payment: declinedPayment("stolen_card")})
				},
			}},
		}, nil)
	})
	open := func(ctx context.Context, req proto.Message) (*paymentsv1.GetPaymentResponse, error) {
		stream, err := h.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, getPayment)
		if err != nil {
			return nil, err
		}
		// It may fail because the server has ended the stream, which RecvMsg tells better.
		_ = stream.SendMsg(req)
		resp := &paymentsv1.GetPaymentResponse{}
		return resp, stream.RecvMsg(resp)
	}

	if _, err := open(t.Context(), validRequests["GetPayment"]); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a token: %v, want UNAUTHENTICATED", err)
	}
	if _, err := open(as(t, tokenNobody), validRequests["GetPayment"]); status.Code(err) != codes.PermissionDenied {
		t.Errorf("without the scope: %v, want PERMISSION_DENIED", err)
	}
	if _, err := open(as(t, tokenAll), &paymentsv1.GetPaymentRequest{}); reasonOf(err) != "INVALID_FIELD" {
		t.Errorf("with an invalid message: %v, want INVALID_FIELD", err)
	}
	_, err := open(as(t, tokenAll), &paymentsv1.GetPaymentRequest{PaymentId: "4242 4242 4242 4242"})
	if text := status.Convert(err).Proto().String(); !strings.Contains(text, "looks like a card number") ||
		strings.Contains(text, "4242 4242") {
		t.Errorf("with a card number: %v, want INVALID_FIELD without it", err)
	}
	resp, err := open(as(t, tokenMost), validRequests["GetPayment"])
	if err != nil || resp.GetPayment().GetLastError().GetDeclineCode() != "generic_decline" {
		t.Errorf("got %v, %v, want the decline code hidden", resp, err)
	}
	resp, err = open(as(t, tokenAll), validRequests["GetPayment"])
	if err != nil || resp.GetPayment().GetLastError().GetDeclineCode() != "stolen_card" {
		t.Errorf("got %v, %v, want the true decline code", resp, err)
	}
}

func declinedPayment(declineCode string) *paymentsv1.Payment {
	return &paymentsv1.Payment{Id: "pi_1", LastError: apierr.NewPaymentError("card_declined", declineCode, "")}
}

// Who may not see why a card was refused sees a generic decline, in the answer, in the error and in the log.
func TestP23_HiddenDeclines(t *testing.T) {
	failing := serveAll(t, func(context.Context) (any, error) {
		return nil, apierr.FromStripe(apierr.StripeError{
			HTTPStatus: 402, Type: "card_error", Code: "card_declined", DeclineCode: "stolen_card", PaymentIntentID: "pi_1",
		}, apierr.Subject{Write: true, OperationID: "op_1"})
	})
	answering := serveAll(t, func(context.Context) (any, error) {
		return &paymentsv1.GetPaymentResponse{Payment: declinedPayment("stolen_card")}, nil
	})
	for _, tt := range []struct{ token, want string }{{tokenAll, "stolen_card"}, {tokenMost, "generic_decline"}} {
		err := failing.conn.Invoke(as(t, tt.token), getPayment, validRequests["GetPayment"], &paymentsv1.GetPaymentResponse{})
		text := status.Convert(err).Proto().String()
		if !strings.Contains(text, tt.want) || (tt.want != "stolen_card" && strings.Contains(text, "stolen")) {
			t.Errorf("%s: the status is %s, want %s", tt.token, text, tt.want)
		}
		resp := &paymentsv1.GetPaymentResponse{}
		if err := answering.conn.Invoke(as(t, tt.token), getPayment, validRequests["GetPayment"], resp); err != nil {
			t.Fatal(err)
		}
		if got := resp.GetPayment().GetLastError().GetDeclineCode(); got != tt.want {
			t.Errorf("%s: the answer says %q, want %q", tt.token, got, tt.want)
		}
	}
	if strings.Contains(failing.log.String(), "stolen") {
		t.Error("the log shows the hidden code")
	}
}

// Health has a protocol of its own: its statuses are not ours to change.
func TestPublicServicesAnswerForThemselves(t *testing.T) {
	h := serve(t, func(s *grpc.Server) { healthgrpc.RegisterHealthServer(s, health.NewServer()) })
	client := healthgrpc.NewHealthClient(h.conn)
	if _, err := client.Check(t.Context(), &healthgrpc.HealthCheckRequest{Service: "nope"}); status.Code(err) != codes.NotFound {
		t.Errorf("the health of an unknown service: %v, want NOT_FOUND", err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	watch, err := client.Watch(ctx, &healthgrpc.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	hangUp()
	for len(h.log.lines(t, "call")) < 2 {
		if _, err := watch.Recv(); err == nil {
			t.Fatal("the watch goes on")
		}
	}
	for _, line := range h.log.lines(t, "call") {
		if line["level"] == "ERROR" {
			t.Errorf("an asker that leaves, or asks for what is not there, made an alert: %v", line)
		}
	}
}

// Anybody can send any path; what is no rpc stays out of the log.
func TestA01_UnknownMethodsAreNotLogged(t *testing.T) {
	h := serve(t, func(s *grpc.Server) {
		s.RegisterService(&grpc.ServiceDesc{ServiceName: "evil", Methods: []grpc.MethodDesc{{
			MethodName: "4242424242424242",
			Handler: func(srv any, ctx context.Context, _ func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
				info := &grpc.UnaryServerInfo{Server: srv, FullMethod: "/evil/4242424242424242"}
				return chain(ctx, &paymentsv1.Money{}, info, func(context.Context, any) (any, error) {
					t.Error("it was reached")
					return &paymentsv1.Money{}, nil
				})
			},
		}}}, nil)
	})
	err := h.conn.Invoke(as(t, tokenAll), "/evil/4242424242424242", &paymentsv1.Money{}, &paymentsv1.Money{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("got %v, want UNIMPLEMENTED: no policy names it", err)
	}
	lines := h.log.lines(t, "call")
	if len(lines) != 1 || lines[0]["method"] != "unknown" {
		t.Errorf("the log says %v, want one line of an unknown method", lines)
	}
}

// An alert is for what an operator must look at. That a caller left is none.
func TestLevels(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, "INFO"},
		{apierr.InvalidField("x", "y"), "INFO"},
		{apierr.Unavailable(nil, 0), "WARN"},
		{apierr.OutcomePending("op_1", context.Canceled), "WARN"},
		{apierr.OutcomePending("op_1", apierr.ConstError("no answer")), "ERROR"},
		{apierr.ConstError("a bug"), "ERROR"},
	} {
		h := serveAll(t, func(context.Context) (any, error) { return &paymentsv1.GetPaymentResponse{}, tt.err })
		_ = h.conn.Invoke(as(t, tokenAll), getPayment, validRequests["GetPayment"], &paymentsv1.GetPaymentResponse{})
		if lines := h.log.lines(t, "call"); len(lines) != 1 || lines[0]["level"] != tt.want {
			t.Errorf("%v is logged as %v, want %s", tt.err, lines, tt.want)
		}
	}
}

// rawBytes sends bytes as they are.
type rawBytes struct{}

func (rawBytes) Marshal(v any) (mem.BufferSlice, error) {
	text, ok := v.(*string)
	if !ok {
		return nil, fmt.Errorf("it sends texts, not %T", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(*text)}, nil
}

func (rawBytes) Unmarshal(mem.BufferSlice, any) error { return nil }

func (rawBytes) Name() string { return "proto" }

// What is no message goes through the chain like any other request: an outsider hears only that it is one, and a caller
// what is wrong, with a line in the log.
func TestMalformedRequests(t *testing.T) {
	h := serveAll(t, func(context.Context) (any, error) {
		t.Error("the handler was reached")
		return &paymentsv1.GetPaymentResponse{}, nil
	})
	for name, sent := range map[string]string{
		"text that is not UTF-8": "\x0a\x04\xff\xfe\xfd\xfc",
		"cut off":                "\x0a\x20pi_1",
		"no protobuf":            "\xff\xff\xff\xff",
		"the mark itself":        "\x0a\x04pi_1" + "\xfa\xff\xff\xff\x0f\x00",
	} {
		err := h.conn.Invoke(t.Context(), getPayment, &sent, new(string), grpc.ForceCodecV2(rawBytes{}))
		if reasonOf(err) != "CREDENTIALS_INVALID" {
			t.Errorf("%s, of an outsider: %v, want CREDENTIALS_INVALID", name, err)
		}
		err = h.conn.Invoke(as(t, tokenAll), getPayment, &sent, new(string), grpc.ForceCodecV2(rawBytes{}))
		if status.Code(err) != codes.InvalidArgument || reasonOf(err) != "INVALID_FIELD" {
			t.Errorf("%s: %v, want INVALID_ARGUMENT, INVALID_FIELD", name, err)
		}
	}
	if got := len(h.log.lines(t, "call")); got != 8 {
		t.Errorf("%d lines were logged, want 8", got)
	}
}
