//go:build race

package proof_test

// underRace is whether the race detector watches. Everything takes ten times as long then, so that less of what is drawn
// at random is tried: the run without it tries all.
const underRace = true
