package interceptor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const key = "order-1001-attempt-1"

// validRequests holds a request of every rpc that passes validation.
var validRequests = map[string]proto.Message{
	"CreatePayment": &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: key, Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
	},
	"GetPayment":             &paymentsv1.GetPaymentRequest{PaymentId: "pi_1"},
	"WatchPayment":           &paymentsv1.WatchPaymentRequest{PaymentId: "pi_1"},
	"ListPayments":           &paymentsv1.ListPaymentsRequest{},
	"UpdatePayment":          &paymentsv1.UpdatePaymentRequest{IdempotencyKey: key, PaymentId: "pi_1", Payment: &paymentsv1.Payment{}},
	"ConfirmPayment":         &paymentsv1.ConfirmPaymentRequest{IdempotencyKey: key, PaymentId: "pi_1"},
	"CapturePayment":         &paymentsv1.CapturePaymentRequest{IdempotencyKey: key, PaymentId: "pi_1"},
	"CancelPayment":          &paymentsv1.CancelPaymentRequest{IdempotencyKey: key, PaymentId: "pi_1"},
	"GetPaymentClientSecret": &paymentsv1.GetPaymentClientSecretRequest{PaymentId: "pi_1"},
	"CreateRefund":           &paymentsv1.CreateRefundRequest{IdempotencyKey: key, PaymentId: "pi_1"},
	"GetRefund":              &paymentsv1.GetRefundRequest{RefundId: "re_1"},
	"ListRefunds":            &paymentsv1.ListRefundsRequest{},
	"CancelRefund":           &paymentsv1.CancelRefundRequest{IdempotencyKey: key, RefundId: "re_1"},
	"CreateCustomer":         &paymentsv1.CreateCustomerRequest{IdempotencyKey: key},
	"GetCustomer":            &paymentsv1.GetCustomerRequest{CustomerId: "cus_1"},
	"ListCustomers":          &paymentsv1.ListCustomersRequest{},
	"UpdateCustomer":         &paymentsv1.UpdateCustomerRequest{IdempotencyKey: key, CustomerId: "cus_1", Customer: &paymentsv1.Customer{}},
	"DeleteCustomer":         &paymentsv1.DeleteCustomerRequest{IdempotencyKey: key, CustomerId: "cus_1"},
	"EnsureCustomer":         &paymentsv1.EnsureCustomerRequest{IdempotencyKey: key, Reference: "user-4711"},
	"CreatePaymentMethod": &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: key, Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: "tok_visa"},
	},
	"GetPaymentMethod":   &paymentsv1.GetPaymentMethodRequest{PaymentMethodId: "pm_1"},
	"ListPaymentMethods": &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_1"},
	"UpdatePaymentMethod": &paymentsv1.UpdatePaymentMethodRequest{
		IdempotencyKey: key, PaymentMethodId: "pm_1", PaymentMethod: &paymentsv1.PaymentMethod{},
	},
	"AttachPaymentMethod":        &paymentsv1.AttachPaymentMethodRequest{IdempotencyKey: key, PaymentMethodId: "pm_1", CustomerId: "cus_1"},
	"DetachPaymentMethod":        &paymentsv1.DetachPaymentMethodRequest{IdempotencyKey: key, PaymentMethodId: "pm_1"},
	"SetDefaultPaymentMethod":    &paymentsv1.SetDefaultPaymentMethodRequest{IdempotencyKey: key, CustomerId: "cus_1"},
	"CreateSetupIntent":          &paymentsv1.CreateSetupIntentRequest{IdempotencyKey: key},
	"GetSetupIntent":             &paymentsv1.GetSetupIntentRequest{SetupIntentId: "seti_1"},
	"ConfirmSetupIntent":         &paymentsv1.ConfirmSetupIntentRequest{IdempotencyKey: key, SetupIntentId: "seti_1"},
	"CancelSetupIntent":          &paymentsv1.CancelSetupIntentRequest{IdempotencyKey: key, SetupIntentId: "seti_1"},
	"GetSetupIntentClientSecret": &paymentsv1.GetSetupIntentClientSecretRequest{SetupIntentId: "seti_1"},
	"VerifyMicrodeposits": &paymentsv1.VerifyMicrodepositsRequest{
		IdempotencyKey: key, Amounts: []int32{32, 45},
		Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: "seti_1"},
	},
	"CreatePlan":         &paymentsv1.CreatePlanRequest{IdempotencyKey: key, Plan: &paymentsv1.Plan{}},
	"GetPlan":            &paymentsv1.GetPlanRequest{PlanId: "price_1"},
	"ListPlans":          &paymentsv1.ListPlansRequest{},
	"UpdatePlan":         &paymentsv1.UpdatePlanRequest{IdempotencyKey: key, PlanId: "price_1", Plan: &paymentsv1.Plan{}},
	"CreateSubscription": &paymentsv1.CreateSubscriptionRequest{IdempotencyKey: key, CustomerId: "cus_1", Items: onePlan},
	"GetSubscription":    &paymentsv1.GetSubscriptionRequest{SubscriptionId: "sub_1"},
	"ListSubscriptions":  &paymentsv1.ListSubscriptionsRequest{},
	"UpdateSubscription": &paymentsv1.UpdateSubscriptionRequest{
		IdempotencyKey: key, SubscriptionId: "sub_1", Subscription: &paymentsv1.Subscription{},
	},
	"ChangePlan":        &paymentsv1.ChangePlanRequest{IdempotencyKey: key, SubscriptionId: "sub_1", NewItems: onePlan},
	"PreviewPlanChange": &paymentsv1.PreviewPlanChangeRequest{SubscriptionId: "sub_1", NewItems: onePlan},
	"PauseSubscription": &paymentsv1.PauseSubscriptionRequest{
		IdempotencyKey: key, SubscriptionId: "sub_1", Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
	},
	"ResumeSubscription": &paymentsv1.ResumeSubscriptionRequest{IdempotencyKey: key, SubscriptionId: "sub_1"},
	"CancelSubscription": &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: key, SubscriptionId: "sub_1", When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
	},
	"GetInvoice":      &paymentsv1.GetInvoiceRequest{InvoiceId: "in_1"},
	"ListInvoices":    &paymentsv1.ListInvoicesRequest{},
	"FinalizeInvoice": &paymentsv1.FinalizeInvoiceRequest{IdempotencyKey: key, InvoiceId: "in_1"},
	"PayInvoice":      &paymentsv1.PayInvoiceRequest{IdempotencyKey: key, InvoiceId: "in_1"},
	"VoidInvoice":     &paymentsv1.VoidInvoiceRequest{IdempotencyKey: key, InvoiceId: "in_1"},
	"CheckAccess": &paymentsv1.CheckAccessRequest{
		CustomerId: "cus_1", Plan: &paymentsv1.CheckAccessRequest_LookupKey{LookupKey: "gold"},
	},
	"StreamEvents":    &paymentsv1.StreamEventsRequest{},
	"AckEvents":       &paymentsv1.AckEventsRequest{Consumer: "shipping", Positions: []int64{1}},
	"ListEvents":      &paymentsv1.ListEventsRequest{},
	"GetEvent":        &paymentsv1.GetEventRequest{EventId: "ev_" + strings.Repeat("a", 52)},
	"ListConsumers":   &paymentsv1.ListConsumersRequest{},
	"SeekConsumer":    &paymentsv1.SeekConsumerRequest{Consumer: "shipping", Target: &paymentsv1.SeekConsumerRequest_Position{}},
	"DeleteConsumer":  &paymentsv1.DeleteConsumerRequest{Consumer: "shipping"},
	"ListDeadLetters": &paymentsv1.ListDeadLettersRequest{},
	"RetryDeadLetter": &paymentsv1.RetryDeadLetterRequest{DeadLetterId: "evt_1"},
	"GetOperation":    &paymentsv1.GetOperationRequest{OperationId: anOperation},
	"ListOperations":  &paymentsv1.ListOperationsRequest{},
	"ResolveOperation": &paymentsv1.ResolveOperationRequest{
		OperationId: anOperation, Note: "a test", Resolution: &paymentsv1.ResolveOperationRequest_NotDone{NotDone: true},
	},
}

