package database

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/ory/dockertest/v3/docker"
)

// life is one run of a container, from its start to its end.
type life struct {
	doomed    atomic.Bool        // its end is our doing
	loseSight context.CancelFunc // ends watch
	ended     chan struct{}      // closed when it runs no more, or is out of sight
	end       error              // how it ended; valid once ended is closed
	logged    int64              // bytes of its log, earlier lives' among them; valid likewise
}

// current is the container's life as of the last start; nil before the first.
func (c *Container) current() *life {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.life
}

// watch follows the container's log into our file, and then learns how the container ended. Docker tells the log of
// all lives from the beginning: what was written before is passed over.
func (c *Container) watch() (*life, error) {
	file, err := os.OpenFile(cmp.Or(c.logFile, os.DevNull), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("log of the database's container: %w", err)
	}
	log := &remainder{to: file}
	if before := c.current(); before != nil {
		<-before.ended // run has seen to that
		log.skip = before.logged
	}
	ctx, cancel := context.WithCancel(context.Background())
	now := &life{loseSight: cancel, ended: make(chan struct{})}
	c.mu.Lock()
	c.life = now
	c.mu.Unlock()
	go func() {
		defer close(now.ended)
		defer file.Close()
		err := c.client.Logs(docker.LogsOptions{
			Container: c.name, Context: ctx, Follow: true, Stdout: true, Stderr: true, OutputStream: log, ErrorStream: log,
		})
		if err != nil {
			c.logger.Debug("following the log of the database's container", "error", err)
		}
		now.logged = log.seen
		code, err := c.client.WaitContainerWithContext(c.name, ctx)
		if err != nil {
			now.end = fmt.Errorf("out of sight: %w", plain(err))
			return
		}
		now.end = fmt.Errorf("exit status %d", code)
	}()
	return now, nil
}

// report tells of an end that nobody ordered.
func (c *Container) report(now *life) {
	<-now.ended // remove sees to it that this comes
	if !now.doomed.Load() {
		c.died(fmt.Errorf("the database's container %s ended by itself: %w; its log ends:\n%s", c.name, now.end,
			LogTail(c.logFile, quotedLines)))
	}
}

// remainder passes on what comes after the first skip bytes.
type remainder struct {
	to   io.Writer
	skip int64
	seen int64
}

// Write implements io.Writer.
func (r *remainder) Write(p []byte) (int, error) {
	fresh := p[min(int64(len(p)), max(0, r.skip-r.seen)):]
	r.seen += int64(len(p))
	if _, err := r.to.Write(fresh); err != nil {
		return 0, err
	}
	return len(p), nil
}
