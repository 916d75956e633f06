package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"flashsale/internal/database"
)

// KindFront is our server's front with a counter where the database would be: it shows what the database costs.
const KindFront = "front"

// Counters that a KindFront can have.
const (
	CounterMemory = "memory"
	CounterRedis  = "redis" // in a private Redis, which keeps nothing
)

// ErrNoRedis says that a CounterRedis cannot be had here.
var ErrNoRedis = errors.New("redis-server is not on PATH; apt-get install redis-server")

const redisStopWait = 5 * time.Second

// FrontCommand starts the front of a checkout server over a counter: memory, or the redis:// URL of one. The products'
// stock is where it begins to count.
func FrontCommand(limits Limits, counter string, products []Product) Command {
	flags := append(limits.flags(), "--counter", counter)
	for _, p := range products {
		flags = append(flags, "--stock", fmt.Sprintf("%d=%d", p.ID, p.StockTotal))
	}
	return Command{Subcommand: "front", Flags: flags}
}

// startCounter starts what a KindFront counts in, if that is not its own memory.
func (l *Lab) startCounter(ctx context.Context) error {
	if l.options.Counter != CounterRedis {
		return nil
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return ErrNoRedis
	}
	port, err := l.ports.take()
	if err != nil {
		return err
	}
	l.redisAddr = loopback(port)
	process, err := l.keeper.Start(ctx, redisProgram(path, l.dir, port, l.logFile("redis")))
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	l.redis = database.NewDaemon(process)
	if err := l.awaitRedis(ctx); err != nil {
		return err
	}
	l.redis.Watch(func(how error) { l.fail(fmt.Errorf("redis (pid %d) ended by itself: %w", process.PID(), how)) })
	return nil
}

// redisProgram is a Redis that writes nothing to disk, as one would run it for speed.
func redisProgram(path, dir string, port int, logFile string) database.Program {
	return database.Program{Path: path, LogFile: logFile, Args: []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--save", "", "--appendonly", "no", "--dir", dir,
		"--daemonize", "no",
	}}
}

// awaitRedis waits until it takes connections and answers.
func (l *Lab) awaitRedis(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for {
		select {
		case <-l.redis.Exited():
			return fmt.Errorf("redis ended before it was ready: %w; its log ends:\n%s", l.redis.ExitError(),
				database.LogTail(l.logFile("redis"), quotedLines))
		case <-ctx.Done():
			return fmt.Errorf("redis was not ready in time: %w; its log ends:\n%s", ctx.Err(),
				database.LogTail(l.logFile("redis"), quotedLines))
		case <-poll.C:
			if redisAnswers(l.redisAddr) {
				return nil
			}
		}
	}
}

// redisAnswers asks once whether a Redis at the address is ready.
func redisAnswers(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	return err == nil && strings.HasPrefix(string(answer[:n]), "+PONG")
}

// counter is what a KindFront is told to count in.
func (l *Lab) counter() string {
	if l.redis == nil {
		return CounterMemory
	}
	return "redis://" + l.redisAddr
}

func (l *Lab) stopCounter(ctx context.Context) error {
	if l.redis == nil {
		return nil
	}
	if err := l.redis.Stop(ctx, redisStopWait); err != nil {
		return fmt.Errorf("stop redis: %w", err)
	}
	return nil
}