var onePlan = []*paymentsv1.NewSubscriptionItem{{PlanId: "price_1"}}

const anOperation = "op_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// everyMethod runs a test for each rpc of the contract, with a valid request and room for the answer.
func everyMethod(t *testing.T, test func(t *testing.T, method string, req, resp proto.Message)) {
	t.Helper()
	for _, service := range services() {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			t.Run(string(method.Name()), func(t *testing.T) {
				req := validRequests[string(method.Name())]
				if req == nil {
					t.Fatal("validRequests has no request of this rpc")
				}
				test(t, "/"+string(service.FullName())+"/"+string(method.Name()), req, newMessage(t, method.Output()))
			})
		}
	}
}

func newMessage(t *testing.T, descriptor protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

// serveAll serves every rpc with one handler.
func serveAll(t *testing.T, handle func(ctx context.Context) (any, error)) *harness {
	t.Helper()
	return serve(t, func(s *grpc.Server) {
		for _, service := range services() {
			s.RegisterService(handledBy(service, handle), nil)
		}
	})
}

// handledBy describes a service of which every rpc has one handler.
func handledBy(service protoreflect.ServiceDescriptor, handle func(ctx context.Context) (any, error)) *grpc.ServiceDesc {
	desc := &grpc.ServiceDesc{ServiceName: string(service.FullName())}
	for i := range service.Methods().Len() {
		name := string(service.Methods().Get(i).Name())
		if service.Methods().Get(i).IsStreamingServer() {
			desc.Streams = append(desc.Streams, grpc.StreamDesc{
				StreamName: name, ServerStreams: true,
				Handler: func(_ any, ss grpc.ServerStream) error {
					req := proto.Clone(validRequests[name])
					proto.Reset(req)
					if err := ss.RecvMsg(req); err != nil {
						return err
					}
					resp, err := handle(ss.Context())
					if err != nil {
						return err
					}
					return ss.SendMsg(resp)
				},
			})
			continue
		}
		desc.Methods = append(desc.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler: func(srv any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
				req := proto.Clone(validRequests[name])
				proto.Reset(req)
				if err := decode(req); err != nil {
					return nil, err
				}
				info := &grpc.UnaryServerInfo{Server: srv, FullMethod: "/" + desc.ServiceName + "/" + name}
				return chain(ctx, req, info, func(ctx context.Context, _ any) (any, error) { return handle(ctx) })
			},
		})
	}
	return desc
}

