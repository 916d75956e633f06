package road_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"flashsale/internal/lab/internal/road"
	"flashsale/internal/lab/labtest"
)

var labs labtest.Labs

func TestMain(m *testing.M) { os.Exit(labs.Main(m.Run)) }

// patience bounds whatever a test waits for.
const patience = 10 * time.Second

// lay lays a road to a backend, and checks when the test is over that nothing of it is left.
func lay(t *testing.T, backend string, d road.Dialect) *road.Road {
	t.Helper()
	before := goleak.IgnoreCurrent()
	from, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := road.New(from, "tcp", backend, d)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		goleak.VerifyNone(t, before)
	})
	return r
}

// backend serves every connection with a function until the test is over. It must be there before the road is laid.
func backend(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { defer conn.Close(); serve(conn) })
		}
	})
	t.Cleanup(func() { listener.Close(); open.Wait() })
	return listener.Addr().String()
}

func echo(conn net.Conn) { _, _ = io.Copy(conn, conn) }

// dial connects to a road; whatever is done with the connection has a deadline.
func dial(t *testing.T, r *road.Road) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// swap sends text and reads as much.
func swap(conn net.Conn, text string) (string, error) {
	if _, err := io.WriteString(conn, text); err != nil {
		return "", err
	}
	answer := make([]byte, len(text))
	_, err := io.ReadFull(conn, answer)
	return string(answer), err
}

// Nothing is lost, added or put in another order, whatever the weather; and a slow road is no narrow one.
func TestEverythingArrives(t *testing.T) {
	const size = 4 << 20
	for name, c := range map[string]struct{ latency, jitter time.Duration }{
		"clear": {}, "slow": {latency: 20 * time.Millisecond}, "unsteady": {10 * time.Millisecond, 20 * time.Millisecond},
		"jitter alone": {jitter: 5 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			r := lay(t, backend(t, echo), road.HTTP)
			r.Slow(c.latency, c.jitter)
			conn := dial(t, r)
			sent := make([]byte, size)
			for i := range sent {
				sent[i] = byte(rand.IntN(256))
			}
			began := time.Now()
			go conn.Write(sent)
			got := make([]byte, size)
			if _, err := io.ReadFull(conn, got); err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			if !bytes.Equal(sent, got) {
				t.Error("it is not what was sent")
			}
			if least := 2 * c.latency; took < least || took > least+5*time.Second {
				t.Errorf("4 MiB there and back took %s at %s each way", took, c.latency)
			}
		})
	}
}

// The weather turns and turns again on an open connection, and what is on its way stays in its order.
func TestWeatherTurns(t *testing.T) {
	r := lay(t, backend(t, echo), road.HTTP)
	conn := dial(t, r)
	const pieces = 300
	go func() {
		for i := range pieces {
			if i%10 == 0 {
				r.Slow(time.Duration(i%3)*time.Millisecond, time.Duration(i%2)*time.Millisecond)
				r.Block(i%4 == 0)
			}
			fmt.Fprintf(conn, "%08d", i)
		}
		r.Clear()
	}()
	for i := range pieces {
		got := make([]byte, 8)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != fmt.Sprintf("%08d", i) {
			t.Fatalf("piece %d is %s: %v", i, got, err)
		}
	}
}

func TestSlowIsTold(t *testing.T) {
	r := lay(t, backend(t, echo), road.HTTP)
	conn := dial(t, r)
	r.Slow(50*time.Millisecond, 0)
	began := time.Now()
	if _, err := swap(conn, "hello"); err != nil || time.Since(began) < 100*time.Millisecond {
		t.Errorf("there and back took %s: %v", time.Since(began), err)
	}
	if took, err := r.Knock(t.Context()); err != nil || took < 100*time.Millisecond {
		t.Errorf("a knock took %s: %v", took, err)
	}
	r.Slow(0, 0)
	if took, err := r.Knock(t.Context()); err != nil || took >= 100*time.Millisecond {
		t.Errorf("a knock on the clear road took %s: %v", took, err)
	}
}

func TestBlock(t *testing.T) {
	arrived := make(chan string, 10)
	r := lay(t, backend(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "come in")
		all, _ := io.ReadAll(conn)
		arrived <- string(all)
	}), road.HTTP)
	waits, gone := dial(t, r), dial(t, r)
	for _, conn := range []net.Conn{waits, gone} {
		if _, err := io.ReadFull(conn, make([]byte, len("come in"))); err != nil { // who is not in by now would be held
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "before, "); err != nil {
			t.Fatal(err)
		}
	}
	r.Block(true)
	r.Block(true) // once more means nothing
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var timeout net.Error
	if _, err := r.Knock(ctx); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a knock on the blocked road: %v", err)
	}
	for _, conn := range []net.Conn{waits, gone} {
		if _, err := io.WriteString(conn, "meanwhile"); err != nil {
			t.Fatal(err)
		}
	}
	gone.Close() // but what it said is on its way
	select {
	case got := <-arrived:
		t.Errorf("%q got through", got)
	case <-time.After(50 * time.Millisecond):
	}
	r.Block(false)
	waits.Close()
	for range 2 {
		select {
		case got := <-arrived:
			if got != "before, meanwhile" {
				t.Errorf("what arrived is %q", got)
			}
		case <-time.After(patience):
			t.Fatal("it never arrived")
		}
	}
}

// Who has given up before the road is open again never comes to the other end; who waits does.
func TestWhoGaveUpNeverArrives(t *testing.T) {
	arrived := make(chan struct{}, 10)
	r := lay(t, backend(t, func(conn net.Conn) { arrived <- struct{}{}; echo(conn) }), road.MySQL)
	r.Block(true)
	gone, talker, patient := dial(t, r), dial(t, r), dial(t, r)
	if _, err := io.WriteString(talker, "hello"); err != nil {
		t.Fatal(err)
	}
	gone.Close()
	talker.Close()
	r.Block(false)
	if _, err := swap(patient, "hello"); err != nil {
		t.Fatal(err)
	}
	if n := len(arrived); n != 1 {
		t.Errorf("%d connections arrived", n)
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	listener.Close()
	r := lay(t, nobody, road.MySQL)
	if _, err := r.Knock(t.Context()); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client met %v", err)
	}
}

// Close ends what is open, blocked and under way alike.
func TestCloseEndsEverything(t *testing.T) {
	r := lay(t, backend(t, echo), road.HTTP)
	open := dial(t, r)
	if _, err := swap(open, "hello"); err != nil {
		t.Fatal(err)
	}
	r.Slow(time.Hour, time.Second)
	if _, err := io.WriteString(open, "for ever on its way"); err != nil {
		t.Fatal(err)
	}
	r.Block(true)
	blocked := dial(t, r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	for _, conn := range []net.Conn{open, blocked} {
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a connection outlived its road: %v", err)
		}
	}
}
