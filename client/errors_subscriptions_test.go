package client_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/client"
)

// What the refusal of a change of plans says is found under its own reason only, and through any wrapping.
func TestErrorsOfPlanChanges(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		metadata map[string]string
		due      int64
		says     bool
		invoice  string
		steps    []string
	}{
		{"UPGRADE_NOT_SECURED", map[string]string{"amount_due": "700", "cause": "SEND_INVOICE"}, 700, true, "", nil},
		{"PREVIEW_STALE", map[string]string{"amount_due": "0"}, 0, true, "", nil},
		{"PREVIEW_STALE", nil, 0, false, "", nil},
		{"PREVIEW_STALE", map[string]string{"amount_due": "a lot"}, 0, false, "", nil},
		{"CHANGE_PENDING", map[string]string{"invoice_id": "in_1", "amount_due": "700"}, 0, false, "in_1", nil},
		{"INVALID_FIELD", map[string]string{"amount_due": "700", "invoice_id": "in_1"}, 0, false, "", nil},
		{
			"PAYMENT_DECLINED",
			map[string]string{"steps_done": "release_schedule,schedule"},
			0, false, "",
			[]string{"release_schedule", "schedule"},
		},
	} {
		s, err := status.New(codes.FailedPrecondition, "no").WithDetails(&errdetails.ErrorInfo{
			Reason: tt.reason, Domain: "payments.tillgate.dev", Metadata: tt.metadata,
		})
		if err != nil {
			t.Fatal(err)
		}
		err = fmt.Errorf("upgrade: %w", s.Err())
		if due, ok := client.AmountDueOf(err); due != tt.due || ok != tt.says {
			t.Errorf("%s with %v: %d, %v is due, want %d, %v", tt.reason, tt.metadata, due, ok, tt.due, tt.says)
		}
		if invoice := client.PendingInvoiceOf(err); invoice != tt.invoice {
			t.Errorf("%s with %v: the invoice is %q, want %q", tt.reason, tt.metadata, invoice, tt.invoice)
		}
		if steps := client.StepsDoneOf(err); !slices.Equal(steps, tt.steps) {
			t.Errorf("%s with %v: the steps are %q, want %q", tt.reason, tt.metadata, steps, tt.steps)
		}
	}
	if due, ok := client.AmountDueOf(nil); due != 0 || ok || client.PendingInvoiceOf(nil) != "" || client.StepsDoneOf(nil) != nil {
		t.Error("no error says something")
	}
}
