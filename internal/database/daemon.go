package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// Daemon is a process that is meant to run until somebody ends it, so that an end which nobody asked for
// can be told from one that was.
type Daemon struct {
	Process
	doomed atomic.Bool
}

// NewDaemon wraps a process that was just started.
func NewDaemon(process Process) *Daemon { return &Daemon{Process: process} }

// Signal sends to the process group. After a signal that may end it, an end is expected.
func (d *Daemon) Signal(sig syscall.Signal) error {
	if mayEnd(sig) {
		d.doomed.Store(true)
	}
	return d.Process.Signal(sig)
}

// Watch calls died, from a goroutine of its own, if the process ends without having been told to.
func (d *Daemon) Watch(died func(error)) {
	go func() {
		<-d.Exited() // whoever started the process ends it, or reports its own end
		if d.doomed.Load() {
			return
		}
		how := d.ExitError()
		if how == nil {
			how = errors.New("exit status 0")
		}
		died(how)
	}()
}

// Stop ends the process as the function Stop does, even one that is stopped by SIGSTOP. One that ended
// before has nothing more to say: nil.
func (d *Daemon) Stop(ctx context.Context, grace time.Duration) error {
	ordered := d.doomed.Swap(true)
	select {
	case <-d.Exited():
		return nil
	default:
	}
	if err := d.Process.Signal(WakeSignal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("wake the process: %w", err)
	}
	err := Stop(ctx, d.Process, grace)
	if ordered && !errors.Is(err, ErrKilled) {
		return nil // it was ending from an earlier signal, whose effect is not news
	}
	return err
}
