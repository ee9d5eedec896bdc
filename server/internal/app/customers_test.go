package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// customers returns a client of CustomerService over a real connection.
func (p *process) customers(t *testing.T) paymentsv1.CustomerServiceClient {
	t.Helper()
	return paymentsv1.NewCustomerServiceClient(p.conn(t))
}

// sentTo counts what Stripe was sent to this path, or to one that goes on behind its last slash.
func (p *process) sentTo(t *testing.T, method, path string) int {
	t.Helper()
	n := 0
	for _, r := range p.received(t) {
		if r.Method == method && (r.Path == path || strings.HasSuffix(path, "/") && strings.HasPrefix(r.Path, path)) {
			n++
		}
	}
	return n
}

// newCustomer makes a customer, and returns its id.
func newCustomer(t *testing.T, client paymentsv1.CustomerServiceClient, key string) string {
	t.Helper()
	created, err := client.CreateCustomer(dev(t), &paymentsv1.CreateCustomerRequest{IdempotencyKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return created.GetCustomer().GetId()
}

// newCard makes a payment method of a token, and returns its id.
func newCard(t *testing.T, client paymentsv1.CustomerServiceClient, key, token string) string {
	t.Helper()
	created, err := client.CreatePaymentMethod(dev(t), &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: key, Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: token},
	})
	if err != nil {
		t.Fatal(err)
	}
	return created.GetPaymentMethod().GetId()
}

// attached makes a card of a customer, and returns its id.
func attached(t *testing.T, client paymentsv1.CustomerServiceClient, key, customerID string) string {
	t.Helper()
	id := newCard(t, client, key, "tok_visa")
	_, err := client.AttachPaymentMethod(dev(t), &paymentsv1.AttachPaymentMethodRequest{
		IdempotencyKey: key + "-attach", PaymentMethodId: id, CustomerId: customerID,
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// usBankAccount is a request to make a method of an American bank account.
func usBankAccount(key, number string) *paymentsv1.CreatePaymentMethodRequest {
	return &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: key, BillingDetails: &paymentsv1.BillingDetails{Name: "Ada Lovelace", Email: "ada@example.com"},
		Source: &paymentsv1.CreatePaymentMethodRequest_UsBankAccount{
			UsBankAccount: &paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource{
				AccountNumber: number, RoutingNumber: "110000000", AccountHolderType: "individual",
			},
		},
	}
}

// sepaAccount is a request to make a method of a bank account in the SEPA.
func sepaAccount(key, iban string) *paymentsv1.CreatePaymentMethodRequest {
	return &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: key, BillingDetails: &paymentsv1.BillingDetails{Name: "Ada Lovelace", Email: "ada@example.com"},
		Source: &paymentsv1.CreatePaymentMethodRequest_SepaDebit{
			SepaDebit: &paymentsv1.CreatePaymentMethodRequest_SepaDebitSource{Iban: iban},
		},
	}
}

// agreed is what a customer agrees to on a page.
func agreed() *paymentsv1.MandateAcceptance {
	return &paymentsv1.MandateAcceptance{
		Acceptance: &paymentsv1.MandateAcceptance_Online{Online: &paymentsv1.MandateAcceptance_OnlineAcceptance{
			IpAddress: "203.0.113.7", UserAgent: "Mozilla/5.0",
		}},
	}
}

// saveAccount is a request to save a bank account, which its holder verifies by microdeposits.
func saveAccount(key, customerID, accountID string) *paymentsv1.CreateSetupIntentRequest {
	return &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: key, CustomerId: customerID, PaymentMethodId: accountID,
		PaymentMethodTypes: []string{"us_bank_account"}, Confirm: true, MandateAcceptance: agreed(),
		BankAccountVerification: paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_MICRODEPOSITS,
	}
}

