package database

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// Program is a command line to run. Secrets belong in Env or in a file, never in Args, which every user
// of the machine can read.
type Program struct {
	Path    string   `json:"path"`
	Args    []string `json:"args"` // without the program's own name
	Env     []string `json:"env"`  // NAME=value, added to what is inherited
	LogFile string   `json:"log"`  // standard output and error are appended here; empty: discarded
}

// Process is a started Program.
type Process interface {
	PID() int
	// Signal sends to the whole process group. A process that has ended gives os.ErrProcessDone.
	Signal(sig syscall.Signal) error
	// Exited is closed when the process has ended.
	Exited() <-chan struct{}
	// ExitError tells how it ended: nil for status 0. It is valid once Exited is closed.
	ExitError() error
}

// Starter starts programs, and sees to it that they end when we do.
type Starter interface {
	Start(ctx context.Context, program Program) (Process, error)
}

// killWait bounds the wait for a process to disappear after SIGKILL, which only a stuck disk delays.
const killWait = 5 * time.Second

// ErrKilled says that a process did not end when it was asked to.
var ErrKilled = errors.New("did not stop when asked, killed")

// Stop asks a process to end with SIGTERM and waits at most grace, then sends SIGKILL and returns
// ErrKilled. When ctx ends first, the caller is in a hurry: SIGKILL at once, and no error. Otherwise the
// result is the process's own exit error.
func Stop(ctx context.Context, process Process, grace time.Duration) error {
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send SIGTERM: %w", err)
	}
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-process.Exited():
		return process.ExitError()
	case <-ctx.Done():
		return Kill(process)
	case <-patience.C:
	}
	return errors.Join(ErrKilled, Kill(process))
}

// Kill ends a process with SIGKILL and waits until it is gone.
func Kill(process Process) error {
	if err := process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send SIGKILL: %w", err)
	}
	patience := time.NewTimer(killWait)
	defer patience.Stop()
	select {
	case <-process.Exited():
		return nil
	case <-patience.C:
		return fmt.Errorf("process %d is still there %s after SIGKILL", process.PID(), killWait)
	}
}

// logTailBytes is how much of a log an error quotes at most.
const logTailBytes = 4 << 10

// LogTail returns the end of a log file, at most the given number of lines, indented, for an error
// message; a file that cannot be read yields the reason instead.
func LogTail(file string, lines int) string {
	if file == "" {
		return "  (no log was kept)"
	}
	f, err := os.Open(file)
	if err != nil {
		return "  (no log: " + err.Error() + ")"
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > logTailBytes {
		if _, err := f.Seek(-logTailBytes, io.SeekEnd); err != nil {
			return "  (no log: " + err.Error() + ")"
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, logTailBytes))
	if err != nil {
		return "  (no log: " + err.Error() + ")"
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return "  (the log is empty)"
	}
	all := strings.Split(string(text), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}