func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func TestA02_EveryMethodNeedsACredential(t *testing.T) {
	h := serveAll(t, func(context.Context) (any, error) {
		t.Error("the handler was reached")
		return nil, errors.New("reached")
	})
	everyMethod(t, func(t *testing.T, method string, req, resp proto.Message) {
		t.Helper()
		err := h.conn.Invoke(t.Context(), method, req, resp)
		if status.Code(err) != codes.Unauthenticated || reasonOf(err) != "CREDENTIALS_INVALID" {
			t.Errorf("without a token: %v, want UNAUTHENTICATED, CREDENTIALS_INVALID", err)
		}
		err = h.conn.Invoke(as(t, "wrong"), method, req, resp)
		if status.Code(err) != codes.Unauthenticated || reasonOf(err) != "CREDENTIALS_INVALID" {
			t.Errorf("with a wrong token: %v, want UNAUTHENTICATED, CREDENTIALS_INVALID", err)
		}
	})
}

func TestA03_EveryMethodNeedsItsScope(t *testing.T) {
	h := serveAll(t, func(context.Context) (any, error) {
		t.Error("the handler was reached")
		return nil, errors.New("reached")
	})
	everyMethod(t, func(t *testing.T, method string, req, resp proto.Message) {
		t.Helper()
		err := h.conn.Invoke(as(t, tokenNobody), method, req, resp)
		if status.Code(err) != codes.PermissionDenied || reasonOf(err) != "SCOPE_MISSING" {
			t.Errorf("got %v, want PERMISSION_DENIED, SCOPE_MISSING", err)
		}
	})
}

// Neither the panic's text nor the stack reaches the caller, and the log holds no text that the code made.
func TestPanicIsInternalWithoutText(t *testing.T) {
	const canary = "canary-of-the-panic"
	h := serveAll(t, func(context.Context) (any, error) { panic(canary) }) //nolint:forbidigo // it is the panic that is tested
	everyMethod(t, func(t *testing.T, method string, req, resp proto.Message) {
		t.Helper()
		err := h.conn.Invoke(as(t, tokenAll), method, req, resp)
		if status.Code(err) != codes.Internal || reasonOf(err) != "INTERNAL" {
			t.Errorf("got %v, want INTERNAL", err)
		}
		if text := status.Convert(err).Proto().String(); strings.Contains(text, canary) || strings.Contains(text, "goroutine") {
			t.Errorf("the status shows the panic: %s", text)
		}
	})
	if strings.Contains(h.log.String(), canary) {
		t.Error("the log shows the panic's text")
	}
	if got, want := len(h.log.lines(t, "panic")), len(validRequests); got != want {
		t.Errorf("%d panics were logged, want %d", got, want)
	}
}

// Whatever is not an error of ours becomes one neutral sentence.
func TestUnknownErrorsAreNeutral(t *testing.T) {
	const canary = "canary-of-the-error"
	for _, err := range []error{
		errors.New(canary),
		status.Error(codes.DataLoss, canary),
		errors.Join(errors.New(canary), status.Error(codes.PermissionDenied, canary)),
	} {
		h := serveAll(t, func(context.Context) (any, error) { return nil, err })
		got := h.conn.Invoke(as(t, tokenAll), "/payments.v1.PaymentService/GetPayment", validRequests["GetPayment"],
			&paymentsv1.GetPaymentResponse{})
		if status.Code(got) != codes.Internal || reasonOf(got) != "INTERNAL" ||
			strings.Contains(status.Convert(got).Proto().String(), canary) {
			t.Errorf("%v became %v, want INTERNAL without its text", err, got)
		}
		if strings.Contains(h.log.String(), canary) {
			t.Error("the log shows the error's text")
		}
	}
}

// The message is the one of the reason, whatever an error of ours is wrapped in.
func TestWrappingDoesNotChangeTheStatus(t *testing.T) {
	inner := apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE)
	h := serveAll(t, func(context.Context) (any, error) {
		return nil, errors.Join(errors.New("canary"), inner)
	})
	err := h.conn.Invoke(as(t, tokenAll), "/payments.v1.PaymentService/GetPayment", validRequests["GetPayment"],
		&paymentsv1.GetPaymentResponse{})
	if status.Code(err) != codes.FailedPrecondition || status.Convert(err).Message() != inner.Message {
		t.Errorf("got %v, want FAILED_PRECONDITION with %q", err, inner.Message)
	}
}
