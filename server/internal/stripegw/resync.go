package stripegw

import (
	"context"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/dispute"
	"github.com/stripe/stripe-go/v76/setupintent"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// ListedKinds are the types that ListObjects lists. Payment methods are not among them: Stripe lists those of a
// customer alone, for which there is PaymentMethodPage.
func ListedKinds() []string {
	return []string{
		kindCustomer, kindPrice, kindSetupIntent, kindPayment, kindSubscription, kindInvoice, kindRefund, kindDispute,
	}
}

// ListObjects reads one page, up to 100, of all objects of a type, as FetchObject would read each; the newest first,
// from behind the one with the id `after` on. Subscriptions and prices are there whatever their state. Stripe leaves
// out deleted customers and prices; and subscriptions and invoices that live in the time of a test clock. Its errors
// are those of PaymentPage, with the field `page_token` for `after`.
func (g *Gateway) ListObjects(
	ctx context.Context, kind, after string,
) (resources []Resource, more bool, err error) {
	switch kind {
	case kindPayment:
		return resourcesOf(g.PaymentPage(ctx, &paymentsv1.ListPaymentsRequest{}, after, eventPageSize))
	case kindRefund:
		return resourcesOf(g.RefundPage(ctx, &paymentsv1.ListRefundsRequest{}, after, eventPageSize))
	case kindCustomer:
		return resourcesOf(g.CustomerPage(ctx, &paymentsv1.ListCustomersRequest{}, after, eventPageSize))
	case kindPrice:
		return resourcesOf(g.PlanPage(ctx, &paymentsv1.ListPlansRequest{}, after, eventPageSize))
	case kindSetupIntent:
		return g.allSetupIntents(ctx, after)
	case kindDispute:
		return g.allDisputes(ctx, after)
	case kindSubscription:
		return g.allSubscriptions(ctx, after)
	case kindInvoice:
		return g.allInvoices(ctx, after)
	default:
		return nil, false, internal(errNoKind)
	}
}

// resourcesOf is a page of messages as one of resources.
func resourcesOf[M proto.Message](messages []M, more bool, err error) ([]Resource, bool, error) {
	if err != nil {
		return nil, false, err
	}
	resources := make([]Resource, 0, len(messages))
	for _, m := range messages {
		if r, ok := NewResource(m); ok {
			resources = append(resources, r)
		}
	}
	return resources, more, nil
}

// allSubscriptions reads a page of them, whatever their state. One with more items than a page shows is read by itself.
func (g *Gateway) allSubscriptions(ctx context.Context, after string) ([]Resource, bool, error) {
	r, err := listSubscriptionsRequest(&paymentsv1.ListSubscriptionsRequest{IncludeCanceled: true}, after, eventPageSize)
	if err != nil {
		return nil, false, err
	}
	objects, more, err := readPage(ctx, g, r, listSubscriptionsFields, decodeSubscriptionObject)
	if err != nil {
		return nil, false, err
	}
	messages := make([]*paymentsv1.Subscription, 0, len(objects))
	for _, object := range objects {
		m := g.subscription(object)
		if object.Items.HasMore {
			if m, err = g.GetSubscription(ctx, object.ID); err != nil {
				return nil, false, err
			}
		}
		messages = append(messages, m)
	}
	return resourcesOf(messages, more, nil)
}

// allInvoices reads a page of them. One with more lines than a page shows is read by itself.
func (g *Gateway) allInvoices(ctx context.Context, after string) ([]Resource, bool, error) {
	r, err := listInvoicesRequest(&paymentsv1.ListInvoicesRequest{}, after, eventPageSize)
	if err != nil {
		return nil, false, err
	}
	objects, more, err := readPage(ctx, g, r, listInvoicesFields, decodeInvoiceObject)
	if err != nil {
		return nil, false, err
	}
	messages := make([]*paymentsv1.Invoice, 0, len(objects))
	for _, object := range objects {
		m := g.invoice(object)
		if object.Lines.HasMore {
			switch m, err = g.GetInvoice(ctx, object.ID); {
			case isMissing(err): // A draft was deleted since the page was read.
				continue
			case err != nil:
				return nil, false, err
			}
		}
		messages = append(messages, m)
	}
	return resourcesOf(messages, more, nil)
}

// allSetupIntents is GET /v1/setup_intents.
func (g *Gateway) allSetupIntents(ctx context.Context, after string) ([]Resource, bool, error) {
	rec := &recorder{}
	params := &stripe.SetupIntentListParams{ListParams: listParams(after, eventPageSize)}
	if err := (setupintent.Client{B: rec}).List(params).Err(); err != nil {
		return nil, false, internal(err)
	}
	r, err := rec.request()
	if err != nil {
		return nil, false, internal(err)
	}
	objects, more, err := readPage(ctx, g, r, listedFields, decodeSetupIntentObject)
	return converted(objects, more, err, g.setupIntent)
}

// allDisputes is GET /v1/disputes.
func (g *Gateway) allDisputes(ctx context.Context, after string) ([]Resource, bool, error) {
	rec := &recorder{}
	params := &stripe.DisputeListParams{ListParams: listParams(after, eventPageSize)}
	if err := (dispute.Client{B: rec}).List(params).Err(); err != nil {
		return nil, false, internal(err)
	}
	r, err := rec.request()
	if err != nil {
		return nil, false, internal(err)
	}
	objects, more, err := readPage(ctx, g, r, listedFields, decodeDisputeObject)
	return converted(objects, more, err, g.dispute)
}

// listedFields is the place of a list of which no rpc asks.
var listedFields = paramFields{"starting_after": "page_token"}

// converted is a page of Stripe's objects as one of resources.
func converted[O any, M proto.Message](
	objects []O, more bool, err error, message func(O) M,
) ([]Resource, bool, error) {
	messages := make([]M, 0, len(objects))
	for _, object := range objects {
		messages = append(messages, message(object))
	}
	return resourcesOf(messages, more, err)
}

// isMissing is whether an error says that there is no such object.
func isMissing(err error) bool {
	return err != nil && apierr.From(err).Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING
}
