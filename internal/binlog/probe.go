package binlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Unfit says in one line, for a person, why a server's binlog cannot be followed, and how to change that.
type Unfit struct{ Line string }

func (u *Unfit) Error() string { return u.Line }

func unfitf(format string, args ...any) error { return &Unfit{Line: fmt.Sprintf(format, args...)} }

// Probe finds out whether the binlog of the schema that the DSN names can be followed with the DSN's
// account. An *Unfit error names the first setting or grant that is missing; any other one says that it could
// not be found out. It changes nothing and takes no locks.
func Probe(ctx context.Context, dsn string) error {
	s, err := openServer(dsn)
	if err != nil {
		return err
	}
	var from Position
	err = s.ask(ctx, func(ctx context.Context, db *sql.DB) (err error) {
		if err := checkSettings(ctx, db); err != nil {
			return err
		}
		from, err = s.probeStatus(ctx, db)
		return err
	})
	if err != nil {
		return err
	}
	return s.probeDump(ctx, from)
}

// grants are all that following takes, whichever of them is missing.
const grants = "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO %s"

// checkSettings asks for what makes the log tell whole rows in the order of the commits.
func checkSettings(ctx context.Context, db *sql.DB) error {
	have, err := variables(ctx, db,
		"Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', 'binlog_order_commits')")
	if err != nil {
		return err
	}
	if value := have["log_bin"]; !strings.EqualFold(value, "ON") && value != "1" {
		return unfitf("log_bin is OFF, so commits leave no record: start the server with log_bin=binlog, " +
			"binlog_format=ROW and binlog_row_image=FULL in its configuration")
	}
	for _, s := range []struct{ name, want, why string }{
		{"binlog_format", "ROW", "the log does not say which rows changed"},
		{"binlog_row_image", "FULL", "the log does not show whole rows"},
		{"binlog_order_commits", "ON", "the order of the log is not that of the commits"},
	} {
		if value, known := have[s.name]; known && !strings.EqualFold(value, s.want) && value != "1" {
			return unfitf("%s is %s, so %s: SET GLOBAL %[1]s=%[4]s, and let clients connect anew",
				s.name, value, s.why, s.want)
		}
	}
	return nil
}

// probeStatus needs a grant of its own, and knows whether the schema is logged at all.
func (s *server) probeStatus(ctx context.Context, db *sql.DB) (Position, error) {
	found, err := readStatus(ctx, db)
	var refusal *mysql.MySQLError
	if errors.As(err, &refusal) && (refusal.Number == errnoNeedsGrant || refusal.Number == errnoAccessDenied) {
		return Position{}, unfitf("the account may not ask where the binlog ends: "+grants,
			account(ctx, db))
	}
	if err != nil {
		return Position{}, err
	}
	if found.leavesOut != "" && named(found.leavesOut, s.schema) {
		return Position{}, unfitf("binlog_ignore_db leaves database %s out of the log: remove it from the configuration", s.schema)
	}
	if found.only != "" && !named(found.only, s.schema) {
		return Position{}, unfitf("binlog_do_db leaves database %s out of the log: add it to the configuration", s.schema)
	}
	return found.end, nil
}

// named says whether a schema is in a list like "shop,mail".
func named(list, schema string) bool {
	for name := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(name), schema) {
			return true
		}
	}
	return false
}

// account is ours as a GRANT would name it.
func account(ctx context.Context, db *sql.DB) string {
	var name string
	if err := db.QueryRowContext(ctx, "SELECT CURRENT_USER()").Scan(&name); err != nil {
		return "the account"
	}
	user, host, _ := strings.Cut(name, "@")
	return "'" + user + "'@'" + host + "'"
}

// probeDump asks for the log, and is content with the first event.
func (s *server) probeDump(ctx context.Context, from Position) error {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	session, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer session.close()
	if err := session.dump(from, newReplica()); err != nil {
		return err
	}
	_, err = session.next()
	if number, _ := refused(err); number == errnoNeedsGrant || number == errnoAccessDenied {
		name := "the account"
		_ = s.ask(ctx, func(ctx context.Context, db *sql.DB) error {
			name = account(ctx, db)
			return nil
		})
		return unfitf("the account may not read the binlog: "+grants, name)
	}
	if err != nil {
		return fmt.Errorf("read the binlog: %w", err)
	}
	return nil
}
