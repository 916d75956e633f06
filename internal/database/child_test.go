package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestChildThatDiesIsMissed(t *testing.T) {
	t.Parallel()
	died := make(chan error, 1)
	s := mustOpenPrivate(t, func(o *Options) { o.Died = func(err error) { died <- err } })
	process, err := os.FindProcess(s.Child().Daemon().PID())
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	err = <-died
	if !strings.Contains(err.Error(), "ended by itself: signal: killed") || !strings.Contains(err.Error(), "ready for connections") {
		t.Errorf("reported as %v", err)
	}
}

func TestTakenPortIsNotTheEnd(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	asked := 0
	s := mustOpenPrivate(t, func(o *Options) {
		o.Port = func() (int, error) {
			if asked++; asked == 1 {
				return taken.Addr().(*net.TCPAddr).Port, nil
			}
			return testPort()
		}
	})
	if _, err := s.Now(t.Context()); err != nil || asked != 2 {
		t.Errorf("asked for %d ports: %v", asked, err)
	}
}

func TestLongDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	mustOpenPrivate(t, func(o *Options) { o.Dir = dir })
}

func TestOwnDirectoryIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := Open(t.Context(), Options{Starter: execStarter{}, Port: testPort})
	if err != nil {
		t.Fatal(err)
	}
	process := s.Child().Daemon()
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	<-process.Exited()
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

func TestNothingInstalled(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+t.TempDir()+"/docker.sock")
	_, err := openPrivate(t, func(o *Options) { o.SearchPath = []string{t.TempDir(), "relative"} })
	if !errors.Is(err, ErrNoDatabase) {
		t.Fatalf("got %v", err)
	}
	for _, way := range []string{"--dsn", "apt-get install mariadb-server", "Docker"} {
		if !strings.Contains(err.Error(), way) {
			t.Errorf("the error does not mention %q", way)
		}
	}
}

func TestHalfInstalled(t *testing.T) {
	bin := t.TempDir()
	fakeProgram(t, bin, "mariadbd", "exit 0")
	_, err := findInstallation([]string{bin})
	if err == nil || !strings.Contains(err.Error(), "mariadb-install-db") {
		t.Errorf("got %v", err)
	}
}

func TestFindInstallation(t *testing.T) {
	mysql, maria := t.TempDir(), t.TempDir()
	fakeProgram(t, mysql, "mysqld", "exit 0")
	fakeProgram(t, maria, "mariadbd", "exit 0")
	fakeProgram(t, maria, "mariadb-install-db", "exit 0")
	if err := os.Symlink("mariadbd", filepath.Join(maria, "mysqld")); err != nil {
		t.Fatal(err)
	}
	got, err := findInstallation([]string{mysql, maria})
	if want := (installation{server: filepath.Join(mysql, "mysqld")}); err != nil || got != want {
		t.Errorf("MySQL first on the path: %+v, %v", got, err)
	}
	got, err = findInstallation([]string{maria, mysql})
	if err != nil || !got.mariadb || got.initiator != filepath.Join(maria, "mariadb-install-db") {
		t.Errorf("MariaDB first on the path: %+v, %v", got, err)
	}
}

func TestFailuresQuoteTheLog(t *testing.T) {
	for _, c := range []struct{ name, install, serve, want string }{
		{"initialise", "echo no room left >&2; exit 3", "exit 0", "no room left"},
		{"serve", "exit 0", "echo my table is broken >&2; exit 1", "my table is broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bin := t.TempDir()
			fakeProgram(t, bin, "mariadbd", c.serve)
			fakeProgram(t, bin, "mariadb-install-db", c.install)
			_, err := openPrivate(t, func(o *Options) { o.SearchPath = []string{bin} })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	dir := t.TempDir()
	fakeProgram(t, dir, "deaf", "trap '' TERM; echo on; while :; do read x </dev/zero; done")
	log := filepath.Join(dir, "log")
	process, err := execStarter{}.Start(t.Context(), Program{Path: filepath.Join(dir, "deaf"), LogFile: log})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it runs", func() bool { return strings.Contains(LogTail(log, 1), "on") })
	if err := Stop(t.Context(), process, 50*time.Millisecond); !errors.Is(err, ErrKilled) {
		t.Errorf("got %v", err)
	}
	<-process.Exited()
}

func TestLogTail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := LogTail(file, 2); got != "  line 4998\n  line 4999" {
		t.Errorf("got %q", got)
	}
	if got := LogTail(filepath.Join(t.TempDir(), "none"), 2); !strings.Contains(got, "no such file") {
		t.Errorf("got %q", got)
	}
}
