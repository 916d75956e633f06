package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// execStarter starts programs directly. It does what lab's keeper does, as long as the test lives.
type execStarter struct{}

type execProcess struct {
	cmd    *exec.Cmd
	exited chan struct{}
	err    error
}

func (execStarter) Start(ctx context.Context, program Program) (Process, error) {
	cmd := exec.Command(program.Path, program.Args...)
	cmd.Env = append(os.Environ(), program.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := os.OpenFile(program.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &execProcess{cmd: cmd, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

func (p *execProcess) PID() int                { return p.cmd.Process.Pid }
func (p *execProcess) Exited() <-chan struct{} { return p.exited }
func (p *execProcess) ExitError() error        { return p.err }

func (p *execProcess) Signal(sig syscall.Signal) error {
	err := syscall.Kill(-p.cmd.Process.Pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// testPort hands out free ports, another one at every call.
var testPort = func() func() (int, error) {
	var next atomic.Int64
	next.Store(int64(12000 + os.Getpid()%1500*8))
	return func() (int, error) {
		for range 1000 {
			port := int(next.Add(1))
			if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
				return port, l.Close()
			}
		}
		return 0, fmt.Errorf("no free port")
	}
}()

// openPrivate starts a private server for one test.
func openPrivate(t *testing.T, change func(*Options)) (*Server, error) {
	t.Helper()
	o := Options{Starter: execStarter{}, Port: testPort, Dir: t.TempDir()}
	if change != nil {
		change(&o)
	}
	s, err := Open(t.Context(), o)
	if err == nil {
		t.Cleanup(func() {
			if err := s.Close(context.Background()); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	return s, err
}

func mustOpenPrivate(t *testing.T, change func(*Options)) *Server {
	t.Helper()
	s, err := openPrivate(t, change)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !holds() {
		select {
		case <-poll.C:
		case <-deadline.C:
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// fakeProgram writes an executable shell script.
func fakeProgram(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}
