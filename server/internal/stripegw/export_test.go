package stripegw

import "context"

// WriteMethods names every row of the write table.
func WriteMethods() []string {
	var methods []string
	for _, w := range writes() {
		methods = append(methods, w.method)
	}
	return methods
}

// UpdatePaths names every field that an update can change.
func UpdatePaths() []string { return sortedKeys(paymentUpdates) }

// UpdateParams is Stripe's parameters for such a field.
func UpdateParams(path string) map[string]bool {
	params := map[string]bool{}
	for param := range paymentUpdates[path].params {
		params[param] = true
	}
	return params
}

// HasLookUp is whether a row of the write table says how its outcome is looked up.
func HasLookUp(method string) bool {
	byMethod, _ := indexWrites()
	return byMethod[method].lookUp != nil
}

// ObjectOf is what a row of the write table makes or changes.
func ObjectOf(method string) string {
	byMethod, _ := indexWrites()
	return byMethod[method].object.subject
}

// NoLookUp is a look-up under the rule of a write that can not be looked up.
func NoLookUp(ctx context.Context) (Finding, error) { return noLookUp(ctx, nil, write{}, Search{}) }
