package canonical_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const goldenKey = "order-1001-attempt-1"

// golden is a request and its hash.
type golden struct {
	name string
	req  proto.Message
	want string
}

// goldenHashes has the least and a full request of each rpc that changes something. The hashes stand in databases: one
// that changes makes every repetition that is under way look like another request. They were computed apart from this
// code, from the numbers of the fields. The one way to change them is a new version.
var goldenHashes = []golden{
	{
		"CreatePayment, least",
		&paymentsv1.CreatePaymentRequest{IdempotencyKey: goldenKey, Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"}},
		"0140ad014ef6468fe17037768676a62beebff130d90b818a56a30738478fcbe863",
	},
	{
		"CreatePayment, full",
		&paymentsv1.CreatePaymentRequest{
			IdempotencyKey: goldenKey, Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"}, CustomerId: "cus_1",
			PaymentMethodId: "pm_1", PaymentMethodTypes: []string{"us_bank_account", "card"},
			CaptureMethod: paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL, Confirm: true, OffSession: true,
			SetupFutureUsage: paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_OFF_SESSION,
			ReturnUrl:        "https://shop.example/back", Description: "Grüße €", StatementDescriptorSuffix: "ORDER 1001",
			ReceiptEmail: "ada@example.com", Metadata: map[string]string{"order": "1001", "cart": "7"},
		},
		"01cbf2ef390ad97e99dfd585cd427438dbb73c7badbced4471bf484c7ba952ffb8",
	},
	{
		"UpdatePayment, least",
		&paymentsv1.UpdatePaymentRequest{IdempotencyKey: goldenKey, PaymentId: "pi_1", Payment: &paymentsv1.Payment{}},
		"01bb27556560dfe911f65de4dc753732c0479377badcbd782fbc4958a0757dc090",
	},
	{
		"UpdatePayment, full",
		&paymentsv1.UpdatePaymentRequest{
			IdempotencyKey: goldenKey, PaymentId: "pi_1",
			Payment: &paymentsv1.Payment{
				Amount: &paymentsv1.Money{MinorUnits: 1, CurrencyCode: "JPY"}, CustomerId: "cus_1", PaymentMethodId: "pm_1",
				CaptureMethod: paymentsv1.CaptureMethod_CAPTURE_METHOD_AUTOMATIC, Description: "d", StatementDescriptor: "s",
				StatementDescriptorSuffix: "x", ReceiptEmail: "ada@example.com", Metadata: map[string]string{"order": ""},
				SetupFutureUsage:   paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_ON_SESSION,
				PaymentMethodTypes: []string{"card"},
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"metadata", "amount"}},
		},
		"018b9de0eeee0f22c6095f0a17eff59d5d02f75d498ad3411f11790769bbab06f8",
	},
	{
		"ConfirmPayment, least",
		&paymentsv1.ConfirmPaymentRequest{IdempotencyKey: goldenKey, PaymentId: "pi_1"},
		"01efc7de89ee6f1d0e940c6c681e982e1c20b74142fe5b5d9ff99d89f65a22961c",
	},
	{
		"ConfirmPayment, full",
		&paymentsv1.ConfirmPaymentRequest{
			IdempotencyKey: goldenKey, PaymentId: "pi_1", PaymentMethodId: "pm_1", OffSession: true,
			ReturnUrl:        "https://shop.example/back",
			SetupFutureUsage: paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_ON_SESSION, ReceiptEmail: "ada@example.com",
		},
		"01d4e631d84fcb1b2181286b7fd13e7454418173711d01029c733242ae7c3abe6a",
	},
	{
		"CapturePayment, least",
		&paymentsv1.CapturePaymentRequest{IdempotencyKey: goldenKey, PaymentId: "pi_1"},
		"0153bbf04ca6c9afac1b42a906347d9f42eb6a926f898de74330e92d81cc0cebf0",
	},
	{
		"CapturePayment, full",
		&paymentsv1.CapturePaymentRequest{
			IdempotencyKey: goldenKey, PaymentId: "pi_1", Amount: &paymentsv1.Money{MinorUnits: 500, CurrencyCode: "USD"},
			FinalCapture: new(false),
		},
		"012026dd12f6dd0dc8f993f6fe99376161038308933de04604ff64bed7a33f0ccc",
	},
	{
		"CancelPayment, least",
		&paymentsv1.CancelPaymentRequest{IdempotencyKey: goldenKey, PaymentId: "pi_1"},
		"010983dfb5f18a8ce36e4f8e5d4ba3205e808f31c10d95a020b02e14669ff8393e",
	},
	{
		"CancelPayment, full",
		&paymentsv1.CancelPaymentRequest{
			IdempotencyKey: goldenKey, PaymentId: "pi_1",
			CancellationReason: paymentsv1.CancellationReason_CANCELLATION_REASON_DUPLICATE,
		},
		"019163d72c4da699cdea29261657fbb5cd22f3289341deca01b9fcc192a6437833",
	},
	{
		"CreateRefund, least",
		&paymentsv1.CreateRefundRequest{IdempotencyKey: goldenKey, PaymentId: "pi_1"},
		"01a4bb7b15da7fdfc54bdc059a4105c0e31341e0dbf054f22b392669e837da71c4",
	},
	{
		"CreateRefund, full",
		&paymentsv1.CreateRefundRequest{
			IdempotencyKey: goldenKey, PaymentId: "pi_1", Amount: &paymentsv1.Money{MinorUnits: 500, CurrencyCode: "USD"},
			Reason: paymentsv1.RefundReason_REFUND_REASON_DUPLICATE, Metadata: map[string]string{"order": "1001"},
		},
		"01a1b8be9956a9b6c405e640e7b2f4a28c760b72ab61071f796b37295955eadf9a",
	},
	{
		"CancelRefund",
		&paymentsv1.CancelRefundRequest{IdempotencyKey: goldenKey, RefundId: "re_1"},
		"01913ce6768aca63b7ebeadd8b9b0822e9a72df8a8777b14ab2ea27e5535e12a0a",
	},
}

