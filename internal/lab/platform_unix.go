//go:build unix

package lab

import "syscall"

// supported says whether labs can be set up on this platform.
func supported() error { return nil }

// keeperAttributes puts the keeper in a session of its own, where no terminal's Ctrl-C reaches it.
func keeperAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// signalGroup sends to a whole process group.
func signalGroup(leader int, sig syscall.Signal) error { return syscall.Kill(-leader, sig) }
