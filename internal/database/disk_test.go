package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustOpenPrivate(t, func(o *Options) { o.Dir, o.DiskBytes = dir, DiskBytesMin })
	testDisk(t, s)
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), dir) {
		t.Errorf("its disk is mounted where everybody is (%v)", err)
	}
}

// testDisk leaves the disk full: the server must be closed nevertheless, and at once. How it goes on when there is room
// again takes a minute to see.
func testDisk(t *testing.T, s *Server) {
	t.Helper()
	ctx, disk := t.Context(), s.Disk()
	db := testTable(t, s, s.GuestDSN)
	const storm = 24 << 20 // what a few hundred requests a second write in half a minute
	if left, complaint, err := disk.Full(ctx); err != nil || left < storm || complaint != "" {
		t.Errorf("at first %d bytes are left, it says %q: %v", left, complaint, err)
	}
	if err := disk.Fill(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a commit hangs", func() bool {
		hasty, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := db.ExecContext(hasty, "INSERT INTO t (filling) VALUES (REPEAT('x', 5000))")
		return errors.Is(err, context.DeadlineExceeded)
	})
	eventually(t, "it complains", func() bool { // of the binary log, or of a table: whichever wanted room last
		left, complaint, err := disk.Full(ctx)
		return err == nil && left == 0 && complaint != ""
	})
	if _, err := s.Now(ctx); err != nil {
		t.Errorf("it cannot read: %v", err)
	}
	for range 2 {
		if err := disk.Free(ctx); err != nil {
			t.Error(err)
		}
	}
	if left, _, err := disk.Full(ctx); err != nil || left < storm {
		t.Errorf("freed, and %d bytes are left: %v", left, err)
	}
	if err := disk.Fill(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestDiskGoesWithItsServer(t *testing.T) {
	t.Parallel()
	s := mustOpenPrivate(t, func(o *Options) { o.DiskBytes = DiskBytesMin })
	testDiskIsMortal(t, s)
}

func testDiskIsMortal(t *testing.T, s *Server) {
	t.Helper()
	if _, err := s.Victim().Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Victim().Start(t.Context()); !errors.Is(err, errDataGone) {
		t.Errorf("it was started on no data: %v", err)
	}
	if err := s.Disk().Fill(t.Context()); err == nil {
		t.Error("the disk that is gone was filled")
	}
}

func TestDiskThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name string
		with Options
		want string
	}{
		{"too small", Options{DiskBytes: 1 << 20}, fmt.Sprint("has ", DiskBytesMin)},
		{"somebody else's", Options{DiskBytes: DiskBytesMin, DSN: "u@tcp(127.0.0.1:1)/"}, "give no DSN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Open(t.Context(), c.with); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Where the machine forbids what a small disk takes, the error says what that is.
func TestDiskForbidden(t *testing.T) {
	bin := t.TempDir()
	fakeProgram(t, bin, "unshare", "echo 'unshare: unshare failed: Operation not permitted' >&2; exit 1")
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	_, err := openPrivate(t, func(o *Options) { o.DiskBytes = DiskBytesMin })
	if err == nil || !strings.Contains(err.Error(), "needs root, or a kernel that") {
		t.Errorf("got %v", err)
	}
}