func TestM58_HashesStayTheSame(t *testing.T) {
	for _, golden := range slices.Concat(goldenHashes, customerHashes, subscriptionHashes) {
		t.Run(golden.name, func(t *testing.T) {
			if got := hash(golden.req); got != golden.want {
				t.Errorf("the hash is %s, want %s", got, golden.want)
			}
		})
	}
}

// No rpc with a key is without a golden hash, and a full request sets every field.
func TestM58_NoRequestIsForgotten(t *testing.T) {
	for _, request := range requestsWithKey() {
		fields := request.Fields()
		set := map[protoreflect.Name]bool{}
		for _, golden := range slices.Concat(goldenHashes, customerHashes, subscriptionHashes) {
			if golden.req.ProtoReflect().Descriptor() != request {
				continue
			}
			golden.req.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
				set[field.Name()] = true
				return true
			})
		}
		for i := range fields.Len() {
			if !set[fields.Get(i).Name()] {
				t.Errorf("no golden hash is of a %s with %s", request.Name(), fields.Get(i).Name())
			}
		}
	}
}

// The form takes a list for a set, unless it is named there as one in which the order means something, from its first day
// on. Whoever adds a list says here which of the two it is.
func TestEveryListIsASetOrOrdered(t *testing.T) {
	want := []protoreflect.FullName{
		"google.protobuf.FieldMask.paths",
		"payments.v1.ChangePlanRequest.changes",
		"payments.v1.ChangePlanRequest.new_items",
		"payments.v1.CreatePaymentRequest.payment_method_types",
		"payments.v1.CreateSetupIntentRequest.payment_method_types",
		"payments.v1.CreateSubscriptionRequest.items",
		"payments.v1.CreateSubscriptionRequest.payment_method_types",
		"payments.v1.Customer.preferred_locales", // ordered, see TestOrderOfLocalesCounts
		"payments.v1.Invoice.lines",
		"payments.v1.Payment.payment_method_types",
		"payments.v1.PendingChange.items",
		"payments.v1.ScheduledChange.items",
		"payments.v1.Subscription.items",
		"payments.v1.VerifyMicrodepositsRequest.amounts",
	}
	var got []protoreflect.FullName
	seen := map[protoreflect.FullName]bool{}
	for _, request := range requestsWithKey() {
		got = appendLists(got, request, seen)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the lists in requests are others (-want +got):\n%s", diff)
	}
}

// Who prefers German to French asks for something else than who prefers French to German.
func TestOrderOfLocalesCounts(t *testing.T) {
	of := func(locales ...string) string {
		return hash(&paymentsv1.CreateCustomerRequest{Customer: &paymentsv1.Customer{PreferredLocales: locales}})
	}
	if of("de", "fr") == of("fr", "de") {
		t.Error("the order of the locales is lost")
	}
	if of("de") == of("de", "de") || of("de", "fr") == of("d", "efr") {
		t.Error("the hash of locales is not that of the list")
	}
}

// requestsWithKey returns the requests of all rpcs that take an idempotency key.
func requestsWithKey() []protoreflect.MessageDescriptor {
	var requests []protoreflect.MessageDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("payments.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if input := methods.Get(j).Input(); input.Fields().ByName(idempotencyKey) != nil {
					requests = append(requests, input)
				}
			}
		}
		return true
	})
	return requests
}

func appendLists(
	lists []protoreflect.FullName, m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool,
) []protoreflect.FullName {
	if seen[m.FullName()] {
		return lists
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		if field.IsList() {
			lists = append(lists, field.FullName())
		}
		if field.Message() != nil {
			lists = appendLists(lists, field.Message(), seen)
		}
	}
	return lists
}
