package database

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// setting is one thing a server must be set to, or a commit could be lost or not be seen.
type setting struct {
	name, want string
	optional   bool // a server that lacks it behaves as wanted
	why        string
}

// durable lists the settings, in the order in which an error names them.
func durable() []setting {
	return []setting{
		{name: "innodb_flush_log_at_trx_commit", want: "1", why: "a crash loses commits"},
		{name: "sync_binlog", want: "1", why: "a crash loses the log of commits"},
		{name: "log_bin", want: "ON", why: "there is no log of commits to check"},
		{name: "binlog_format", want: "ROW", optional: true, why: "the log does not say which rows changed"},
		{name: "binlog_row_image", want: "FULL", why: "the log does not show whole rows"},
		// MariaDB has no such variable: it always commits in the order of the binary log.
		{name: "binlog_order_commits", want: "ON", optional: true, why: "the log's order is not the commits' order"},
	}
}

// WeakDurabilityError says that a server could lose commits, or hide them.
type WeakDurabilityError struct {
	Weak []string // one line per setting: what it is, what it must be, and why
}

// Error names every setting that is wrong, so that one edit mends all.
func (e *WeakDurabilityError) Error() string {
	return "the database is not durable enough to judge by:\n  - " + strings.Join(e.Weak, "\n  - ")
}

// readSettings reads the durability settings and refuses a server whose are too weak.
func readSettings(ctx context.Context, pool *sql.DB) (map[string]string, error) {
	have, err := showVariables(ctx, pool)
	if err != nil {
		return nil, err
	}
	var weak []string
	for _, s := range durable() {
		value, ok := have[s.name]
		switch {
		case !ok && s.optional:
		case !ok:
			weak = append(weak, fmt.Sprintf("%s is unknown to this server, it must be %s: %s", s.name, s.want, s.why))
		case !strings.EqualFold(value, s.want):
			weak = append(weak, fmt.Sprintf("%s is %s, it must be %s: %s", s.name, value, s.want, s.why))
		}
	}
	if len(weak) > 0 {
		return nil, &WeakDurabilityError{Weak: weak}
	}
	return have, nil
}

func showVariables(ctx context.Context, pool *sql.DB) (map[string]string, error) {
	var quoted []string
	for _, s := range durable() {
		quoted = append(quoted, "'"+s.name+"'")
	}
	query := "SHOW GLOBAL VARIABLES WHERE Variable_name IN (" + strings.Join(quoted, ", ") + ")"
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
