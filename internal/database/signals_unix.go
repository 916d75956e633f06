//go:build unix

package database

import "syscall"

// WakeSignal lets a process that is stopped by SIGSTOP see the signals that came meanwhile.
const WakeSignal = syscall.SIGCONT

// stopSignal stops a process until WakeSignal comes.
const stopSignal = syscall.SIGSTOP

// mayEnd says whether a process that gets the signal may end from it.
func mayEnd(sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGSTOP, syscall.SIGCONT, syscall.SIGUSR1, syscall.SIGUSR2:
		return false
	}
	return true
}
