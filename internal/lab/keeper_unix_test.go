//go:build unix

package lab

import (
	"syscall"
	"testing"
)

func TestKeeperDoesNotListenToTheTerminal(t *testing.T) {
	isolate(t)
	l := start(t, Options{})
	pid := l.keeper.cmd.Process.Pid
	if group, err := syscall.Getpgid(pid); err != nil || group == syscall.Getpgrp() {
		t.Errorf("the keeper is in our process group %d: %v", group, err)
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE} {
		if err := syscall.Kill(pid, sig); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Victims()[0].restart(t.Context()); err != nil {
		t.Errorf("after the signals: %v", err)
	}
}
