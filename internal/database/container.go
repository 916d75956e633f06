package database

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/ory/dockertest/v3/docker"
)

// DefaultImage is what a container is made from when a server is wanted and nothing else can give one.
const DefaultImage = "mysql:8.4"

// containerLabel marks every container that we make, so that a person can find them all.
const containerLabel = "flashsale"

// Guardian removes containers (RemoveContainer) if this process dies before it could.
type Guardian interface {
	// Adopt names a container that is about to be made.
	Adopt(ctx context.Context, container string) error
	// Forget says that a container is gone, or shall stay.
	Forget(ctx context.Context, container string) error
}

// Container is a server in a Docker container of its own. Only this machine can reach it, and its data goes
// with it. It may come from any image that behaves as Docker's official ones of MySQL and MariaDB do: the
// root password is in the environment, and arguments are the server's flags.
//
// It is not made with Docker's own auto-remove: a container that dies must leave its exit code and its log.
type Container struct {
	client    *docker.Client
	name      string
	image     string
	config    *mysql.Config
	logFile   string
	guardian  Guardian
	logger    *slog.Logger
	died      func(error)
	unsafe    bool  // its commits are not flushed
	diskBytes int64 // of its data; 0: the engine's own disk

	outOfHands bool // kept: not ours to remove any more

	mu   sync.Mutex
	life *life // as of the last start; nil before the first
}

// Waits. An official image initialises its data in the first start, which syncs a lot.
const (
	containerReadyWait  = 2 * time.Minute
	containerStartWait  = 30 * time.Second
	containerRemoveWait = 20 * time.Second
	containerSignalWait = 5 * time.Second
)

// startContainer makes a container from o.Image and waits until its server answers.
func startContainer(ctx context.Context, o Options) (*Container, error) {
	client, err := reachDocker(ctx, o.SearchPath)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		port, err := o.Port()
		if err != nil {
			return nil, err
		}
		c := newContainer(client, o, port)
		err = c.start(ctx, port)
		if err == nil {
			return c, nil
		}
		err = errors.Join(err, c.remove(ctx))
		if !errors.Is(err, errPortTaken) || attempt == portAttempts {
			return nil, err
		}
	}
}

func newContainer(client *docker.Client, o Options, port int) *Container {
	c := &Container{
		client: client, image: o.Image, logFile: o.LogFile, guardian: o.Guardian, logger: o.Logger, died: o.Died,
		unsafe: o.UnsafeNoFlush, diskBytes: o.DiskBytes, name: "flashsale-" + randomHex(),
	}
	if c.guardian == nil {
		c.guardian = nobody{}
	}
	c.config = mysql.NewConfig()
	c.config.User, c.config.Passwd = "root", randomHex()
	c.config.Net, c.config.Addr = "tcp", "127.0.0.1:"+strconv.Itoa(port)
	return c
}

func randomHex() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	return hex.EncodeToString(random[:])
}

// start makes the container and brings it to life.
func (c *Container) start(ctx context.Context, port int) error {
	if err := c.guardian.Adopt(ctx, c.name); err != nil {
		return err
	}
	err := c.create(ctx, port)
	if errors.Is(err, docker.ErrNoSuchImage) {
		c.logger.Warn("the image is not on this machine; pulling it, which may take minutes", "image", c.image)
		if err := pull(ctx, c.client, c.image); err != nil {
			return err
		}
		err = c.create(ctx, port)
	}
	if err != nil {
		return fmt.Errorf("make a container of %s: %w", c.image, plain(err))
	}
	return c.live(ctx)
}

// live runs the container that was made and waits for the first login.
func (c *Container) live(ctx context.Context) error {
	if err := c.run(ctx); err != nil {
		return err
	}
	now, err := c.watch()
	if err != nil {
		return err
	}
	err = awaitLogin(ctx, c.config, containerReadyWait, now.ended)
	if err == nil {
		go c.report(now)
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, errEnded) {
		err = fmt.Errorf("%w: %w", err, now.end)
	}
	return fmt.Errorf("container of %s: %w; its log ends:\n%s", c.image, err, LogTail(c.logFile, quotedLines))
}

// Name is the container's, as docker ps shows it.
func (c *Container) Name() string { return c.name }

// Keep leaves the container running for whoever wants to look at its data: Close will not remove it, and
// nobody else either.
func (c *Container) Keep(ctx context.Context) error {
	if err := c.guardian.Forget(ctx, c.name); err != nil {
		return fmt.Errorf("keep container %s: %w", c.name, err)
	}
	c.outOfHands = true
	return nil
}

// remove puts the container away, or takes leave of one that is to be kept. It takes a moment and is done
// even if ctx has ended.
func (c *Container) remove(ctx context.Context) error {
	now := c.current()
	if now != nil {
		now.doomed.Store(true)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), containerRemoveWait)
	defer cancel()
	var err error
	if !c.outOfHands {
		err = remove(ctx, c.client, c.name)
		var absent *docker.NoSuchContainer
		if errors.As(err, &absent) {
			err = nil
		}
		if err == nil {
			err = c.guardian.Forget(ctx, c.name)
		}
	}
	if now != nil {
		now.loseSight()
		<-now.ended // at once: both calls of watch heed their context
	}
	return err
}

// nobody guards nothing.
type nobody struct{}

func (nobody) Adopt(context.Context, string) error  { return nil }
func (nobody) Forget(context.Context, string) error { return nil }
