package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// badCustomer is a customer that must be refused, wherever one is given. Nothing of what is sent may come back.
type badCustomer struct {
	name     string
	customer *paymentsv1.Customer
	field    string
}

func placed(change func(*paymentsv1.Address)) *paymentsv1.Address {
	address := &paymentsv1.Address{Line1: "1 Main Street", City: "Springfield", RegionCode: "US"}
	change(address)
	return address
}

func withPair(key, value string) *paymentsv1.Customer {
	return &paymentsv1.Customer{Metadata: map[string]string{key: value}}
}

var badCustomers = []badCustomer{
	{"no e-mail address", &paymentsv1.Customer{Email: "canary"}, "customer.email"},
	{"e-mail with two ats", &paymentsv1.Customer{Email: "canary@@example.com"}, "customer.email"},
	{"e-mail with a space", &paymentsv1.Customer{Email: "can ary@example.com"}, "customer.email"},
	{"e-mail with a name", &paymentsv1.Customer{Email: "Ada <canary@example.com>"}, "customer.email"},
	{"e-mail too long", &paymentsv1.Customer{Email: strings.Repeat("c", 501) + "@example.com"}, "customer.email"},
	{"e-mail of another script", &paymentsv1.Customer{Email: "canary@\u00e9xample.com"}, "customer.email"},
	{"name too long", &paymentsv1.Customer{Name: strings.Repeat("n", 257)}, "customer.name"},
	{"phone with letters", &paymentsv1.Customer{Phone: "1-800-canary"}, "customer.phone"},
	{"phone too long", &paymentsv1.Customer{Phone: "+1415555012345678901x"[:21]}, "customer.phone"},
	{"phone with a line break", &paymentsv1.Customer{Phone: "+14155550123\n"}, "customer.phone"},
	{"description too long", &paymentsv1.Customer{Description: strings.Repeat("d", 5001)}, "customer.description"},
	{
		"line of an address too long",
		&paymentsv1.Customer{Address: placed(func(a *paymentsv1.Address) { a.Line1 = strings.Repeat("l", 5001) })},
		"customer.address.line1",
	},
	{
		"country in three letters", &paymentsv1.Customer{Address: placed(func(a *paymentsv1.Address) { a.RegionCode = "USA" })},
		"customer.address.region_code",
	},
	{
		"country unknown", &paymentsv1.Customer{Address: placed(func(a *paymentsv1.Address) { a.RegionCode = "QQ" })},
		"customer.address.region_code",
	},
	{
		"country unknown where goods go",
		&paymentsv1.Customer{Shipping: &paymentsv1.ShippingDetails{
			Name: "Ada", Address: placed(func(a *paymentsv1.Address) { a.RegionCode = "qq" }),
		}},
		"customer.shipping.address.region_code",
	},
	{
		"phone of the receiver",
		&paymentsv1.Customer{Shipping: &paymentsv1.ShippingDetails{
			Name: "Ada", Phone: "canary", Address: placed(func(*paymentsv1.Address) {}),
		}},
		"customer.shipping.phone",
	},
	{"locale unknown", &paymentsv1.Customer{PreferredLocales: []string{"en", "qz"}}, "customer.preferred_locales[1]"},
	{"locale that is a word", &paymentsv1.Customer{PreferredLocales: []string{"canary"}}, "customer.preferred_locales[0]"},
	{"locale with an underscore", &paymentsv1.Customer{PreferredLocales: []string{"en_US"}}, "customer.preferred_locales[0]"},
	{"locale empty", &paymentsv1.Customer{PreferredLocales: []string{""}}, "customer.preferred_locales[0]"},
	{"21 locales", &paymentsv1.Customer{PreferredLocales: strings.Fields(strings.Repeat("en ", 21))}, "customer.preferred_locales"},
	{"metadata of ours", withPair("tillgate_operation", "op_1"), `customer.metadata["tillgate_operation"]`},
	{"metadata key with brackets", withPair("a[b]", "v"), `customer.metadata["a[b]"]`},
	{"metadata value too long", withPair("k", strings.Repeat("v", 501)), `customer.metadata["k"]`},
	{"card number as the name", &paymentsv1.Customer{Name: "4242424242424242"}, "customer.name"},
	{"card number as the phone", &paymentsv1.Customer{Phone: "4242 4242 4242 4242"}, "customer.phone"},
	{"card number as the e-mail", &paymentsv1.Customer{Email: "4242424242424242@example.com"}, "customer.email"},
	{"card number in the description", &paymentsv1.Customer{Description: "pays with 4242-4242-4242-4242"}, "customer.description"},
	{
		"card number in an address",
		&paymentsv1.Customer{Address: placed(func(a *paymentsv1.Address) { a.Line2 = "4242424242424242" })},
		"customer.address.line2",
	},
	{
		"card number as a postal code",
		&paymentsv1.Customer{Shipping: &paymentsv1.ShippingDetails{
			Address: placed(func(a *paymentsv1.Address) { a.PostalCode = "4242424242424242" }),
		}},
		"customer.shipping.address.postal_code",
	},
	{"card number as a locale", &paymentsv1.Customer{PreferredLocales: []string{"4242424242424242"}}, "customer.preferred_locales[0]"},
	{"card number in the metadata", withPair("card", "4242424242424242"), `customer.metadata["card"]`},
	{"card number as a key", withPair("4242424242424242", "card"), "customer.metadata"},
}

