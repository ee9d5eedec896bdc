package app_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The secret can be read whatever the state, by whoever has the scope for it, and is in no log.
func TestGetPaymentClientSecret(t *testing.T) {
	p := startSandboxed(t, "--callers", writeCallers(t,
		caller{"reader", "reader-token", "PAYMENTS_READ"}, caller{"front", "front-token", "CLIENT_SECRETS_READ"}))
	client := p.connect(t)
	empty := order("secret-1001-attempt-1", "")
	empty.Confirm = false
	created, err := client.CreatePayment(dev(t), empty)
	if err != nil {
		t.Fatal(err)
	}
	id, secret := created.GetPayment().GetId(), created.GetClientSecret()
	j := journey{p, client, "secret-1001"}
	for _, step := range []func(*testing.T, journey, string){nil, confirmed(challenged), authenticated("succeed")} {
		if step != nil {
			step(t, j, id)
		}
		got, err := client.GetPaymentClientSecret(as(t, "front-token"),
			&paymentsv1.GetPaymentClientSecretRequest{PaymentId: id})
		if err != nil || got.GetClientSecret() != secret || !strings.HasPrefix(secret, id+"_secret_") {
			t.Errorf("%v: got %v, %v, want the secret of the creation", read(t, client, id).GetState(), got, err)
		}
	}
	_, err = client.GetPaymentClientSecret(as(t, "reader-token"), &paymentsv1.GetPaymentClientSecretRequest{PaymentId: id})
	check(t, err, codes.PermissionDenied, "SCOPE_MISSING", "")
	_, err = client.GetPaymentClientSecret(dev(t), &paymentsv1.GetPaymentClientSecretRequest{PaymentId: "pi_unknown"})
	check(t, err, codes.NotFound, "RESOURCE_MISSING", "")
	_, err = client.GetPaymentClientSecret(dev(t), &paymentsv1.GetPaymentClientSecretRequest{})
	check(t, err, codes.InvalidArgument, "INVALID_FIELD", "payment_id")
	if strings.Contains(p.stderr.String(), "_secret_") {
		t.Error("the log holds a client secret")
	}
}
