package app_test

import (
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "github.com/tillgate/tillgate/gen/payments/v1"
)

// methods are all rpcs of the contract.
func methods(t *testing.T) []protoreflect.MethodDescriptor {
	t.Helper()
	var all []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("payments.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			list := file.Services().Get(i).Methods()
			for j := range list.Len() {
				all = append(all, list.Get(j))
			}
		}
		return true
	})
	if len(all) == 0 {
		t.Fatal("the contract has no rpc")
	}
	return all
}

func isRead(method protoreflect.MethodDescriptor) bool {
	options, ok := method.Options().(*descriptorpb.MethodOptions)
	return ok && options.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}

// What reads says so, and nothing else does: clients may repeat it.
func TestContractReadsHaveNoSideEffects(t *testing.T) {
	for _, method := range methods(t) {
		name := string(method.Name())
		reads := slices.ContainsFunc([]string{"Get", "List", "Preview", "Check", "Watch", "Stream"}, func(verb string) bool {
			return strings.HasPrefix(name, verb)
		})
		if isRead(method) != reads {
			t.Errorf("%s: NO_SIDE_EFFECTS is %v", name, isRead(method))
		}
	}
}

// repeatable are the rpcs that change something and need no key: what is done is not done again.
var repeatable = map[string]bool{
	"AckEvents":        true, // What is acknowledged is not acknowledged again.
	"SeekConsumer":     true, // It is at a position, however often it is moved there.
	"DeleteConsumer":   true, // What is gone is not deleted again.
	"RetryDeadLetter":  true, // Only a dead letter can be tried again, and then it is none any more.
	"ResolveOperation": true, // Only an operation that is UNKNOWN can be resolved, and then it is not any more.
}

// What changes something has a key, and the key has the one rule; what reads has none.
func TestContractWritesHaveAKey(t *testing.T) {
	for _, method := range methods(t) {
		field := method.Input().Fields().ByName("idempotency_key")
		if repeatable[string(method.Name())] {
			if field != nil {
				t.Errorf("%s: idempotency_key is %v", method.Name(), field)
			}
			continue
		}
		if (field == nil) != isRead(method) {
			t.Errorf("%s: idempotency_key is %v", method.Name(), field)
		}
		if field == nil {
			continue
		}
		if field.Number() != 1 {
			t.Errorf("%s: idempotency_key has the number %d, want 1", method.Name(), field.Number())
		}
		for key, valid := range map[string]bool{
			"": false, "1234567": false, "12345678": true, strings.Repeat("k", 128): true, strings.Repeat("k", 129): false,
			"order 1001": false, " order-1001": false, "order-1001\n": false, "A.z_0:-9": true, "\u00f6rder-1001": false,
		} {
			if got := !violates(t, method.Input(), "idempotency_key", key); got != valid {
				t.Errorf("%s: the key %q is valid = %v, want %v", method.Name(), key, got, valid)
			}
		}
		if method.Output().Fields().ByName("replayed") == nil {
			t.Errorf("%s does not say whether its answer is replayed", method.Name())
		}
	}
}

// violates says whether a message with this value breaks a rule of the field.
func violates(t *testing.T, message protoreflect.MessageDescriptor, field, value string) bool {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
	if err != nil {
		t.Fatal(err)
	}
	m := kind.New()
	m.Set(message.Fields().ByName(protoreflect.Name(field)), protoreflect.ValueOfString(value))
	err = protovalidate.Validate(m.Interface())
	return err != nil && strings.Contains(err.Error(), field+":")
}

// Every list can be paged, from the first day on.
func TestContractListsArePaged(t *testing.T) {
	for _, method := range methods(t) {
		if !strings.HasPrefix(string(method.Name()), "List") {
			continue
		}
		for _, want := range []struct {
			in    protoreflect.MessageDescriptor
			field protoreflect.Name
			kind  protoreflect.Kind
		}{
			{method.Input(), "page_size", protoreflect.Int32Kind},
			{method.Input(), "page_token", protoreflect.StringKind},
			{method.Output(), "next_page_token", protoreflect.StringKind},
		} {
			if field := want.in.Fields().ByName(want.field); field == nil || field.Kind() != want.kind {
				t.Errorf("%s: %s is %v", method.Name(), want.field, field)
			}
		}
	}
}

// Requests and responses belong to one rpc each, so that each can change alone.
func TestContractMessagesAreNotShared(t *testing.T) {
	for _, method := range methods(t) {
		if method.Input().Name() != method.Name()+"Request" || method.Output().Name() != method.Name()+"Response" {
			t.Errorf("%s takes %s and returns %s", method.Name(), method.Input().Name(), method.Output().Name())
		}
	}
}

// A client secret stands in answers only, never in a resource, and is always marked.
func TestContractSecretsAreMarked(t *testing.T) {
	protoregistry.GlobalTypes.RangeMessages(func(kind protoreflect.MessageType) bool {
		d := kind.Descriptor()
		field := d.Fields().ByName("client_secret")
		if d.ParentFile().Package() != "payments.v1" || field == nil {
			return true
		}
		options, _ := field.Options().(*descriptorpb.FieldOptions)
		if !strings.HasSuffix(string(d.Name()), "Response") || !options.GetDebugRedact() {
			t.Errorf("%s holds a client secret", d.Name())
		}
		return true
	})
}
