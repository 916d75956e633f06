package database

import (
	"context"
	"fmt"
	"strings"
)

// guest is the account that servers log in with, on a server of our own. It may do anything in the run's database and
// nothing elsewhere, as in production; and by it their sessions can be told from ours.
const guest = "flashsale_guest"

// GuestDSN is how a server under test connects to the named database, which Create has made: by an account of its
// own, unless the database server came from a DSN.
func (s *Server) GuestDSN(name string) string {
	config := s.config(name)
	if s.guestPassword != "" {
		config.User, config.Passwd = guest, s.guestPassword
	}
	return config.FormatDSN()
}

// admitGuest makes the account, if need be, and lets it into one database. The password stays out of the binary log.
func (s *Server) admitGuest(ctx context.Context, name string) error {
	pool, err := s.open("")
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	escaped := strings.ReplaceAll(name, "_", `\_`) // or it stands for any character
	for _, statement := range []string{
		"SET SESSION sql_log_bin = 0",
		fmt.Sprintf("CREATE USER IF NOT EXISTS '%s'@'%%' IDENTIFIED BY '%s'", guest, s.guestPassword),
		fmt.Sprintf("GRANT ALL ON `%s`.* TO '%s'@'%%'", escaped, guest),
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("an account for the servers: %w", err)
		}
	}
	return nil
}

// guests are the ids of the servers' sessions.
func (s *Server) guests(ctx context.Context, on queryer) ([]int64, error) {
	rows, err := on.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE user = '"+guest+"'")
	if err != nil {
		return nil, fmt.Errorf("list the servers' sessions: %w", err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list the servers' sessions: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the servers' sessions: %w", err)
	}
	return ids, nil
}
