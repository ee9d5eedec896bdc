package client

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// domain is that of Tillgate's own google.rpc.ErrorInfo.
const domain = "payments.tillgate.dev"

// ReasonOf returns why Tillgate refused a call. It is UNSPECIFIED for nil, for an error that is not Tillgate's (the
// connection broke, a proxy answered, the context ended here) and for a reason that is newer than this client: then
// status.Code says what there is to know.
func ReasonOf(err error) paymentsv1.ErrorReason {
	return paymentsv1.ErrorReason(paymentsv1.ErrorReason_value["ERROR_REASON_"+infoOf(err).GetReason()])
}

// DeclineOf returns the refusal of a payment, of a setup intent or of a payment method, for an error with the reason
// PAYMENT_DECLINED or AUTHENTICATION_REQUIRED, and false for any other. The payment, or setup intent, exists all the same:
// ConfirmPayment with the decline's payment id, or ConfirmSetupIntent with its setup intent id, another method and a new key
// tries it again. Only GetCustomerMessage is meant for the customer.
func DeclineOf(err error) (*paymentsv1.Decline, bool) {
	return detail[*paymentsv1.Decline](err)
}

// ViolationsOf returns what is wrong with a request, by the path of the field (`amount.minor_units`), and nil for an
// error that names no field. Several faults of one field are joined by "; ".
func ViolationsOf(err error) map[string]string {
	request, ok := detail[*errdetails.BadRequest](err)
	if !ok {
		return nil
	}
	violations := make(map[string]string, len(request.GetFieldViolations()))
	for _, v := range request.GetFieldViolations() {
		if earlier, ok := violations[v.GetField()]; ok {
			violations[v.GetField()] = earlier + "; " + v.GetDescription()
			continue
		}
		violations[v.GetField()] = v.GetDescription()
	}
	return violations
}

// RequestIDOf returns Tillgate's id of the failed call, which stands in its log: quote it to the operator. It is empty
// where Tillgate did not answer.
func RequestIDOf(err error) string {
	info, _ := detail[*errdetails.RequestInfo](err)
	return info.GetRequestId()
}

// OperationIDOf returns the id of the write that failed, which is the same for each repetition with the same key. It is
// empty for a read and where Tillgate did not get as far.
func OperationIDOf(err error) string {
	return infoOf(err).GetMetadata()["operation_id"]
}

// RetryAfterOf returns how long Tillgate wants the same call, with the same key, to wait at least before it comes
// again, and false where it does not say. It is about a call that may succeed by itself: how long to wait after a
// decline says Decline.
func RetryAfterOf(err error) (time.Duration, bool) {
	info, ok := detail[*errdetails.RetryInfo](err)
	if !ok || info.GetRetryDelay() == nil {
		return 0, false
	}
	return max(info.GetRetryDelay().AsDuration(), 0), true
}

// infoOf returns Tillgate's own ErrorInfo, or nil.
func infoOf(err error) *errdetails.ErrorInfo {
	info, _ := detail[*errdetails.ErrorInfo](err)
	if info.GetDomain() != domain {
		return nil
	}
	return info
}

// detail returns the first detail of a type, through any wrapping.
func detail[T proto.Message](err error) (found T, ok bool) {
	s, _ := status.FromError(err)
	for _, d := range s.Details() {
		if found, ok = d.(T); ok {
			return found, true
		}
	}
	return found, false
}
