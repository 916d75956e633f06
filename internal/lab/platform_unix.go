//go:build unix

package lab

import (
	"os"
	"runtime"
	"syscall"
)

// supported says whether labs can be set up on this platform.
func supported() error { return nil }

// keeperAttributes puts the keeper in a session of its own, where no terminal's Ctrl-C reaches it.
func keeperAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// signalGroup sends to a whole process group.
func signalGroup(leader int, sig syscall.Signal) error { return syscall.Kill(-leader, sig) }

// peakBytes is the most memory that an ended process had resident.
func peakBytes(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10 // everybody else counts in KiB
}
