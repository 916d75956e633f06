package server

import (
	"net"
	"os"
	"sync/atomic"
	"time"
)

// calmListener accepts connections whose deadlines are cheap to move.
type calmListener struct{ net.Listener }

// Accept is net.Listener's.
func (l calmListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &calmConn{Conn: conn, opened: time.Now()}, nil
}

// calmConn keeps the deadlines of a connection. An HTTP server moves them three times a request, nearly always
// further away, and each move costs as much as a small system call. So a deadline that moves away is only noted: what
// was set before goes off too early, and is then set anew.
type calmConn struct {
	net.Conn
	opened      time.Time // what deadlines count from: the wall clock may be set meanwhile
	read, write deadline
	idle        atomic.Bool  // between two requests, by fasthttp's account
	leaving     atomic.Int32 // what it is to do in a drain, see leave
}

// What a connection is to do in a drain.
const (
	staying   = iota
	leaveIdle // when it waits for the next request
	leaveNow  // when it waits for anything
)

// leave ends a wait that is under way. The deadlines are not touched: their owner may be moving them.
func (c *calmConn) leave(when int32) {
	c.leaving.Store(when)
	if when == leaveNow || c.idle.Load() {
		_ = c.Conn.SetReadDeadline(time.Now()) // fails for a connection that is closing, which is as good
	}
}

// left says whether a wait that was ended is over. One that had become a request's in the meantime is not.
func (c *calmConn) left() bool {
	when := c.leaving.Load()
	return when == leaveNow || when == leaveIdle && c.idle.Load()
}

// A deadline is when a call must end, and for when the runtime has been told so, which may be earlier; 0 is never.
type deadline struct{ wanted, armed atomic.Int64 } // nanoseconds since the connection was opened

// SetReadDeadline is net.Conn's.
func (c *calmConn) SetReadDeadline(t time.Time) error {
	return c.read.move(c.opened, t, c.Conn.SetReadDeadline)
}

// SetWriteDeadline is net.Conn's.
func (c *calmConn) SetWriteDeadline(t time.Time) error {
	return c.write.move(c.opened, t, c.Conn.SetWriteDeadline)
}

// Read is net.Conn's.
func (c *calmConn) Read(b []byte) (n int, err error) {
	for {
		n, err = c.Conn.Read(b)
		if n > 0 || !os.IsTimeout(err) || c.left() || !c.read.again(c.opened, c.Conn.SetReadDeadline) {
			return n, err
		}
	}
}

// Write is net.Conn's.
func (c *calmConn) Write(b []byte) (n int, err error) {
	for {
		var more int
		more, err = c.Conn.Write(b[n:])
		n += more
		if !os.IsTimeout(err) || !c.write.again(c.opened, c.Conn.SetWriteDeadline) {
			return n, err
		}
	}
}

// move notes the deadline, and sets it where what is set would go off too late.
func (d *deadline) move(opened, t time.Time, set func(time.Time) error) error {
	wanted := int64(0)
	if !t.IsZero() {
		wanted = max(1, int64(t.Sub(opened)))
	}
	d.wanted.Store(wanted)
	if armed := d.armed.Load(); wanted == 0 && armed == 0 || armed != 0 && (wanted == 0 || armed <= wanted) {
		return nil
	}
	d.armed.Store(wanted)
	return set(t)
}

// again sets what was noted since the deadline that went off, and says false if that one was meant.
func (d *deadline) again(opened time.Time, set func(time.Time) error) bool {
	wanted := d.wanted.Load()
	if wanted != 0 && wanted <= int64(time.Since(opened)) {
		return false
	}
	d.armed.Store(wanted)
	var t time.Time
	if wanted != 0 {
		t = opened.Add(time.Duration(wanted))
	}
	return set(t) == nil
}
