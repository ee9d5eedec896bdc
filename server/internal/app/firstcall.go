package app

import (
	"fmt"
	"io"
)

// printFirstCall tells a newcomer how to take a payment; the line works when pasted.
func printFirstCall(stdout io.Writer, grpcAddr, sandboxURL string, overTLS bool) {
	transport, authority := "-plaintext", ""
	if overTLS {
		transport = "-insecure" // it checks no certificate, which is fine on loopback
		authority = " --tls-ca FILE"
	}
	_, _ = fmt.Fprintf(stdout, `Tillgate serves its API on %[1]s and a sandbox Stripe on %[2]s. Take a payment:

  grpcurl %[3]s -H 'authorization: Bearer sandbox' -d '{"idempotency_key":"order-1001-attempt-1","amount":{"minor_units":2000,"currency_code":"USD"},"payment_method_id":"pm_card_visa","confirm":true}' %[1]s payments.v1.PaymentService/CreatePayment

No grpcurl? Put this in its place: go run github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4
Watch what happens, in another terminal: go run ./server events tail --addr %[1]s%[4]s
What moved money: curl %[2]s/_sandbox/ledger
Ctrl-C stops it; what the sandbox holds is gone then.
`, grpcAddr, sandboxURL, transport, authority)
}
