package ledger

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"
)

// A database that is frozen takes the connection and says nothing. Opening a session must end all the same, also where
// database/sql opens it under no deadline.
func TestOpeningASessionIsBounded(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes the connection
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	pool, err := Open("x@tcp("+silent.Addr().String()+")/x?timeout=100ms", 1, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := pool.Conn(context.Background())
		ended <- err
	}()
	select {
	case err := <-ended:
		if reason, retryable := classify(err); !retryable {
			t.Errorf("%v is taken for final: %s", err, reason)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for ever")
	}
}
