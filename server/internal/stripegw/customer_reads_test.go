package stripegw_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// checkCustomerReads reads every kind of object of CustomerService, from a Stripe that holds requests against its
// description.
func checkCustomerReads(t *testing.T, g *stripegw.Gateway) {
	t.Helper()
	t.Run("GetCustomer", func(t *testing.T) {
		if c, err := g.GetCustomer(t.Context(), "cus_1"); err != nil || c.GetId() == "" {
			t.Errorf("got %v, %v", c, err)
		}
	})
	for name, req := range map[string]*paymentsv1.ListCustomersRequest{"least": {}, "full": {
		Email:     "jane@example.com",
		StartTime: &timestamppb.Timestamp{Seconds: 1700000000}, EndTime: &timestamppb.Timestamp{Seconds: 1800000000},
	}} {
		t.Run("CustomerPage "+name, func(t *testing.T) {
			if page, _, err := g.CustomerPage(t.Context(), req, "cus_1", 20); err != nil || len(page) == 0 {
				t.Errorf("got %v, %v", page, err)
			}
		})
	}
	t.Run("GetPaymentMethod", func(t *testing.T) {
		if m, err := g.GetPaymentMethod(t.Context(), "pm_1"); err != nil || m.GetDetails().GetCard().GetLast4() == "" {
			t.Errorf("got %v, %v", m, err)
		}
	})
	for name, kind := range map[string]string{"least": "", "full": "card"} {
		t.Run("PaymentMethodPage "+name, func(t *testing.T) {
			req := &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_1", Type: kind}
			if page, _, err := g.PaymentMethodPage(t.Context(), req, "pm_1", 20); err != nil || len(page) == 0 {
				t.Errorf("got %v, %v", page, err)
			}
		})
	}
	t.Run("GetSetupIntent", func(t *testing.T) {
		if i, err := g.GetSetupIntent(t.Context(), "seti_1"); err != nil || i.GetId() == "" {
			t.Errorf("got %v, %v", i, err)
		}
	})
	t.Run("SetupIntentClientSecret", func(t *testing.T) {
		if secret, err := g.SetupIntentClientSecret(t.Context(), "seti_1"); err != nil || secret == "" {
			t.Errorf("got %q, %v", secret, err)
		}
	})
}
