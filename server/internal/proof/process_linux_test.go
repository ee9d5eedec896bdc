package proof_test

import "syscall"

// tied ends a process with the one that started it, however that ends.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
