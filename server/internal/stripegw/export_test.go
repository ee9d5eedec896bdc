package stripegw

// WriteMethods names every row of the write table.
func WriteMethods() []string {
	var methods []string
	for _, w := range writes() {
		methods = append(methods, w.method)
	}
	return methods
}