// What is no customer comes as far as Stripe neither when it is made, nor when it is wanted, nor when it is changed.
func TestBadCustomers(t *testing.T) {
	p := startSandboxed(t)
	client := p.customers(t)
	id := newCustomer(t, client, "bad-customers-create")
	before := len(p.received(t))
	for _, tt := range badCustomers {
		t.Run(tt.name, func(t *testing.T) {
			key := strings.Map(keyCharacter, "bad-customer-"+tt.name)
			_, err := client.CreateCustomer(dev(t), &paymentsv1.CreateCustomerRequest{IdempotencyKey: key, Customer: tt.customer})
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
			_, err = client.EnsureCustomer(dev(t), &paymentsv1.EnsureCustomerRequest{
				IdempotencyKey: key, Reference: key, Customer: tt.customer,
			})
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
			_, err = client.UpdateCustomer(dev(t), &paymentsv1.UpdateCustomerRequest{
				IdempotencyKey: key, CustomerId: id, Customer: tt.customer,
			})
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
		})
	}
	if n := len(p.received(t)) - before; n != 0 {
		t.Errorf("%d requests were sent to Stripe", n)
	}
	if repeats(p.stderr.String()) {
		t.Error("the log repeats what was sent")
	}
}

// A customer that was made without us may have a telephone that is none. It is changed like any other, sent back as it was
// read, as long as the telephone is not what changes.
func TestCustomerOfOthersIsChanged(t *testing.T) {
	p := startSandboxed(t)
	client := p.customers(t)
	var made struct {
		ID string `json:"id"`
	}
	code, body := p.sandboxCall(t, http.MethodPost, "/v1/customers", "phone=ask+the+porter",
		"Authorization", "Bearer sk_test_1", "Content-Type", "application/x-www-form-urlencoded")
	if err := json.Unmarshal(body, &made); err != nil || code != http.StatusOK {
		t.Fatalf("the sandbox answers %d %s: %v", code, body, err)
	}
	read, err := client.GetCustomer(dev(t), &paymentsv1.GetCustomerRequest{CustomerId: made.ID})
	if err != nil || read.GetCustomer().GetPhone() != "ask the porter" {
		t.Fatalf("got %v, %v, want the telephone as Stripe has it", read, err)
	}
	update := func(key string, paths ...string) error {
		customer := proto.CloneOf(read.GetCustomer())
		customer.Name = "Ada"
		_, err := client.UpdateCustomer(dev(t), &paymentsv1.UpdateCustomerRequest{
			IdempotencyKey: key, CustomerId: made.ID, Customer: customer, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
		})
		return err
	}
	if err := update("of-others-name", "name"); err != nil {
		t.Errorf("its name can not be changed: %v", err)
	}
	check(t, update("of-others-phone", "name", "phone"), codes.InvalidArgument, "INVALID_FIELD", "customer.phone")
	check(t, update("of-others-all"), codes.InvalidArgument, "INVALID_FIELD", "customer.phone")
}

// badCall is a call of CustomerService that must be refused, with what it is about.
type badCall struct {
	name   string
	call   func(ctx context.Context, w *world, key string) error
	code   codes.Code
	reason string
	field  string
}

func invalid(name, field string, call func(context.Context, *world, string) error) badCall {
	return badCall{name, call, codes.InvalidArgument, "INVALID_FIELD", field}
}

// world is what the bad calls are about.
type world struct {
	paymentsv1.CustomerServiceClient

	payments paymentsv1.PaymentServiceClient

	customer, other, deleted   string // ids of customers
	card, othersCard, detached string // of cards: the customer's, the other's, one that was
	unsaved, account, saved    string // of methods: a card and a bank account of nobody, and a setup intent that succeeded
	waiting, accountWaits      string // of setup intents: for the customer, for microdeposits
	token                      string // of a card, which can be used once
}

