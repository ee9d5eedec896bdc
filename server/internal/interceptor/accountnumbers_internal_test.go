package interceptor

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "github.com/tillgate/tillgate/gen/payments/v1"
)

// A field that is not looked at exists, is one text, and is marked as secret: a name that nothing has exempts nothing.
func TestAccountNumbersAreFields(t *testing.T) {
	for _, name := range accountNumbers {
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		field, ok := descriptor.(protoreflect.FieldDescriptor)
		if !ok || field.Kind() != protoreflect.StringKind || field.IsList() || field.IsMap() {
			t.Errorf("%s is %v", name, descriptor)
			continue
		}
		if options, _ := field.Options().(*descriptorpb.FieldOptions); !options.GetDebugRedact() {
			t.Errorf("%s is not marked as secret", name)
		}
	}
}
