package database

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/ory/dockertest/v3/docker"
)

// watch follows the container's log into our file, and then learns how the container ended.
func (c *Container) watch() error {
	log, err := os.OpenFile(cmp.Or(c.logFile, os.DevNull), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("log of the database's container: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.loseSight = cancel
	go func() {
		defer close(c.ended)
		defer log.Close()
		err := c.client.Logs(docker.LogsOptions{
			Container: c.name, Context: ctx, Follow: true, Stdout: true, Stderr: true, OutputStream: log, ErrorStream: log,
		})
		if err != nil {
			c.logger.Debug("following the log of the database's container", "error", err)
		}
		code, err := c.client.WaitContainerWithContext(c.name, ctx)
		if err != nil {
			c.end = fmt.Errorf("out of sight: %w", plain(err))
			return
		}
		c.end = fmt.Errorf("exit status %d", code)
	}()
	return nil
}

// report tells of an end that nobody ordered.
func (c *Container) report(died func(error)) {
	<-c.ended // remove sees to it that this comes
	if !c.doomed.Load() {
		died(fmt.Errorf("the database's container %s ended by itself: %w; its log ends:\n%s", c.name, c.end,
			LogTail(c.logFile, quotedLines)))
	}
}
