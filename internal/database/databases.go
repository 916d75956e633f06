package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/go-sql-driver/mysql"
)

// ErrExists says that a database of that name is already there; it was not touched.
var ErrExists = errors.New("the database exists already")

// errNotOurs says that Drop was asked for a database that this Server did not create.
var errNotOurs = errors.New("not created here")

// nameAllowed is what a name may consist of: it is written into statements, and into file names.
var nameAllowed = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)

const (
	mysqlErrDatabaseExists = 1007
	mysqlErrDatabaseAbsent = 1008
)

// Create makes an empty database. If one of that name exists the error is ErrExists.
func (s *Server) Create(ctx context.Context, name string) error {
	if !nameAllowed.MatchString(name) {
		return fmt.Errorf("create database %q: a name has 1 to 64 letters, digits and underscores", name)
	}
	_, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == mysqlErrDatabaseExists {
		return fmt.Errorf("create database %s: %w", name, ErrExists)
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	s.mu.Lock()
	s.created[name] = true
	s.mu.Unlock()
	if s.guestPassword == "" {
		return nil
	}
	return s.admitGuest(ctx, name)
}

// Drop removes a database that this Server created, and refuses any other.
func (s *Server) Drop(ctx context.Context, name string) error {
	s.mu.Lock()
	ours := s.created[name]
	s.mu.Unlock()
	if !ours {
		return fmt.Errorf("drop database %s: %w", name, errNotOurs)
	}
	if err := drop(ctx, s.admin, name); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.created, name)
	s.mu.Unlock()
	return nil
}

// DropOn removes a database through a DSN alone. It is for whoever cleans up after a process that created
// the database and died; a database that is not there any more is no error.
func DropOn(ctx context.Context, dsn, name string) error {
	if !nameAllowed.MatchString(name) {
		return fmt.Errorf("drop database %q: not a name of ours", name)
	}
	config, err := parseDSN(dsn)
	if err != nil {
		return err
	}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	pool := sql.OpenDB(connector)
	defer pool.Close()
	return drop(ctx, pool, name)
}

func drop(ctx context.Context, pool *sql.DB, name string) error {
	_, err := pool.ExecContext(ctx, "DROP DATABASE "+name)
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == mysqlErrDatabaseAbsent {
		return nil
	}
	if err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// DSN is how a program connects to the named database, in go-sql-driver's format, password included:
// pass it in the environment.
func (s *Server) DSN(name string) string { return s.config(name).FormatDSN() }

// DB returns a new pool on the named database, in UTC, times parsed. The caller closes it.
func (s *Server) DB(name string) (*sql.DB, error) {
	pool, err := s.open(name)
	if err != nil {
		return nil, err
	}
	pool.SetConnMaxIdleTime(time.Minute)
	return pool, nil
}
