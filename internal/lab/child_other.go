//go:build unix && !linux

package lab

import "syscall"

// childAttributes gives a child a process group of its own. Only Linux can tie its life to the keeper's.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
