package lab

import "syscall"

// childAttributes gives a child a process group of its own, and has the kernel kill it if the keeper dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
