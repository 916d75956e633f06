package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Victim is a server of our own, child or container, to whom the worst can be done: it is ended without a warning
// or stopped with all that it holds, and what its clients meet meanwhile can be seen for oneself.
type Victim interface {
	// Kill sends SIGKILL and returns how the server ended, once it is gone: "signal: killed", or "exit status 137"
	// where a container engine says it. Such a death is nobody's news: Options.Died is not told.
	Kill(ctx context.Context) (end string, err error)
	// Start starts it again on the same data, at the same address, and returns when a login works.
	Start(ctx context.Context) error
	// Knock connects as a client does and waits for the server's greeting. A server that refuses to greet is quoted:
	// "Error 1040: Too many connections".
	Knock(ctx context.Context) error
	// Pause stops it with SIGSTOP: its connections stay open and its locks held, and nobody answers.
	Pause(ctx context.Context) error
	// Resume lets it run on with SIGCONT. It does no harm to one that runs.
	Resume(ctx context.Context) error
	// State is what the kernel says of the process, as "T (stopped)".
	State(ctx context.Context) (state string, stopped bool, err error)
}

// Victim is the server to do harm to; nil when it came from a DSN: it may be somebody's shop.
func (s *Server) Victim() Victim {
	switch {
	case s.place.child != nil:
		return s.place.child
	case s.place.container != nil:
		return s.place.container
	default:
		return nil
	}
}

// errDataGone says why a server whose data is in memory cannot be started again.
var errDataGone = errors.New("its small disk was in memory and went with it: a database with DiskBytes cannot be killed " +
	"and started again")

const (
	knockWait = time.Second

	packetHead  = 4    // three bytes of length and a sequence number
	packetError = 0xff // the first byte of a packet that is an error
	packetMax   = 1 << 10
)

// knock dials addr and reads the first packet, which a server sends before it knows who is there.
func knock(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, knockWait)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("knock at the database: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	err = readGreeting(conn)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("no greeting: %w", ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("knock at the database: %w", err)
	}
	return nil
}

// readGreeting returns the error that a server sends instead of its greeting.
func readGreeting(r io.Reader) error {
	var head [packetHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	length := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if length == 0 || length > packetMax {
		return fmt.Errorf("a greeting of %d bytes: this is no MySQL server", length)
	}
	packet := make([]byte, length)
	if _, err := io.ReadFull(r, packet); err != nil {
		return err
	}
	if packet[0] != packetError || length < 3 {
		return nil
	}
	return &mysql.MySQLError{Number: uint16(packet[1]) | uint16(packet[2])<<8, Message: string(packet[3:])}
}
