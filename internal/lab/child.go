package lab

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"flashsale/internal/database"
)

// child is a process that a keeper started. It leads a process group of its own.
type child struct {
	cmd *exec.Cmd
}

func startChild(p database.Program) (*child, error) {
	cmd := exec.Command(p.Path, p.Args...)
	cmd.Env = append(inherited(), p.Env...)
	cmd.SysProcAttr = childAttributes()
	if p.LogFile != "" {
		log, err := os.OpenFile(p.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		defer log.Close() // the child has its own copy
		cmd.Stdout, cmd.Stderr = log, log
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &child{cmd: cmd}, nil
}

// signal sends to the whole group.
func (c *child) signal(sig syscall.Signal) error {
	err := signalGroup(c.cmd.Process.Pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
