// Package wire is a lean HTTP/1.1 client connection, for programs whose own cost must not blur what they
// measure: a request is a few bytes appended to a buffer and sent in one write, its answer is parsed where
// it was read, and neither takes a goroutine or an allocation. It has no pool, no redirects and no retries:
// one call of RoundTrip is one request on the network, or none if nothing could be written.
//
// Answers come from servers that nobody vouches for: every size is bounded, every wait has a deadline, and
// an answer whose end is in doubt also ends the connection.
package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// Bounds of what an answer may make a connection do and hold, in bytes unless said otherwise.
const (
	headMax          = 16 << 10 // status line and headers; and a chunk's size line, and all trailers
	bufferMin        = 4 << 10  // the buffer that a connection starts with
	bufferKept       = 64 << 10 // a buffer that a large answer made larger than this is let go
	informationalMax = 8        // 1xx answers (a number) before the one that counts
)

// What is wrong with an answer that did arrive. Whoever gets one of these, or an error of the network, must
// close the connection.
var (
	ErrMalformed = errors.New("wire: the answer is not HTTP/1.1")
	ErrTooLarge  = errors.New("wire: the answer is larger than allowed")
)

// A Conn is one connection to a server. It serves one call at a time; Close may be called meanwhile.
type Conn struct {
	conn    net.Conn
	raw     syscall.RawConn // nil if the connection has none, as with TLS
	send    func(uintptr) bool
	bodyMax int

	deadline time.Time // as the connection knows it

	request []byte // on its way, during a call
	sent    bool
	sendErr error

	buffer []byte // what was read: the answer in hand
	parsed int    // how much of it was understood
	chunks []byte // a chunked body, put together
	answer Answer
	reuse  bool
}

// New makes a Conn of an open connection; a body may have bodyMax bytes.
func New(conn net.Conn, bodyMax int) *Conn {
	c := &Conn{conn: conn, bodyMax: bodyMax, buffer: make([]byte, 0, bufferMin)}
	if s, ok := conn.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			c.raw, c.send = raw, c.sendOnce
		}
	}
	return c
}

// Close closes the connection; a call in flight returns at once with an error.
func (c *Conn) Close() error { return c.conn.Close() }

// Reusable tells whether the last call left the connection fit for another one.
func (c *Conn) Reusable() bool { return c.reuse }

// RoundTrip sends one request, whole with head and body, and reads its answer. It fails when the deadline
// passes. The answer is the connection's own, and good until the next call.
func (c *Conn) RoundTrip(request []byte, deadline time.Time) (*Answer, error) {
	c.reset()
	if !deadline.Equal(c.deadline) { // telling the poller again what it knows would cost as much as the first time
		if err := c.conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
		c.deadline = deadline
	}
	if err := c.write(request); err != nil {
		return nil, err
	}
	err := c.readAnswer()
	if err == io.EOF && len(c.buffer) > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	return &c.answer, nil
}

func (c *Conn) readAnswer() error {
	for range informationalMax + 1 {
		if err := c.readHead(); err != nil {
			return err
		}
		if c.answer.Status >= 200 {
			return c.readBody()
		}
	}
	return fmt.Errorf("%w: more than %d informational answers", ErrMalformed, informationalMax)
}

func (c *Conn) reset() {
	c.reuse, c.parsed, c.answer = false, 0, Answer{}
	c.buffer = c.buffer[:0]
	if cap(c.buffer) > bufferKept {
		c.buffer = make([]byte, 0, bufferMin)
	}
	if cap(c.chunks) > bufferKept {
		c.chunks = nil
	}
}

// write sends the request and, where it can, waits until there is something to read. Go's own Read asks the
// kernel first and waits only if it has nothing, which it never has so soon: a system call for nothing. To
// wait before reading is safe only if the poller was armed before the request left, or an answer that
// is quicker than we are would be missed: hence the write inside the wait.
func (c *Conn) write(request []byte) error {
	if c.raw == nil {
		_, err := c.conn.Write(request)
		return err
	}
	c.request, c.sent, c.sendErr = request, false, nil
	err := c.raw.Read(c.send)
	c.request = nil
	if c.sendErr != nil {
		return c.sendErr
	}
	return err
}

// sendOnce is called before the wait, and again whenever there may be something to read; true ends the wait.
func (c *Conn) sendOnce(uintptr) bool {
	if c.sent {
		return true
	}
	c.sent = true
	_, c.sendErr = c.conn.Write(c.request)
	return c.sendErr != nil
}

// fill reads more of the answer, which may take at most limit bytes of the buffer in all.
func (c *Conn) fill(limit int) error {
	if len(c.buffer) >= limit {
		return ErrTooLarge
	}
	if len(c.buffer) == cap(c.buffer) {
		larger := make([]byte, len(c.buffer), 2*cap(c.buffer))
		copy(larger, c.buffer)
		c.buffer = larger
	}
	n, err := c.conn.Read(c.buffer[len(c.buffer):cap(c.buffer)])
	c.buffer = c.buffer[:len(c.buffer)+n]
	if n > 0 {
		return nil // an error will come again
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}
