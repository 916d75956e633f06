package database

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Kill ends the server with SIGKILL, see Victim. One that has ended before tells how.
func (c *Child) Kill(ctx context.Context) (end string, err error) {
	daemon := c.Daemon()
	end, err = daemon.Kill(ctx)
	if errors.Is(err, os.ErrProcessDone) {
		end, err = daemon.Ended(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("kill the database: %w", err)
	}
	return end, nil
}

// Start starts the server again after it has ended, see Victim.
func (c *Child) Start(ctx context.Context) error {
	if c.mortal {
		return fmt.Errorf("start the database: %w", errDataGone)
	}
	select {
	case <-c.Daemon().Exited():
	default:
		return fmt.Errorf("start the database: process %d runs already", c.Daemon().PID())
	}
	if err := c.start(ctx); err != nil {
		return fmt.Errorf("start the database: %w", err)
	}
	return nil
}

// Knock connects and waits for the greeting, see Victim.
func (c *Child) Knock(ctx context.Context) error { return knock(ctx, c.config.Addr) }

// Pause stops the server with SIGSTOP, see Victim.
func (c *Child) Pause(context.Context) error {
	if err := c.Daemon().Pause(); err != nil {
		return fmt.Errorf("pause the database: %w", err)
	}
	return nil
}

// Resume lets a paused server run on, see Victim.
func (c *Child) Resume(context.Context) error {
	if err := c.Daemon().Resume(); err != nil {
		return fmt.Errorf("resume the database: %w", err)
	}
	return nil
}

// State is what the kernel says of the process, see Victim.
func (c *Child) State(context.Context) (state string, stopped bool, err error) {
	return c.Daemon().State()
}
