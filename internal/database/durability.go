package database

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// setting is one thing a server must be set to, or a commit could be lost.
type setting struct {
	name    string
	want    string // what it must be; empty: anything but
	not     string // this
	withLog bool   // it means nothing on a server without a binary log
	why     string
}

// durable lists the settings, in the order in which an error names them.
func durable() []setting {
	return []setting{
		{name: "innodb_flush_log_at_trx_commit", want: "1", why: "a crash loses commits"},
		{name: "sync_binlog", want: "1", withLog: true, why: "after a crash the log of commits and the tables differ"},
		{name: "binlog_format", not: "STATEMENT", withLog: true, why: "the server refuses writes at READ COMMITTED"},
	}
}

// recorded lists what a run keeps of a server's settings: the durable ones, and those that decide whether the
// binary log shows every row in the order of the commits, which is for internal/binlog to judge.
func recorded() []string {
	return []string{"innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin", "binlog_format", "binlog_row_image",
		"binlog_order_commits"}
}

// WeakDurabilityError says that a server could lose commits.
type WeakDurabilityError struct {
	Weak []string // one line per setting: what it is, what it must be, and why
}

// Error names every setting that is wrong, so that one edit mends all.
func (e *WeakDurabilityError) Error() string {
	return "the database is not durable enough to judge by:\n  - " + strings.Join(e.Weak, "\n  - ")
}

// assertDurable refuses a server whose settings let it lose commits.
func assertDurable(have map[string]string) error {
	logs := strings.EqualFold(have["log_bin"], "ON")
	var weak []string
	for _, s := range durable() {
		value := have[s.name]
		switch {
		case s.withLog && !logs:
		case s.want != "" && !strings.EqualFold(value, s.want):
			weak = append(weak, fmt.Sprintf("%s is %s, it must be %s: %s", s.name, value, s.want, s.why))
		case s.not != "" && strings.EqualFold(value, s.not):
			weak = append(weak, fmt.Sprintf("%s is %s, it must not be: %s", s.name, value, s.why))
		}
	}
	if len(weak) > 0 {
		return &WeakDurabilityError{Weak: weak}
	}
	return nil
}

// showVariables reads the settings that a run records.
func showVariables(ctx context.Context, pool *sql.DB) (map[string]string, error) {
	query := "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('" + strings.Join(recorded(), "', '") + "')"
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the database's settings: %w", err)
	}
	defer rows.Close()
	have := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("read the database's settings: %w", err)
		}
		have[name] = value
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the database's settings: %w", err)
	}
	return have, nil
}

// The oldest versions that are tested.
const (
	mysqlMajorMin   = 8
	mariadbMajorMin = 10
	mariadbMinorMin = 6
)

// checkVersion refuses servers that lack what the schema and the locking rely on.
func checkVersion(version string) error {
	numbers := regexp.MustCompile(`^(\d+)\.(\d+)`).FindStringSubmatch(version)
	if numbers == nil {
		return fmt.Errorf("the database says its version is %q: not one of MySQL or MariaDB", version)
	}
	major, errMajor := strconv.Atoi(numbers[1])
	minor, errMinor := strconv.Atoi(numbers[2])
	tooOld := major < mysqlMajorMin
	if strings.Contains(strings.ToLower(version), "mariadb") {
		tooOld = major < mariadbMajorMin || major == mariadbMajorMin && minor < mariadbMinorMin
	}
	if errMajor != nil || errMinor != nil || tooOld {
		return fmt.Errorf("the database is version %s: flashsale needs MySQL 8.0+ or MariaDB 10.6+", version)
	}
	return nil
}
