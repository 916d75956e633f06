package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/spf13/pflag"

	"flashsale/internal/database"
	"flashsale/internal/strawman"
)

// connectWait bounds the first conversation with a database that the user named.
const connectWait = 10 * time.Second

// withDatabase opens the database that a DSN names, hands it over, and closes it.
func withDatabase(ctx context.Context, dsn string, work func(context.Context, *sql.DB) error) (err error) {
	cfg, err := parseDSN(dsn)
	if err != nil {
		return err
	}
	cfg.ParseTime, cfg.Loc = true, time.UTC
	cfg.Params = map[string]string{"time_zone": "'+00:00'"}
	cfg.Logger = &mysql.NopLogger{} // broken connections are errors already
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return badInput("--dsn: %v", err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, cannot(db.Close())) }()
	ping, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	if err := db.PingContext(ping); err != nil {
		return cannot(fmt.Errorf("connect to the database at %s: %w", cfg.Addr, err))
	}
	return work(ctx, db)
}

// parseDSN reads a DSN that must name a database.
func parseDSN(dsn string) (*mysql.Config, error) {
	if dsn == "" {
		return nil, badInput("no database: give --dsn, as in --dsn 'user:password@tcp(127.0.0.1:3306)/flashsale'")
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, badInput("--dsn: %v", err)
	}
	if cfg.DBName == "" {
		return nil, badInput("--dsn names no database: end it with /NAME")
	}
	return cfg, nil
}

// imageFlag gives a command that starts a database of its own the choice of a container for it.
func imageFlag(flags *pflag.FlagSet, image *string) {
	flags.StringVar(image, "image", "", "run the private database in a container of this image, as mariadb:11.4; one of "+
		database.DefaultImage+" is run when no database server is installed")
}

// decisionTimesFlag lets the user vouch for the times in the rows of a shop that is not ours.
func decisionTimesFlag(flags *pflag.FlagSet, given *bool) {
	flags.BoolVar(given, "decision-times", false, "the rows' created_at and updated_at are when they were decided, read "+
		"under the product's lock; known of our own schema")
}

func checkImage(dsn, image string) error {
	if dsn != "" && image != "" {
		return badInput("--dsn names a database, --image starts another: give one of them")
	}
	return nil
}

func createStrawmanSchema(ctx context.Context, c strawman.Config) error {
	return withDatabase(ctx, c.DSN, func(ctx context.Context, db *sql.DB) error {
		return strawman.CreateSchema(ctx, db, c)
	})
}
