package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"flashsale/internal/database"
)

const (
	readyWait    = 15 * time.Second
	readyPoll    = 20 * time.Millisecond
	drainWait    = 10 * time.Second // a server answers everything it accepted before it stops
	bindAttempts = 3
	quotedLines  = 20
)

// server is one server under test. It keeps its ports when it is started again.
type server struct {
	index   int
	addr    string
	admin   string
	logFile string
	roads   roads

	mu     sync.Mutex
	daemon *database.Daemon
	offset time.Duration // how wrong its clock is made
}

// errPortTaken says that some other program took a server's port after the lab had tried it.
var errPortTaken = errors.New("a port is taken")

// startServers starts all, then waits for all.
func (l *Lab) startServers(ctx context.Context) error {
	for i := range l.options.Replicas {
		s := &server{index: i, logFile: l.logFile(fmt.Sprintf("server-%d", i))}
		l.servers = append(l.servers, s)
		if err := l.assignPorts(s); err != nil {
			return err
		}
		if err := l.launch(ctx, s); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	for _, s := range l.servers {
		err := l.awaitReady(ctx, s)
		for attempt := 1; errors.Is(err, errPortTaken) && attempt < bindAttempts; attempt++ {
			if err := errors.Join(l.assignPorts(s), l.launch(ctx, s)); err != nil {
				return err
			}
			err = l.awaitReady(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	for _, s := range l.servers {
		l.watch(s)
	}
	return nil
}

func (l *Lab) assignPorts(s *server) error {
	port, err := l.ports.take()
	if err != nil {
		return err
	}
	adminPort, err := l.ports.take()
	if err != nil {
		return err
	}
	s.addr, s.admin = loopback(port), loopback(adminPort)
	return l.buildRoads(s)
}

// serverProgram is how a server is started, at the database that dsn names; empty: at none.
func (l *Lab) serverProgram(addr, admin, logFile, dsn string, more ...string) database.Program {
	program := database.Program{
		Path:    l.options.Binary,
		Args:    append(l.command().arguments(addr, admin, l.secretFile()), more...),
		LogFile: logFile,
	}
	if dsn != "" {
		program.Env = []string{"FLASHSALE_DSN=" + dsn}
	}
	return program
}

// command is how the servers are started; of a front, only the running lab knows what it counts in.
func (l *Lab) command() Command {
	if l.options.Kind == KindFront {
		return FrontCommand(l.options.limits(), l.counter(), l.options.Products)
	}
	return l.options.Command()
}

// runCreateSchema lets a server's own program make its tables.
func (l *Lab) runCreateSchema(ctx context.Context) error {
	log := l.logFile("server-0")
	program := l.serverProgram(loopback(0), loopback(0), log, l.DSN(), "--create-schema")
	process, err := l.keeper.Start(ctx, program)
	if err != nil {
		return err
	}
	select {
	case <-process.Exited():
	case <-ctx.Done():
		return fmt.Errorf("create the schema: %w", errors.Join(ctx.Err(), database.Kill(process)))
	}
	if err := process.ExitError(); err != nil {
		return fmt.Errorf("create the schema: %w; the log ends:\n%s", err, database.LogTail(log, quotedLines))
	}
	return nil
}

func (l *Lab) launch(ctx context.Context, s *server) error {
	dsn, err := l.serverDSN(s)
	if err != nil {
		return fmt.Errorf("server %d: %w", s.index, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var more []string
	if s.offset != 0 {
		more = []string{"--clock-offset", s.offset.String()}
	}
	process, err := l.keeper.Start(ctx, l.serverProgram(s.addr, s.admin, s.logFile, dsn, more...))
	if err != nil {
		return fmt.Errorf("server %d: %w", s.index, err)
	}
	s.daemon = database.NewDaemon(process)
	l.options.Logger.Info("server started", "server", s.index, "addr", s.addr, "pid", process.PID())
	return nil
}

func (s *server) current() *database.Daemon {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.daemon
}

// awaitReady polls the server's /readyz until it answers 200.
func (l *Lab) awaitReady(ctx context.Context, s *server) error {
	process := s.current()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for {
		select {
		case <-process.Exited():
			return s.diedAtStart(process)
		case <-ctx.Done():
			return fmt.Errorf("server %d was not ready in time: %w; its log ends:\n%s", s.index, ctx.Err(),
				database.LogTail(s.logFile, quotedLines))
		case <-poll.C:
			if answers(ctx, readiness("http://"+s.admin)) == nil {
				return nil
			}
		}
	}
}

func (s *server) diedAtStart(process database.Process) error {
	tail := database.LogTail(s.logFile, quotedLines)
	cause := process.ExitError()
	switch {
	case strings.Contains(tail, "address already in use"):
		cause = errPortTaken
	case cause == nil:
		cause = errors.New("exit status 0")
	}
	return fmt.Errorf("server %d ended before it was ready: %w; its log ends:\n%s", s.index, cause, tail)
}

// watch reports a server that ends although nobody asked it to.
func (l *Lab) watch(s *server) {
	daemon := s.current()
	daemon.Watch(func(how error) {
		l.fail(fmt.Errorf("server %d (pid %d) ended by itself: %w; its log ends:\n%s", s.index, daemon.PID(), how,
			database.LogTail(s.logFile, quotedLines)))
	})
}

// watchKeeper reports a keeper that ends before Close.
func (l *Lab) watchKeeper() {
	<-l.keeper.gone
	l.fail(errors.Join(errKeeperGone, l.keeper.err))
}

// URLs are the servers' base URLs as their clients know them, without a slash at the end, in the order of their numbers.
// Behind a balancer they have only its one.
func (l *Lab) URLs() []string {
	if l.balancer != nil {
		return []string{"http://" + l.balancer.Addr()}
	}
	return l.urls((*server).entrance)
}

// AdminURLs are the base URLs of the servers' health, metrics and profiles.
func (l *Lab) AdminURLs() []string {
	return l.urls(func(s *server) string { return s.admin })
}

func (l *Lab) urls(of func(*server) string) []string {
	urls := make([]string, 0, len(l.servers))
	for _, s := range l.servers {
		urls = append(urls, "http://"+of(s))
	}
	return urls
}

// stop lets a server drain, if it was ever started.
func (s *server) stop(ctx context.Context) error {
	daemon := s.current()
	if daemon == nil {
		return nil
	}
	if err := daemon.Stop(ctx, drainWait); err != nil {
		return fmt.Errorf("stop server %d: %w", s.index, err)
	}
	return nil
}

// stopServers stops all at once, so that they drain side by side.
func (l *Lab) stopServers(ctx context.Context) error {
	errs := make([]error, len(l.servers))
	var all sync.WaitGroup
	for i, s := range l.servers {
		all.Go(func() { errs[i] = s.stop(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}
