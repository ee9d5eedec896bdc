package sandbox

import (
	"strconv"
	"testing"
)

// The log keeps the last requests and forgets the oldest, in order. It is filled directly: through the API this would
// take too long.
func TestRequestLogIsBounded(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	const more = 3
	for i := range maxRequests + more {
		s.requests.add(&call{path: strconv.Itoa(i)}, answer{})
	}
	all := s.Requests("")
	if len(all) != maxRequests {
		t.Fatalf("%d requests are kept, want %d", len(all), maxRequests)
	}
	for i, e := range all {
		if want := strconv.Itoa(i + more); e.Path != want {
			t.Fatalf("request %d is %s, want %s", i, e.Path, want)
		}
	}
}
