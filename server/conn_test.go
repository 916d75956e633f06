package server

import (
	"net"
	"os"
	"testing"
	"time"
)

// pair is the two ends of a connection, the first of them calm.
func pair(t *testing.T) (*calmConn, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := calmListener{listener}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near.(*calmConn), far
}

func set(t *testing.T, move func(time.Time) error, after time.Duration) (at time.Time) {
	t.Helper()
	at = time.Now().Add(after)
	if err := move(at); err != nil {
		t.Fatal(err)
	}
	return at
}

// A deadline ends a call when it was last set to, whether it was moved away, nearer or neither.
func TestADeadlineEndsWhenItWasLastSetTo(t *testing.T) {
	const short, long = 30 * time.Millisecond, 120 * time.Millisecond
	for name, moves := range map[string][]time.Duration{
		"once": {short}, "away": {short, long}, "nearer": {time.Hour, long, short}, "to and fro": {short, time.Hour, long},
	} {
		near, _ := pair(t)
		var at time.Time
		for _, after := range moves {
			at = set(t, near.SetReadDeadline, after)
		}
		_, err := near.Read(make([]byte, 1))
		if late := time.Since(at); !os.IsTimeout(err) || late < 0 || late > 10*time.Second {
			t.Errorf("%s: ended %v after its deadline with %v", name, late, err)
		}
	}
}

// What goes off too early is nobody's time-out: the call goes on, and gets what comes.
func TestADeadlineThatWasTakenBackIsNone(t *testing.T) {
	near, far := pair(t)
	at := set(t, near.SetReadDeadline, 20*time.Millisecond)
	if err := near.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(time.Until(at)+40*time.Millisecond, func() { _, _ = far.Write([]byte("x")) })
	if n, err := near.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
}

// A write that its reader holds up ends at its deadline, and counts what it got rid of.
func TestAWriteEndsAtItsDeadline(t *testing.T) {
	near, _ := pair(t)
	much := make([]byte, 64<<20) // which takes its time
	set(t, near.SetWriteDeadline, 10*time.Millisecond)
	at := set(t, near.SetWriteDeadline, 60*time.Millisecond)
	n, err := near.Write(much)
	if !os.IsTimeout(err) || time.Now().Before(at) || n == 0 {
		t.Errorf("wrote %d, %v", n, err)
	}
}

// A drain ends the wait for a next request, and in the end every wait; a request that comes in between is read.
func TestOnlyTheIdleLeaveAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		idle, then bool // when it is told, and when it reads
		when       int32
		read       bool
	}{
		"idle":              {true, true, leaveIdle, false},
		"in a request":      {false, false, leaveIdle, true},
		"one that began":    {true, false, leaveIdle, true},
		"one that ended":    {false, true, leaveIdle, true}, // until it is told again
		"too late for that": {false, false, leaveNow, false},
	} {
		near, far := pair(t)
		set(t, near.SetReadDeadline, time.Hour)
		near.idle.Store(c.idle)
		near.leave(c.when)
		near.idle.Store(c.then)
		if _, err := far.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := near.Read(make([]byte, 1)); (err == nil) != c.read || err != nil && !os.IsTimeout(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
