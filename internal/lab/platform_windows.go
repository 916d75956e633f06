package lab

import (
	"errors"
	"os"
	"syscall"
)

// supported says whether labs can be set up on this platform. Without process groups and sessions nothing
// could promise that no process outlives its lab.
func supported() error {
	return errors.New("on Windows flashsale starts no database and no servers of its own: " +
		"give serve a --dsn, and simulate a --target")
}

// What follows is never reached: supported refuses first.

func keeperAttributes() *syscall.SysProcAttr { return nil }

func childAttributes() *syscall.SysProcAttr { return nil }

func signalGroup(int, syscall.Signal) error { return errors.ErrUnsupported }

func peakBytes(*os.ProcessState) int64 { return 0 }
