package client

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// keyField is what the contract calls the idempotency key, in every request that has one.
const keyField = "idempotency_key"

// kind says why a call may be repeated.
type kind int

const (
	// kindOther may not: nothing makes it safe.
	kindOther kind = iota
	// kindRead changes nothing.
	kindRead
	// kindKeyed is done once for each key.
	kindKeyed
)

// method is what the client must know of an rpc.
type method struct {
	kind kind
	// fillsKey is whether a call without a key gets one. Otherwise it is refused.
	fillsKey bool
}

// harmless are the writes that take nobody's money and may be done twice: a caller that crashed and calls again, with
// another key, finds the object as it wanted it. All others, those of a later contract too, need a key of the caller's
// own.
var harmless = map[string]bool{
	paymentsv1.PaymentService_UpdatePayment_FullMethodName: true,
	paymentsv1.PaymentService_CancelPayment_FullMethodName: true,
	paymentsv1.PaymentService_CancelRefund_FullMethodName:  true,

	paymentsv1.CustomerService_UpdateCustomer_FullMethodName:          true,
	paymentsv1.CustomerService_DeleteCustomer_FullMethodName:          true,
	paymentsv1.CustomerService_EnsureCustomer_FullMethodName:          true, // the reference does what a key does
	paymentsv1.CustomerService_UpdatePaymentMethod_FullMethodName:     true,
	paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName:     true,
	paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName:     true,
	paymentsv1.CustomerService_SetDefaultPaymentMethod_FullMethodName: true,
	paymentsv1.CustomerService_CancelSetupIntent_FullMethodName:       true,

	paymentsv1.SubscriptionService_UpdatePlan_FullMethodName:        true,
	paymentsv1.SubscriptionService_PauseSubscription_FullMethodName: true,
	paymentsv1.SubscriptionService_VoidInvoice_FullMethodName:       true,
}

// contract reads the rpcs from their descriptors, by full name as grpc-go has it.
func contract() map[string]method {
	methods := map[string]method{}
	name := paymentsv1.File_payments_v1_payment_service_proto.Package()
	protoregistry.GlobalFiles.RangeFilesByPackage(name, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				descriptor := service.Methods().Get(j)
				full := "/" + string(service.FullName()) + "/" + string(descriptor.Name())
				methods[full] = method{kind: kindOf(descriptor), fillsKey: harmless[full]}
			}
		}
		return true
	})
	return methods
}

func kindOf(descriptor protoreflect.MethodDescriptor) kind {
	if options, ok := descriptor.Options().(*descriptorpb.MethodOptions); ok &&
		options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS {
		return kindRead
	}
	if descriptor.Input().Fields().ByName(keyField) != nil {
		return kindKeyed
	}
	return kindOther
}
