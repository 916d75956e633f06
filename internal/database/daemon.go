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

// Kill sends SIGKILL and returns how the process ended, once it is gone, see Ended. One that had ended before gives
// os.ErrProcessDone.
func (d *Daemon) Kill(ctx context.Context) (end string, err error) {
	if err := d.Signal(syscall.SIGKILL); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, killWait)
	defer cancel()
	return d.Ended(ctx)
}

// Ended waits for the process to be gone, and says how it ended by the kernel's account: as "signal: killed" or
// "exit status 0".
func (d *Daemon) Ended(ctx context.Context) (end string, err error) {
	select {
	case <-d.Exited():
		return ending(d.ExitError()), nil
	case <-ctx.Done():
		return "", fmt.Errorf("process %d is still there: %w", d.PID(), ctx.Err())
	}
}

// ending is how a process ended, in words: exec.ExitError has none for status 0.
func ending(how error) string {
	if how == nil {
		return "exit status 0"
	}
	return how.Error()
}

// Pause stops the process, with all that it holds, until Resume.
func (d *Daemon) Pause() error { return d.Signal(stopSignal) }

// Resume lets a process go on that was paused. It does no harm to one that runs.
func (d *Daemon) Resume() error { return d.Signal(WakeSignal) }

// State is the process's state by the kernel's account, as "S (sleeping)", and whether a signal has stopped it.
func (d *Daemon) State() (state string, stopped bool, err error) { return processState(d.PID()) }

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
