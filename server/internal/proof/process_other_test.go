//go:build !linux

package proof_test

import "syscall"

// tied can end no process with its parent here: what a test that was killed leaves behind is to be ended by hand.
func tied() *syscall.SysProcAttr { return nil }
