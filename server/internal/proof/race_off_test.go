//go:build !race

package proof_test

// underRace is whether the race detector watches; see race_on_test.go.
const underRace = false
