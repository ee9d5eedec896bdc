package eventlog

import (
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// sameMessage is whether a snapshot and an object that was read say the same: all that a snapshot tells. It has the ids
// alone of the objects within it.
func sameMessage(snapshot, read proto.Message) bool {
	return proto.Equal(asSnapshot(snapshot), asSnapshot(read))
}

// asSnapshot is a copy of a message without what stands in other objects.
func asSnapshot(m proto.Message) proto.Message {
	m = proto.Clone(m)
	switch m := m.(type) {
	case *paymentsv1.Payment:
		m.AmountRefunded = nil
		if m.GetLatestCharge() != nil {
			m.LatestCharge = &paymentsv1.Charge{Id: m.GetLatestCharge().GetId()}
		}
	case *paymentsv1.Invoice:
		m.PaymentState, m.NextAction, m.PaymentError = 0, nil, nil
	case *paymentsv1.Plan:
		planAsSnapshot(m)
	case *paymentsv1.Subscription:
		m.Access, m.ScheduledChange, m.ChargedPaymentMethodId, m.ChargedPaymentMethodType = nil, nil, "", ""
		if m.GetLatestInvoice() != nil {
			m.LatestInvoice = &paymentsv1.Invoice{Id: m.GetLatestInvoice().GetId()}
		}
		for _, item := range m.GetItems() {
			planAsSnapshot(item.GetPlan())
		}
		for _, item := range m.GetPendingChange().GetItems() {
			planAsSnapshot(item.GetPlan())
		}
	}
	return m
}

// planAsSnapshot leaves out what is the product's.
func planAsSnapshot(m *paymentsv1.Plan) {
	if m != nil {
		m.Name, m.Description = "", ""
	}
}
