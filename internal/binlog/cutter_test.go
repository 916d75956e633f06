package binlog_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// cutter is a proxy in front of the database that loses all connections on demand, at whatever byte they are.
type cutter struct {
	listener net.Listener
	database string
	relays   sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool // to new connections
}

// through starts a proxy and returns the DSN that leads through it.
func through(t *testing.T, dsn string) (*cutter, string) {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: listener, database: config.Addr, open: map[net.Conn]bool{}}
	c.relays.Go(c.accept)
	t.Cleanup(func() {
		listener.Close()
		c.cut(false)
		c.relays.Wait()
	})
	return c, strings.Replace(dsn, config.Addr, listener.Addr().String(), 1)
}

// cut loses every connection. While the cutter is not passing, new ones are lost as well.
func (c *cutter) cut(passing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = !passing
	for conn := range c.open {
		conn.Close()
	}
}

func (c *cutter) accept() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.relays.Go(func() { c.relay(client) })
	}
}

func (c *cutter) relay(client net.Conn) {
	defer client.Close()
	database, err := net.Dial("tcp", c.database)
	if err != nil || !c.keep(client, database) {
		return
	}
	defer database.Close()
	c.relays.Go(func() {
		defer client.Close()
		io.Copy(client, database)
	})
	io.Copy(database, client)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, client)
	delete(c.open, database)
}

// keep notes both ends of a connection, unless none may pass.
func (c *cutter) keep(ends ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range ends {
		if c.closed {
			end.Close()
			continue
		}
		c.open[end] = true
	}
	return !c.closed
}
