package database

import "syscall"

// WakeSignal would be SIGCONT, stopSignal SIGSTOP. Windows has neither, and starts no child that they could be sent to.
const (
	WakeSignal = syscall.SIGTERM
	stopSignal = syscall.SIGTERM
)

// mayEnd says whether a process that gets the signal may end from it.
func mayEnd(syscall.Signal) bool { return true }
