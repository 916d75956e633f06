package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab/labtest"
	"flashsale/migrations"
)

// frail returns the database that may be harmed.
func frail(t *testing.T) *labtest.Lab {
	t.Helper()
	l, err := labs.Frail()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// waiting runs a server whose database is away, and the admin address of it.
func waiting(t *testing.T, dsn string) (s *Server, admin string, ended <-chan error, stop context.CancelFunc) {
	t.Helper()
	c := testConfig(t)
	c.DSN = dsn
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- errors.Join(s.run(ctx, at), s.close()) }()
	return s, "http://" + at.admin.Addr().String(), done, stop
}

// A server whose database is frozen or down when it starts lives, is not ready, and serves once the database answers.
func TestStartWaitsForTheDatabase(t *testing.T) {
	l := frail(t)
	database := l.Database().Victim()
	for name, harm := range map[string]struct{ inject, heal func(context.Context) error }{
		"frozen": {database.Pause, database.Resume},
		"down":   {func(ctx context.Context) error { _, err := database.Kill(ctx); return err }, database.Start},
	} {
		t.Run(name, func(t *testing.T) {
			if err := harm.inject(t.Context()); err != nil {
				t.Fatal(err)
			}
			s, admin, ended, stop := waiting(t, l.DSN())
			defer stop()
			probe := &shop{t: t, admin: admin, client: &http.Client{Timeout: time.Second}}
			defer probe.client.CloseIdleConnections()
			probe.await("unready for want of a database", func() bool {
				status, text := probe.probe("/readyz")
				return status == http.StatusServiceUnavailable && strings.TrimSpace(text) == string(starting)
			})
			if status, _ := probe.probe("/healthz"); status != http.StatusOK {
				t.Errorf("/healthz answered %d", status)
			}
			if err := harm.heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			healed := time.Now()
			probe.await("ready", func() bool { status, _ := probe.probe("/readyz"); return status == http.StatusOK })
			if took := time.Since(healed); took > recoveryWait {
				t.Errorf("ready %v after its database", took)
			}
			stop()
			if err := <-ended; err != nil || s.phase.Load() != draining {
				t.Errorf("%s; ended with %v", s.phase.Load(), err)
			}
		})
	}
}

// nobody is an address that refuses connections.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Waiting ends when the server is told to stop, which is no error, and when it has lasted too long, which is one.
func TestWaitingForTheDatabaseEnds(t *testing.T) {
	_, _, ended, stop := waiting(t, "x@tcp("+nobody(t)+")/x")
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stopped while it waited: %v", err)
	}

	s, err := New(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	hopeless := &start{cfg: s.cfg, wait: startPause + time.Millisecond}
	asked := 0
	err = hopeless.untilAnswered(t.Context(), func(context.Context) error { asked++; return mysql.ErrInvalidConn })
	if !errors.Is(err, mysql.ErrInvalidConn) || !strings.Contains(err.Error(), "did not answer for") || asked < 2 {
		t.Errorf("after %d questions: %v", asked, err)
	}
}

// What the database refuses it will refuse again: a person has to be told, at once.
func TestStartDoesNotWaitWhereTheDatabaseRefuses(t *testing.T) {
	l, err := labs.Database()
	if err != nil {
		t.Fatal(err)
	}
	empty, err := labs.Empty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		dsn  func(*mysql.Config)
		says string
	}{
		"wrong password":   {func(c *mysql.Config) { c.Passwd = "wrong" }, "Access denied"},
		"unknown database": {func(c *mysql.Config) { c.DBName = "nowhere" }, "Unknown database"},
		"no schema": {func(c *mysql.Config) { *c = *parsedDSN(t, empty) },
			(&migrations.WrongVersionError{Want: migrations.Latest()}).Error()},
	} {
		config := parsedDSN(t, l.DSN())
		want.dsn(config)
		began := time.Now()
		_, _, ended, stop := waiting(t, config.FormatDSN())
		err := <-ended
		stop()
		if err == nil || !strings.Contains(err.Error(), want.says) || time.Since(began) > startAttempt {
			t.Errorf("%s: after %v: %v", name, time.Since(began), err)
		}
	}
}

func parsedDSN(t *testing.T, dsn string) *mysql.Config {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return config
}
