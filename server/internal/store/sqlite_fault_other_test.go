//go:build !linux

package store_test

import (
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// linuxTasks are none here.
var linuxTasks map[string]func(t *testing.T, url string, s store.Store)
