package server

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a server in a process of its own is told, in its environment.
const childDSN, childSecret = "FLASHSALE_TEST_DSN", "FLASHSALE_TEST_SECRET"

const childTimeout = time.Second // of its requests

func childMain(dsn string) error {
	c := DefaultConfig()
	c.Addr, c.AdminAddr, c.DSN = "127.0.0.1:0", "127.0.0.1:0", dsn
	c.Secrets, c.RequestTimeout = []string{os.Getenv(childSecret)}, childTimeout
	c.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	s, err := New(c)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return s.Run(ctx)
}

// child is a server in a process of its own, and its clients.
type child struct {
	*shop
	process *exec.Cmd
	ended   bool
}

var childServing = regexp.MustCompile(`msg=serving addr=(\S+) admin=(\S+)`)

func startChild(t *testing.T, beside *shop, dsn string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(self)
	process.Env = append(os.Environ(), childDSN+"="+dsn, childSecret+"="+beside.secret)
	log, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{process: process}
	t.Cleanup(c.end)
	lines := bufio.NewScanner(log) // the pipe ends with the process, however that ends
	for lines.Scan() {
		if at := childServing.FindStringSubmatch(lines.Text()); at != nil {
			own := *beside
			own.url, own.admin = "http://"+at[1], "http://"+at[2]
			own.client = &http.Client{Timeout: beside.client.Timeout, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
			t.Cleanup(own.client.CloseIdleConnections)
			c.shop = &own
			break
		}
		t.Log(strings.TrimSpace(lines.Text()))
	}
	if c.shop == nil {
		t.Fatal("the child did not serve")
	}
	return c
}

// signal sends to the child.
func (c *child) signal(sig syscall.Signal) {
	c.t.Helper()
	if err := c.process.Process.Signal(sig); err != nil {
		c.t.Fatal(err)
	}
}

// end kills the child, whatever it does, once.
func (c *child) end() {
	if c.ended {
		return
	}
	c.ended = true
	_ = c.process.Process.Kill() // it may be gone
	_ = c.process.Wait()         // says that it was killed
}
