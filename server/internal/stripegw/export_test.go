package stripegw

import (
	"context"
	"maps"
	"slices"
)

// WriteMethods names every row of the write table.
func WriteMethods() []string {
	var methods []string
	for _, w := range writes() {
		methods = append(methods, w.method)
	}
	return slices.Compact(methods) // an rpc with several rows has them side by side
}

// UpdatePaths names every field that an update can change.
func UpdatePaths() []string { return sortedKeys(paymentUpdates) }

// CustomerUpdatePaths and PaymentMethodUpdatePaths are those of customers and payment methods.
func CustomerUpdatePaths() []string      { return sortedKeys(customerUpdates) }
func PaymentMethodUpdatePaths() []string { return sortedKeys(paymentMethodUpdates) }

// PlanUpdatePaths are those of plans, and PlanFixedPaths what never changes of one.
func PlanUpdatePaths() []string { return sortedKeys(planUpdates) }
func PlanFixedPaths() []string  { return fixedInPlans }

// UpdateParams is Stripe's parameters for such a field.
func UpdateParams(path string) map[string]bool {
	params := map[string]bool{}
	for param := range paymentUpdates[path].params {
		params[param] = true
	}
	return params
}

// HasLookUp is whether every row of an rpc in the write table says how its outcome is looked up.
func HasLookUp(method string) bool {
	byMethod, _ := indexWrites()
	return !slices.ContainsFunc(byMethod[method], func(w write) bool { return w.lookUp == nil })
}

// ObjectsOf is what an rpc in the write table makes or changes.
func ObjectsOf(method string) (subjects []string) {
	byMethod, _ := indexWrites()
	for _, w := range byMethod[method] {
		subjects = append(subjects, w.object.subject)
	}
	return subjects
}

// FieldsOf is every parameter of Stripe's that an rpc translates, and what into.
func FieldsOf(method string) map[string]string {
	byMethod, _ := indexWrites()
	all := map[string]string{}
	for _, w := range byMethod[method] {
		maps.Copy(all, w.fields)
	}
	return all
}

// NoLookUp is a look-up under the rule of a write that can not be looked up.
func NoLookUp(ctx context.Context) (Finding, error) { return noLookUp(ctx, nil, write{}, Search{}) }

// SubscriptionUpdatePaths are those of subscriptions.
func SubscriptionUpdatePaths() []string { return sortedKeys(subscriptionUpdates) }
