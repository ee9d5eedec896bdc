package redact_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/tillgate/tillgate/server/internal/redact"
)

// nested describes, besides what payments.v1 has, a map of messages, an extension and a message within itself.
const nested = `
	name: "nested.proto" package: "nested" syntax: "proto2"
	message_type {
		name: "Outer"
		field { name: "pairs" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".nested.Outer.PairsEntry" }
		field { name: "one" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".nested.Outer" }
		field { name: "many" number: 3 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".nested.Outer" }
		field { name: "secret" number: 4 label: LABEL_OPTIONAL type: TYPE_STRING options { debug_redact: true } }
		field { name: "open" number: 5 label: LABEL_REQUIRED type: TYPE_STRING }
		nested_type {
			name: "PairsEntry"
			field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
			field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".nested.Outer" }
			options { map_entry: true }
		}
		extension_range { start: 100 end: 200 }
	}
	extension {
		name: "more" number: 100 label: LABEL_OPTIONAL type: TYPE_STRING extendee: ".nested.Outer"
		options { debug_redact: true }
	}`

func TestMessageReachesAllThatIsWithin(t *testing.T) {
	description := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(nested), description); err != nil {
		t.Fatalf("read the description: %v", err)
	}
	file, err := protodesc.NewFile(description, nil)
	if err != nil {
		t.Fatalf("describe the messages: %v", err)
	}
	outer := file.Messages().ByName("Outer")
	for _, tt := range []struct{ name, text string }{
		{"field", `secret: "<marker>" open: "<open>"`},
		{"field of a message without its required field", `secret: "<marker>" one { open: "<open>" }`},
		{"map", `pairs { key: "<open>" value { secret: "<marker>" } }`},
		{"list", `many { secret: "<marker>" } many { secret: "<marker>" open: "<open>" }`},
		{"map in a list in a message", `one { many { pairs { key: "<open>" value { secret: "<marker>" } } } }`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := dynamicpb.NewMessage(outer)
			if err := (prototext.UnmarshalOptions{AllowPartial: true}).Unmarshal([]byte(tt.text), m); err != nil {
				t.Fatalf("read the message: %v", err)
			}
			m.Set(dynamicpb.NewExtensionType(file.Extensions().Get(0)).TypeDescriptor(), protoreflect.ValueOfString("<marker>"))

			got := redact.Text(m)

			if strings.Contains(got, "<marker>") || strings.Contains(wire(t, redact.Message(m)), "<marker>") {
				t.Errorf("Text = %s, want no marked field", got)
			}
			if !strings.Contains(got, "<open>") || strings.Count(got, "[redacted]") < 2 {
				t.Errorf("Text = %s, want the unmarked field and the masks", got)
			}
		})
	}
}
