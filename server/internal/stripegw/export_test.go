package stripegw

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
