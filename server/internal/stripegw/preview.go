package stripegw

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/invoice"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// upcomingNone is Stripe's code where no invoice would be made.
const upcomingNone = "invoice_upcoming_none"

// PreviewPlanChange reads what a change of plans would cost, on the subscription as it was read: the invoice that would
// be made, with up to 1000 lines and no id, and from when on the rest of the period would be settled, nil where nothing
// is. Where nothing would be invoiced at once, it is an invoice of nothing. Its errors are those of GetPayment,
// INVALID_FIELD as of ChangePlan, UNEXPECTED_STATE, and PREVIEW_STALE where `proration_time` is not in the current
// period.
func (g *Gateway) PreviewPlanChange(
	ctx context.Context, on *paymentsv1.Subscription, req *paymentsv1.PreviewPlanChangeRequest,
) (*paymentsv1.Invoice, *timestamppb.Timestamp, error) {
	changes, err := changeItems(on, req)
	if err != nil {
		return nil, nil, err
	}
	r, err := previewRequest(on, req, changes)
	if err != nil {
		return nil, nil, internal(err)
	}
	subject := apierr.Subject{Type: subscriptionSubject, ID: on.GetId(), StateParam: subscriptionSubject}
	object, err := readObject(ctx, g, r, previewFields(req), subject, decodePreview)
	switch {
	case err == nil:
	case !atPeriodEnd(req) && apierr.From(err).Metadata["stripe_code"] == upcomingNone:
		object = nothingDue(on)
	default:
		return nil, nil, err
	}
	if object.Lines.HasMore {
		if object.Lines, err = g.upcomingLines(ctx, r, object); err != nil {
			return nil, nil, err
		}
	}
	if !atPeriodEnd(req) && !object.dueBefore(on.GetCurrentPeriodEndTime()) {
		// Stripe previews the next invoice where the change makes none.
		object = nothingDue(on)
	}
	message := g.invoice(object)
	message.Id = ""
	for _, line := range message.GetLines() {
		line.Id = ""
	}
	return message, object.prorationTime(req), nil
}

// previewRequest is GET /v1/invoices/upcoming, for the same items as ChangePlan would send.
func previewRequest(
	on *paymentsv1.Subscription, req *paymentsv1.PreviewPlanChangeRequest, changes itemChanges,
) (Request, error) {
	params := &stripe.InvoiceUpcomingParams{
		Subscription:                  new(on.GetId()),
		SubscriptionItems:             changes.params(),
		SubscriptionProrationBehavior: new("always_invoice"),
	}
	if atPeriodEnd(req) {
		params.SubscriptionProrationBehavior = new("none")
	} else if at := req.GetProrationTime(); at != nil {
		params.SubscriptionProrationDate = new(at.GetSeconds())
	}
	rec := &recorder{}
	if _, err := (invoice.Client{B: rec}).Upcoming(params); err != nil {
		return Request{}, err
	}
	return rec.request()
}

// upcomingLines reads all lines of a preview, GET /v1/invoices/upcoming/lines. Each page is a preview of its own: what
// the first one said of the time holds for all, so that they are of one and the same.
func (g *Gateway) upcomingLines(ctx context.Context, preview Request, first *invoiceObject) (invoiceLines, error) {
	return g.readLines(ctx, func(after string) (Request, error) {
		r := preview
		r.Path += "/lines"
		if at := first.SubscriptionProrationDate; at != 0 && !strings.Contains(r.Form, "subscription_proration_date=") {
			r.Form = withParam(r.Form, "subscription_proration_date", strconv.FormatInt(at, 10))
		}
		r.Form = withParam(r.Form, "limit", strconv.Itoa(linesPageSize))
		if after != "" {
			r.Form = withParam(r.Form, "starting_after", after)
		}
		return r, nil
	})
}

// previewFields are those of PreviewPlanChangeRequest. The items that are sent are those of `changes`, in their order,
// and then those of `new_items`.
func previewFields(req *paymentsv1.PreviewPlanChangeRequest) paramFields {
	fields := paramFields{
		"subscription": "subscription_id", "subscription_proration_date": "proration_time", "proration_date": "proration_time",
		"subscription_items": "changes", "items": "changes",
	}
	if len(req.GetChanges()) == 0 {
		fields["subscription_items"], fields["items"] = "new_items", "new_items"
	}
	add := func(i int, field string) {
		at := fmt.Sprintf("subscription_items[%d]", i)
		fields[at] = field
		fields[at+"[price]"], fields[at+"[quantity]"] = field+".plan_id", field+".quantity"
		fields[at+"[id]"] = field + ".item_id"
	}
	for i := range req.GetChanges() {
		add(i, fmt.Sprintf("changes[%d]", i))
	}
	for i := range req.GetNewItems() {
		add(len(req.GetChanges())+i, fmt.Sprintf("new_items[%d]", i))
	}
	return fields
}

// nothingDue is the preview of a change for which nothing is invoiced at once.
func nothingDue(on *paymentsv1.Subscription) *invoiceObject {
	nothing := new(int64(0))
	return &invoiceObject{
		Object: "invoice", BillingReason: "upcoming", Currency: strings.ToLower(on.GetCurrencyCode()),
		Customer: expandable[*onlyID]{ID: on.GetCustomerId()}, Subscription: expandable[*onlyID]{ID: on.GetId()},
		AmountDue: nothing, AmountPaid: nothing, AmountRemaining: nothing, Subtotal: nothing, Total: nothing,
		Livemode: on.GetLivemode(),
	}
}

// dueBefore is whether a preview has a line for a time before the next period. One that has not is that of the next
// period; it may settle something of that, where the subscription is to end in it.
func (o *invoiceObject) dueBefore(nextPeriod *timestamppb.Timestamp) bool {
	for i := range o.Lines.Data {
		if line := &o.Lines.Data[i]; line.Period.Start < nextPeriod.GetSeconds() {
			return true
		}
	}
	return false
}

// prorationTime is from when on a preview settles the rest of the period: as it was asked for, as Stripe says, or where
// the first line begins that settles something.
func (o *invoiceObject) prorationTime(req *paymentsv1.PreviewPlanChangeRequest) *timestamppb.Timestamp {
	switch {
	case atPeriodEnd(req):
		return nil
	case req.GetProrationTime() != nil:
		return &timestamppb.Timestamp{Seconds: req.GetProrationTime().GetSeconds()}
	case o.SubscriptionProrationDate != 0:
		return timestamp(o.SubscriptionProrationDate)
	}
	first := int64(0)
	for i := range o.Lines.Data {
		if line := &o.Lines.Data[i]; line.Proration && (first == 0 || line.Period.Start < first) {
			first = line.Period.Start
		}
	}
	return timestamp(first)
}
