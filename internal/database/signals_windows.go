package database

import "syscall"

// WakeSignal would be SIGCONT. Windows has none, and starts no child that it could be sent to.
const WakeSignal = syscall.SIGTERM

// mayEnd says whether a process that gets the signal may end from it.
func mayEnd(syscall.Signal) bool { return true }