// A customer is what was given, and stays so under its key; whoever reads it and sends it back changes nothing.
func TestCustomer(t *testing.T) {
	p := startSandboxed(t)
	client := p.customers(t)
	given := &paymentsv1.Customer{
		Name: "Ada Lovelace", Email: "ada@example.com", Phone: "+14155550123", Description: "Countess",
		Address: &paymentsv1.Address{
			Line1: "12 St James's Square", Line2: "2nd floor", City: "London", State: "Greater London", PostalCode: "SW1Y 4LB",
			RegionCode: "GB",
		},
		Shipping: &paymentsv1.ShippingDetails{
			Name: "Charles Babbage", Phone: "+442079460000", Address: &paymentsv1.Address{Line1: "1 Dorset Street", RegionCode: "GB"},
		},
		PreferredLocales: []string{"en-GB", "fr"}, Metadata: map[string]string{"user": "4711"},
	}
	request := &paymentsv1.CreateCustomerRequest{IdempotencyKey: "customer-4711-create", Customer: given}
	first, err := client.CreateCustomer(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	want := proto.CloneOf(given)
	want.Id, want.CreateTime = first.GetCustomer().GetId(), first.GetCustomer().GetCreateTime()
	if !proto.Equal(first.GetCustomer(), want) || !strings.HasPrefix(want.GetId(), "cus_") || want.GetCreateTime() == nil {
		t.Errorf("got %v, want %v", first.GetCustomer(), want)
	}
	again, err := client.CreateCustomer(dev(t), request)
	if err != nil || !again.GetReplayed() || !proto.Equal(again.GetCustomer(), want) {
		t.Errorf("again: %v, %v, want a replay", again, err)
	}
	other := proto.CloneOf(request)
	other.Customer.PreferredLocales = []string{"fr", "en-GB"}
	_, err = client.CreateCustomer(dev(t), other)
	check(t, err, codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", "idempotency_key")

	back, err := client.UpdateCustomer(dev(t), &paymentsv1.UpdateCustomerRequest{
		IdempotencyKey: "customer-4711-update", CustomerId: want.GetId(), Customer: first.GetCustomer(),
	})
	if err != nil || !proto.Equal(back.GetCustomer(), want) {
		t.Errorf("sent back: %v, %v, want %v", back, err, want)
	}
	for _, secret := range []string{"Ada", "ada@", "4155550123", "Dorset", "Countess"} {
		if strings.Contains(p.stderr.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

// Stripe forgets keys of a DELETE: whoever deletes twice, with whichever key, hears of success, and nothing is sent in vain.
func TestM55_DeleteCustomer(t *testing.T) {
	p := startSandboxed(t)
	client := p.customers(t)
	id := newCustomer(t, client, "delete-4711-create")
	for _, row := range []struct {
		key      string
		replayed bool
	}{{"delete-4711-first", false}, {"delete-4711-first", true}, {"delete-4711-second", false}} {
		deleted, err := client.DeleteCustomer(dev(t), &paymentsv1.DeleteCustomerRequest{IdempotencyKey: row.key, CustomerId: id})
		if err != nil {
			t.Fatalf("%s: %v", row.key, err)
		}
		want := &paymentsv1.Customer{Id: id, Deleted: true}
		if !proto.Equal(deleted.GetCustomer(), want) || deleted.GetReplayed() != row.replayed {
			t.Errorf("%s: %v, want %v, replayed = %v", row.key, deleted, want, row.replayed)
		}
	}
	_, err := client.DeleteCustomer(dev(t), &paymentsv1.DeleteCustomerRequest{
		IdempotencyKey: "delete-4711-unknown", CustomerId: "cus_unknown",
	})
	check(t, err, codes.NotFound, "RESOURCE_MISSING", "")
	if n := p.sentTo(t, http.MethodDelete, "/v1/customers/"); n > 3 {
		t.Errorf("%d DELETE were sent, want at most one for each operation", n)
	}
}

// However many ask for the customer of a reference, one is made; once it is deleted, the next who asks makes another.
func TestM43_EnsureCustomer(t *testing.T) {
	p := startSandboxed(t, "--callers", writeCallers(t,
		caller{"checkout", "checkout-token", "CUSTOMERS_WRITE"}, caller{"billing", "billing-token", "CUSTOMERS_WRITE"}))
	client := p.customers(t)
	ensure := func(token, key string) (*paymentsv1.EnsureCustomerResponse, error) {
		return client.EnsureCustomer(as(t, token), &paymentsv1.EnsureCustomerRequest{
			IdempotencyKey: key, Reference: "user-4711", Customer: &paymentsv1.Customer{Name: key},
		})
	}
	ensureAll := func(what string) (id string) {
		t.Helper()
		tokens := []string{"checkout-token", "billing-token"}
		answers := make([]*paymentsv1.EnsureCustomerResponse, 32)
		for i, err := range atOnce(len(answers), func(i int) error {
			var err error
			answers[i], err = ensure(tokens[i%2], what+"-ensure-"+string(rune('a'+i/4)))
			return err
		}) {
			if err != nil {
				t.Fatalf("%s, call %d: %v", what, i, err)
			}
		}
		makers := map[string]bool{}
		for _, answer := range answers {
			if id == "" {
				id = answer.GetCustomer().GetId()
			}
			if answer.GetCustomer().GetId() != id {
				t.Errorf("%s: two customers, %s and %s", what, id, answer.GetCustomer().GetId())
			}
			if answer.GetCreated() {
				makers[answer.GetCustomer().GetName()] = true
			}
		}
		if len(makers) != 1 {
			t.Errorf("%s: the makers are %v, want one", what, makers)
		}
		return id
	}
	first := ensureAll("first")
	if n := p.sentTo(t, http.MethodPost, "/v1/customers"); n != 1 {
		t.Errorf("%d customers were asked for at Stripe, want 1", n)
	}
	_, err := client.DeleteCustomer(as(t, "billing-token"), &paymentsv1.DeleteCustomerRequest{
		IdempotencyKey: "ensure-delete", CustomerId: first,
	})
	if err != nil {
		t.Fatal(err)
	}
	if second := ensureAll("second"); second == first {
		t.Error("a deleted customer was given")
	}
}

// Who finds the customer of a reference has done nothing: the same key makes the next one, when it is free, of other fields
// too. A key belongs to its reference: it finds what stands for that now, and makes another one once it is deleted.
func TestEnsureFindsWithoutUsingTheKeyUp(t *testing.T) {
	client := startSandboxed(t).customers(t)
	ensure := func(key, name string) *paymentsv1.EnsureCustomerResponse {
		t.Helper()
		ensured, err := client.EnsureCustomer(dev(t), &paymentsv1.EnsureCustomerRequest{
			IdempotencyKey: key, Reference: "user-4711", Customer: &paymentsv1.Customer{Name: name},
		})
		if err != nil {
			t.Fatal(err)
		}
		return ensured
	}
	first := ensure("ensure-first", "Ada")
	for _, name := range []string{"Eve", "Mallory"} {
		found := ensure("ensure-second", name)
		if found.GetCreated() || found.GetReplayed() || !proto.Equal(found.GetCustomer(), first.GetCustomer()) {
			t.Errorf("found %v, want the first one", found)
		}
	}
	_, err := client.DeleteCustomer(dev(t), &paymentsv1.DeleteCustomerRequest{
		IdempotencyKey: "ensure-delete", CustomerId: first.GetCustomer().GetId(),
	})
	if err != nil {
		t.Fatal(err)
	}
	next := ensure("ensure-second", "Eve")
	if !next.GetCreated() || next.GetReplayed() || next.GetCustomer().GetName() != "Eve" {
		t.Errorf("got %v, want a new one", next)
	}
	again := ensure("ensure-second", "Eve")
	if !again.GetCreated() || !again.GetReplayed() || !proto.Equal(again.GetCustomer(), next.GetCustomer()) {
		t.Errorf("again: %v, want a replay", again)
	}
	old := ensure("ensure-first", "Ada")
	if old.GetCreated() || old.GetReplayed() || !proto.Equal(old.GetCustomer(), next.GetCustomer()) {
		t.Errorf("the maker of the deleted one gets %v, want the one that is there", old)
	}
	renamed, err := client.UpdateCustomer(dev(t), &paymentsv1.UpdateCustomerRequest{
		IdempotencyKey: "ensure-update", CustomerId: next.GetCustomer().GetId(), Customer: &paymentsv1.Customer{Name: "Eva"},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := ensure("ensure-second", "Eve, of another day")
	if !now.GetCreated() || !now.GetReplayed() || !proto.Equal(now.GetCustomer(), renamed.GetCustomer()) {
		t.Errorf("after a change: %v, want it as it is now", now)
	}
	_, err = client.DeleteCustomer(dev(t), &paymentsv1.DeleteCustomerRequest{
		IdempotencyKey: "ensure-delete-2", CustomerId: next.GetCustomer().GetId(),
	})
	if err != nil {
		t.Fatal(err)
	}
	anew := ensure("ensure-second", "Eve")
	if !anew.GetCreated() || anew.GetReplayed() || anew.GetCustomer().GetId() == next.GetCustomer().GetId() {
		t.Errorf("after it was deleted, its own key gets %v, want a new one", anew)
	}
	_, err = client.EnsureCustomer(dev(t), &paymentsv1.EnsureCustomerRequest{
		IdempotencyKey: "ensure-second", Reference: "user-4712", Customer: &paymentsv1.Customer{Name: "Eve"},
	})
	check(t, err, codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", "idempotency_key")
}

// A declining card can not be attached. Its refusal names neither a payment nor a setup intent, and hides what it must.
func TestRefusedAttach(t *testing.T) {
	p := startSandboxed(t, "--callers", writeCallers(t, caller{"writer", "writer-token", "CUSTOMERS_WRITE"}))
	client := p.customers(t)
	created, err := client.CreateCustomer(as(t, "writer-token"), &paymentsv1.CreateCustomerRequest{IdempotencyKey: "attach-4711-create"})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreatePaymentMethod(as(t, "writer-token"), &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: "attach-4711-card",
		Source:         &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: "tok_visa_chargeDeclinedLostCard"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = client.AttachPaymentMethod(as(t, "writer-token"), &paymentsv1.AttachPaymentMethodRequest{
			IdempotencyKey: "attach-4711-attach", CustomerId: created.GetCustomer().GetId(),
			PaymentMethodId: made.GetPaymentMethod().GetId(),
		})
		check(t, err, codes.FailedPrecondition, "PAYMENT_DECLINED", "")
		decline := detail[*paymentsv1.Decline](err)
		if decline.GetPaymentId() != "" || decline.GetSetupIntentId() != "" || decline.GetCode() != "card_declined" ||
			decline.GetDeclineCode() != "generic_decline" || decline.GetCustomerMessage() == "" {
			t.Errorf("got %v, want a decline of nothing but the card, without its reason", decline)
		}
	}
	if n := p.sentTo(t, http.MethodPost, "/v1/payment_methods/"+made.GetPaymentMethod().GetId()+"/attach"); n != 1 {
		t.Errorf("it was tried %d times, want once", n)
	}
	if strings.Contains(p.stderr.String(), "lost_card") {
		t.Error("the log tells the reason")
	}
}

// Customers are read and written by their own scopes alone. To verify a payment's bank account lets it draw money: that takes
// the scope to pay too.
func TestCustomerScopes(t *testing.T) {
	p := startSandboxed(t, "--callers", writeCallers(t,
		caller{"payer", "payer-token", "PAYMENTS_WRITE"}, caller{"reader", "reader-token", "CUSTOMERS_READ"},
		caller{"writer", "writer-token", "CUSTOMERS_WRITE"}))
	client := p.customers(t)
	get := func(ctx context.Context) error {
		_, err := client.GetCustomer(ctx, &paymentsv1.GetCustomerRequest{CustomerId: "cus_unknown"})
		return err
	}
	create := func(ctx context.Context) error {
		_, err := client.CreateCustomer(ctx, &paymentsv1.CreateCustomerRequest{IdempotencyKey: "scopes-4711-create"})
		return err
	}
	check(t, get(as(t, "payer-token")), codes.PermissionDenied, "SCOPE_MISSING", "")
	check(t, create(as(t, "payer-token")), codes.PermissionDenied, "SCOPE_MISSING", "")
	check(t, create(as(t, "reader-token")), codes.PermissionDenied, "SCOPE_MISSING", "")
	check(t, get(as(t, "reader-token")), codes.NotFound, "RESOURCE_MISSING", "")
	w := &world{CustomerServiceClient: client}
	unpaid := verifyPayment(id("pi_unknown"))(as(t, "writer-token"), w, "scopes-4711-payment")
	check(t, unpaid, codes.PermissionDenied, "SCOPE_MISSING", "")
	if scope := detail[*errdetails.ErrorInfo](unpaid).GetMetadata()["scope"]; scope != "PAYMENTS_WRITE" {
		t.Errorf("the scope that is missing is %q", scope)
	}
	check(t, verifySetup(id("seti_unknown"), "SM11AA")(as(t, "writer-token"), w, "scopes-4711-setup"), codes.NotFound,
		"RESOURCE_MISSING", "")
}