func newWorld(t *testing.T, p *process) *world {
	t.Helper()
	w := &world{CustomerServiceClient: p.customers(t), payments: p.connect(t)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.customer, w.other = newCustomer(t, w, "world-customer"), newCustomer(t, w, "world-other")
	w.deleted = newCustomer(t, w, "world-deleted")
	_, err := w.DeleteCustomer(dev(t), &paymentsv1.DeleteCustomerRequest{IdempotencyKey: "world-delete", CustomerId: w.deleted})
	must(err)
	w.card, w.othersCard = attached(t, w, "world-card", w.customer), attached(t, w, "world-others-card", w.other)
	w.detached = attached(t, w, "world-detached", w.customer)
	_, err = w.DetachPaymentMethod(dev(t), &paymentsv1.DetachPaymentMethodRequest{
		IdempotencyKey: "world-detach", PaymentMethodId: w.detached,
	})
	must(err)
	w.unsaved = newCard(t, w, "world-unsaved", "tok_visa")
	account, err := w.CreatePaymentMethod(dev(t), usBankAccount("world-account", "000123456789"))
	must(err)
	w.account = account.GetPaymentMethod().GetId()
	saved, err := w.CreateSetupIntent(dev(t), &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: "world-saved", CustomerId: w.customer, PaymentMethodId: "pm_card_visa", Confirm: true,
	})
	must(err)
	w.saved = saved.GetSetupIntent().GetId()
	waiting, err := w.CreateSetupIntent(dev(t), &paymentsv1.CreateSetupIntentRequest{IdempotencyKey: "world-waiting"})
	must(err)
	w.waiting = waiting.GetSetupIntent().GetId()
	verified, err := w.CreatePaymentMethod(dev(t), usBankAccount("world-account-waits", "000123456789"))
	must(err)
	accountWaits, err := w.CreateSetupIntent(dev(t), saveAccount("world-account-waits", w.customer,
		verified.GetPaymentMethod().GetId()))
	must(err)
	w.accountWaits = accountWaits.GetSetupIntent().GetId()
	w.token = p.token(t, "4242424242424242")
	return w
}

// token makes a token of a card, as Stripe.js does in the customer's browser.
func (p *process) token(t *testing.T, number string) string {
	t.Helper()
	var token struct {
		ID string `json:"id"`
	}
	code, body := p.sandboxCall(t, http.MethodPost, "/v1/tokens",
		"card[number]="+number+"&card[exp_month]=12&card[exp_year]=2039&card[cvc]=123",
		"Authorization", "Bearer sk_test_1", "Content-Type", "application/x-www-form-urlencoded")
	if err := json.Unmarshal(body, &token); err != nil || code != http.StatusOK {
		t.Fatalf("the sandbox answers %d %s: %v", code, body, err)
	}
	return token.ID
}

func TestBadCustomerCalls(t *testing.T) {
	p := startSandboxed(t)
	w := newWorld(t, p)
	for _, rows := range [][]badCall{badMethodCalls, badSourceCalls, badSetupCalls, badCustomerCalls} {
		for i, tt := range rows {
			t.Run(tt.name, func(t *testing.T) {
				key := strings.Map(keyCharacter, "bad-call-"+string(rune('a'+i%26))+"-"+tt.name)
				check(t, tt.call(dev(t), w, key), tt.code, tt.reason, tt.field)
			})
		}
	}
	if entries := p.ledger(t); len(entries) != 0 {
		t.Errorf("money moved: %+v", entries)
	}
	if repeats(p.stderr.String()) {
		t.Error("the log repeats what was sent")
	}
	for _, number := range []string{"000123456789", "000999999", "DE8937040044", "110000000", "Lovelace"} {
		if strings.Contains(p.stderr.String(), number) {
			t.Errorf("the log holds %s", number)
		}
	}
}

func attach(method, customer func(*world) string) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		_, err := w.AttachPaymentMethod(ctx, &paymentsv1.AttachPaymentMethodRequest{
			IdempotencyKey: key, PaymentMethodId: method(w), CustomerId: customer(w),
		})
		return err
	}
}

func setDefault(customer, method func(*world) string) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		_, err := w.SetDefaultPaymentMethod(ctx, &paymentsv1.SetDefaultPaymentMethodRequest{
			IdempotencyKey: key, CustomerId: customer(w), PaymentMethodId: method(w),
		})
		return err
	}
}

func detach(method func(*world) string) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		_, err := w.DetachPaymentMethod(ctx, &paymentsv1.DetachPaymentMethodRequest{IdempotencyKey: key, PaymentMethodId: method(w)})
		return err
	}
}

func updateMethod(
	method func(*world) string, change *paymentsv1.PaymentMethod, paths ...string,
) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		request := &paymentsv1.UpdatePaymentMethodRequest{
			IdempotencyKey: key, PaymentMethodId: method(w), PaymentMethod: proto.CloneOf(change),
		}
		if len(paths) > 0 {
			request.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
		}
		_, err := w.UpdatePaymentMethod(ctx, request)
		return err
	}
}

// attachDeclined attaches a new card of a token.
func attachDeclined(token string) func(context.Context, *world, string) error {
	return func(ctx context.Context, w *world, key string) error {
		made, err := w.CreatePaymentMethod(ctx, &paymentsv1.CreatePaymentMethodRequest{
			IdempotencyKey: key, Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: token},
		})
		if err != nil {
			return err
		}
		_, err = w.AttachPaymentMethod(ctx, &paymentsv1.AttachPaymentMethodRequest{
			IdempotencyKey: key, PaymentMethodId: made.GetPaymentMethod().GetId(), CustomerId: w.customer,
		})
		return err
	}
}

func theCustomer(w *world) string   { return w.customer }
func theCard(w *world) string       { return w.card }
func theUnsaved(w *world) string    { return w.unsaved }
func theDetached(w *world) string   { return w.detached }
func theOthersCard(w *world) string { return w.othersCard }
func theDeleted(w *world) string    { return w.deleted }

func id(id string) func(*world) string { return func(*world) string { return id } }
