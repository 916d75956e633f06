package binlog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
)

func TestProbe(t *testing.T) {
	s := newShop(t)
	if err := binlog.Probe(t.Context(), s.dsn); err != nil {
		t.Errorf("a server of our own: %v", err)
	}
	for _, c := range []struct{ setting, value, usual, want string }{
		{"binlog_format", "STATEMENT", "ROW", "SET GLOBAL binlog_format=ROW"},
		{"binlog_format", "MIXED", "ROW", "binlog_format is MIXED"},
		{"binlog_row_image", "MINIMAL", "FULL", "SET GLOBAL binlog_row_image=FULL"},
	} {
		t.Run(c.setting+" "+c.value, func(t *testing.T) {
			s.global(t, c.setting, c.value, c.usual)
			wantUnfit(t, s.dsn, c.want)
		})
	}
}

func TestProbeGrants(t *testing.T) {
	s := newShop(t)
	const secret = "pa55word"
	s.exec(t, "CREATE USER reader@'127.0.0.1' IDENTIFIED BY '"+secret+"'")
	t.Cleanup(func() { s.db.Exec("DROP USER reader@'127.0.0.1'") })
	s.exec(t, "GRANT SELECT ON "+s.name()+".* TO reader@'127.0.0.1'")
	config, err := mysql.ParseDSN(s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.User, config.Passwd = "reader", secret
	dsn := config.FormatDSN()

	wantUnfit(t, dsn, "ends: GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'reader'@'127.0.0.1'")
	s.exec(t, "GRANT REPLICATION CLIENT ON *.* TO reader@'127.0.0.1'")
	wantUnfit(t, dsn, "read the binlog: GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'reader'@'127.0.0.1'")
	s.exec(t, "GRANT REPLICATION SLAVE ON *.* TO reader@'127.0.0.1'")
	if err := binlog.Probe(t.Context(), dsn); err != nil {
		t.Errorf("with both grants: %v", err)
	}

	config.Passwd = "a" + secret
	err = binlog.Probe(t.Context(), config.FormatDSN())
	var unfit *binlog.Unfit
	if err == nil || errors.As(err, &unfit) || strings.Contains(err.Error(), secret) {
		t.Errorf("with the wrong password: %v", err)
	}
}

func wantUnfit(t *testing.T, dsn, want string) {
	t.Helper()
	err := binlog.Probe(t.Context(), dsn)
	var unfit *binlog.Unfit
	if !errors.As(err, &unfit) || !strings.Contains(unfit.Line, want) || strings.Contains(unfit.Line, "\n") {
		t.Errorf("got %v, want one line with %q", err, want)
	}
}

func TestFollowRefusesAtOnce(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct {
		name string
		o    binlog.Options
	}{
		{"no DSN", binlog.Options{DSN: "shop"}},
		{"no schema", binlog.Options{DSN: "user:password@tcp(127.0.0.1:1)/"}},
		{"nobody there", binlog.Options{DSN: "user:password@tcp(127.0.0.1:1)/shop"}},
		{"no such file", binlog.Options{DSN: s.dsn, From: binlog.Position{Log: "binlog.999999", Offset: 4}}},
		{"past the end", binlog.Options{DSN: s.dsn, From: binlog.Position{Log: "binlog.000001", Offset: 1 << 31}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := binlog.Follow(t.Context(), c.o, func(evidence.Commit) error { return nil })
			if err == nil || strings.Contains(err.Error(), "password") {
				t.Errorf("got %v, %v", f, err)
			}
		})
	}
}
