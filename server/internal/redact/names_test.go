package redact_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// isSensitive says whether a field of this name holds what is personal or secret. The list is short on purpose: it
// catches the mark that was forgotten, and does not replace thinking about a new field.
func isSensitive(name protoreflect.Name) bool {
	for _, ending := range []string{"_email", "_phone", "_secret", "_url", "_password"} {
		if strings.HasSuffix(string(name), ending) {
			return true
		}
	}
	return slices.Contains([]protoreflect.Name{
		"email", "phone", "name", "first_name", "last_name", "full_name", "holder_name", "customer_name",
		"line1", "line2", "city", "postal_code", "date_of_birth", "ip_address", "user_agent", "tax_id",
		"description", "metadata", "reference", "url", "secret", "password",
		"routing_number", "account_number", "iban", "mandate_reference",
	}, name)
}

// harmless are fields that are of a sensitive name, and hold what the company tells everybody, or calls its own programs.
var harmless = []protoreflect.FullName{
	"payments.v1.Plan.name", "payments.v1.Plan.description", "payments.v1.Consumer.name",
}

// unmarked returns the fields of a message that are sensitive by their name and are not marked.
func unmarked(message protoreflect.MessageDescriptor) []protoreflect.FullName {
	var names []protoreflect.FullName
	fields := message.Fields()
	for i := range fields.Len() {
		if fd := fields.Get(i); holdsText(fd) && isSensitive(fd.Name()) && !isMarked(fd) &&
			!slices.Contains(harmless, fd.FullName()) {
			names = append(names, fd.FullName())
		}
	}
	return names
}

// holdsText leaves out single messages, whose own fields are looked at.
func holdsText(fd protoreflect.FieldDescriptor) bool {
	return fd.IsMap() || fd.Kind() == protoreflect.StringKind || fd.Kind() == protoreflect.BytesKind
}

func TestSensitiveFieldsAreMarked(t *testing.T) {
	for _, kind := range messagesOfPayments(t) {
		for _, name := range unmarked(kind.Descriptor()) {
			t.Errorf("%s needs [debug_redact = true]", name)
		}
	}
}

func TestAnUnmarkedSensitiveFieldIsNoticed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		marked bool
		want   int
	}{
		{"email", false, 1},
		{"receipt_email", false, 1},
		{"client_secret", false, 1},
		{"metadata", false, 1},
		{"hosted_voucher_url", false, 1},
		{"email", true, 0},
		{"payment_id", false, 0},
		{"bank_name", false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			field := single(descriptorpb.FieldDescriptorProto_TYPE_STRING)
			field.Name = &tt.name
			field.Options = &descriptorpb.FieldOptions{DebugRedact: &tt.marked}
			if got := unmarked(messageWith(t, field)); len(got) != tt.want {
				t.Errorf("unmarked = %v, want %d fields", got, tt.want)
			}
		})
	}
}
