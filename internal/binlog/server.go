package binlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// server is where a followed schema is.
type server struct {
	config *mysql.Config
	schema string
}

// askWait bounds every single question to the server.
const askWait = 10 * time.Second

func openServer(dsn string) (*server, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("follow the binlog: %w", err) // the driver never quotes a DSN
	}
	if config.DBName == "" {
		return nil, errors.New("follow the binlog: the DSN names no database")
	}
	return &server{config: config, schema: config.DBName}, nil
}

// ask runs questions on a connection of their own.
func (s *server) ask(ctx context.Context, questions func(context.Context, *sql.DB) error) error {
	config := s.config.Clone()
	config.Logger = &mysql.NopLogger{}
	if config.Timeout == 0 {
		config.Timeout = askWait
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return fmt.Errorf("follow the binlog: %w", err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	return questions(ctx, db)
}

// variables reads settings of the server; one that it does not have is missing.
func variables(ctx context.Context, db *sql.DB, condition string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SHOW GLOBAL VARIABLES WHERE "+condition)
	if err != nil {
		return nil, fmt.Errorf("read the server's settings: %w", err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("read the server's settings: %w", err)
		}
		found[name] = value
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the server's settings: %w", err)
	}
	return found, nil
}
