package redact_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/redact"
)

func TestMessageRedactsWithinAny(t *testing.T) {
	secret := pack(t, &paymentsv1.GetPaymentClientSecretResponse{ClientSecret: "<marker>"})
	masked := pack(t, &paymentsv1.GetPaymentClientSecretResponse{ClientSecret: "[redacted]"})
	for _, tt := range []struct {
		name      string
		any, want *anypb.Any
	}{
		{"nothing", &anypb.Any{}, &anypb.Any{}},
		{"known type", secret, masked},
		{"an Any in an Any", pack(t, secret), pack(t, masked)},
		{"unmarked field", pack(t, structpb.NewStringValue("open")), pack(t, structpb.NewStringValue("open"))},
		{
			"text in front of the type",
			&anypb.Any{TypeUrl: "<marker>/" + string(secret.MessageName()), Value: secret.GetValue()},
			masked,
		},
		{"unknown type", &anypb.Any{TypeUrl: "x/<marker>", Value: []byte("<marker>")}, &anypb.Any{}},
		{"no type", &anypb.Any{Value: []byte("<marker>")}, &anypb.Any{}},
		{
			"value of another type",
			&anypb.Any{TypeUrl: secret.GetTypeUrl(), Value: []byte("<marker>")},
			&anypb.Any{},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := redact.Message(&status.Status{Code: 5, Details: []*anypb.Any{tt.any, secret}})
			want := &status.Status{Code: 5, Details: []*anypb.Any{tt.want, masked}}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("Message differs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, redact.Message(tt.any), protocmp.Transform()); diff != "" {
				t.Errorf("Message of the Any alone differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMessageEmptiesAnysThatAreTooDeep(t *testing.T) {
	deep := pack(t, structpb.NewStringValue("<marker>"))
	for range 1000 {
		deep = pack(t, deep)
	}
	masked := redact.Message(deep)
	if text := wire(t, masked); strings.Contains(text, "<marker>") || len(text) > 1000 {
		t.Errorf("%d bytes are left of an Any with 1000 within", len(text))
	}
}

func pack(t *testing.T, m proto.Message) *anypb.Any {
	t.Helper()
	packed, err := anypb.New(m)
	if err != nil {
		t.Fatalf("pack: %v", err)
	}
	return packed
}
