package database

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Child is a private server process. It can be killed and started again on the same data and port, which
// is what a crash and a restart look like from outside.
type Child struct {
	starter Starter
	program Program
	config  *mysql.Config
	died    func(error)
	mortal  bool // its data goes with it

	mu     sync.Mutex
	daemon *Daemon
}

// Waits. The first start may have to lay out files on a slow disk; a stop writes dirty pages out.
const (
	initialiseWait = 60 * time.Second
	readyWait      = 30 * time.Second
	stopWait       = 10 * time.Second
	portAttempts   = 5
	quotedLines    = 15
)

// errPortTaken says that another process got the port first.
var errPortTaken = errors.New("the port is taken")

// account is the only one that can log in over TCP.
const account = "flashsale"

// startChild makes a data directory in o.Dir and starts a server on it.
func startChild(ctx context.Context, o Options, installed installation) (*Child, error) {
	if o.LogFile == "" {
		o.LogFile = filepath.Join(o.Dir, "database.log")
	}
	password, err := layOut(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := runToEnd(ctx, o.Starter, installed.initialise(o)); err != nil {
		return nil, fmt.Errorf("make its data directory: %w", err)
	}
	for attempt := 1; ; attempt++ {
		port, err := o.Port()
		if err != nil {
			return nil, err
		}
		child := &Child{starter: o.Starter, program: installed.serve(o, port), died: o.Died, mortal: o.DiskBytes > 0}
		child.config = mysql.NewConfig()
		child.config.User, child.config.Passwd = account, password
		child.config.Net, child.config.Addr = "tcp", fmt.Sprintf("127.0.0.1:%d", port)
		err = child.start(ctx)
		if err == nil {
			return child, nil
		}
		if !errors.Is(err, errPortTaken) || attempt == portAttempts {
			return nil, err
		}
	}
}

// layOut prepares the directory and returns the account's password. The server reads the accounts from a
// file that only we can read; passwords never appear on a command line. They stay out of the binary log.
func layOut(dir string) (password string, err error) {
	for _, name := range []string{"data", "tmp", "disk"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return "", err
		}
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	password = hex.EncodeToString(secret[:16])
	accounts := strings.NewReplacer("$account", account, "$password", password,
		"$root", hex.EncodeToString(secret[16:])).Replace(`SET sql_log_bin = 0;
CREATE USER IF NOT EXISTS '$account'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO '$account'@'127.0.0.1' WITH GRANT OPTION;
ALTER USER 'root'@'localhost' IDENTIFIED BY '$root';
`)
	return password, os.WriteFile(filepath.Join(dir, "init.sql"), []byte(accounts), 0o600)
}

// runToEnd runs a program that is expected to finish by itself with status 0.
func runToEnd(ctx context.Context, starter Starter, program Program) error {
	ctx, cancel := context.WithTimeout(ctx, initialiseWait)
	defer cancel()
	process, err := starter.Start(ctx, program)
	if err != nil {
		return err
	}
	select {
	case <-process.Exited():
	case <-ctx.Done():
		return errors.Join(ctx.Err(), Kill(process))
	}
	if err := process.ExitError(); err != nil {
		return fmt.Errorf("%s: %w; its log ends:\n%s", filepath.Base(program.Path), err,
			LogTail(program.LogFile, quotedLines))
	}
	return nil
}

// start starts the server and waits until it answers; a server that does not is ended.
func (c *Child) start(ctx context.Context) error {
	process, err := c.starter.Start(ctx, c.program)
	if err != nil {
		return err
	}
	if err := c.awaitReady(ctx, process); err != nil {
		return errors.Join(err, Kill(process))
	}
	daemon := NewDaemon(process)
	c.mu.Lock()
	c.daemon = daemon
	c.mu.Unlock()
	daemon.Watch(func(how error) {
		c.died(fmt.Errorf("the database (pid %d) ended by itself: %w; its log ends:\n%s", process.PID(), how,
			LogTail(c.program.LogFile, quotedLines)))
	})
	return nil
}

// awaitReady waits for the first login; a server that ends before tells why in its log.
func (c *Child) awaitReady(ctx context.Context, process Process) error {
	err := awaitLogin(ctx, c.config, readyWait, process.Exited())
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, errEnded) {
		return c.diedAtStart(process)
	}
	return fmt.Errorf("%w; its log ends:\n%s", err, LogTail(c.program.LogFile, quotedLines))
}

func (c *Child) diedAtStart(process Process) error {
	tail := LogTail(c.program.LogFile, quotedLines)
	cause := process.ExitError()
	if strings.Contains(tail, "Address already in use") {
		cause = errPortTaken
	}
	if c.mortal && (strings.Contains(tail, "unshare:") || strings.Contains(tail, "mount:")) {
		cause = fmt.Errorf("%w (a small disk needs root, or a kernel that gives everybody user namespaces)", cause)
	}
	return fmt.Errorf("%s ended before it was ready: %w; its log ends:\n%s",
		filepath.Base(c.program.Path), cause, tail)
}

// Daemon is the server process as of the last start.
func (c *Child) Daemon() *Daemon {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.daemon
}

// Restart starts the server again on the same data and port, and returns when it answers. One that still
// runs is stopped first, the polite way.
func (c *Child) Restart(ctx context.Context) error {
	if c.mortal {
		return fmt.Errorf("restart the database: %w", errDataGone)
	}
	if err := c.stop(ctx); err != nil && !errors.Is(err, ErrKilled) {
		return fmt.Errorf("restart the database: %w", err)
	}
	if err := c.start(ctx); err != nil {
		return fmt.Errorf("restart the database: %w", err)
	}
	return nil
}

// CommandLine is how a person starts this server again by hand.
func (c *Child) CommandLine() string {
	return c.program.Path + " " + strings.Join(c.program.Args, " ")
}

// stop ends the server. What lies in memory nobody can want: on a full disk SIGTERM would go unheard for a minute.
func (c *Child) stop(ctx context.Context) error {
	if c.mortal {
		_, err := c.Kill(ctx)
		return err
	}
	if err := c.Daemon().Stop(ctx, stopWait); err != nil {
		return fmt.Errorf("stop the database: %w", err)
	}
	return nil
}
