package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/ory/dockertest/v3/docker"
)

// Kill ends the server with SIGKILL, see Victim. The container stays, with its data and its address; one that has
// ended before tells how.
func (c *Container) Kill(ctx context.Context) (end string, err error) {
	now := c.current()
	now.doomed.Store(true)
	if err := c.signal(ctx, docker.SIGKILL); err != nil {
		return "", fmt.Errorf("kill the database: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, killWait)
	defer cancel()
	select {
	case <-now.ended:
		return ending(now.end), nil
	case <-ctx.Done():
		return "", fmt.Errorf("kill the database: container %s still runs: %w", c.name, ctx.Err())
	}
}

// Start starts the server again after it has ended, see Victim.
func (c *Container) Start(ctx context.Context) error {
	if c.diskBytes > 0 {
		return fmt.Errorf("start the database: %w", errDataGone)
	}
	select {
	case <-c.current().ended:
	default:
		return fmt.Errorf("start the database: container %s runs already", c.name)
	}
	if err := c.live(ctx); err != nil {
		return fmt.Errorf("start the database: %w", err)
	}
	return nil
}

// Knock connects and waits for the greeting, see Victim.
func (c *Container) Knock(ctx context.Context) error { return knock(ctx, c.config.Addr) }

// Pause stops the server with SIGSTOP, see Victim. Docker's own pause would freeze it without the kernel saying so.
func (c *Container) Pause(ctx context.Context) error {
	if err := c.signal(ctx, docker.SIGSTOP); err != nil {
		return fmt.Errorf("pause the database: %w", err)
	}
	return nil
}

// Resume lets a paused server run on, see Victim.
func (c *Container) Resume(ctx context.Context) error {
	if err := c.signal(ctx, docker.SIGCONT); err != nil {
		return fmt.Errorf("resume the database: %w", err)
	}
	return nil
}

// State is what the kernel says of the server's process, see Victim. It knows where Docker shares it with us.
func (c *Container) State(ctx context.Context) (state string, stopped bool, err error) {
	pid, err := c.pid(ctx)
	if err != nil {
		return "", false, err
	}
	return processState(pid)
}

// signal sends to the container's first process, which is the server. One that has ended does not mind.
func (c *Container) signal(ctx context.Context, sig docker.Signal) error {
	ctx, cancel := context.WithTimeout(ctx, containerSignalWait)
	defer cancel()
	err := c.client.KillContainer(docker.KillContainerOptions{ID: c.name, Signal: sig, Context: ctx})
	var ended *docker.ContainerNotRunning
	if err == nil || errors.As(err, &ended) {
		return nil
	}
	return plain(err)
}

// pid is the server's process, as this machine knows it.
func (c *Container) pid(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, containerSignalWait)
	defer cancel()
	container, err := c.client.InspectContainerWithContext(c.name, ctx)
	if err != nil {
		return 0, fmt.Errorf("look at container %s: %w", c.name, plain(err))
	}
	if container.State.Pid == 0 {
		return 0, fmt.Errorf("container %s does not run", c.name)
	}
	return container.State.Pid, nil
}

// disk is the container's small disk, as seen from here.
func (c *Container) disk() *Disk {
	return &Disk{log: c.logFile, look: func(ctx context.Context) (string, error) {
		pid, err := c.pid(ctx)
		if err != nil {
			return "", err
		}
		seen, err := inSightOf(pid, containerData)
		if err != nil {
			return "", fmt.Errorf("the database's disk: %w", err)
		}
		return seen, nil
	}}
}
