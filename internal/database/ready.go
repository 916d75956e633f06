package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// errEnded says that a server ended before anybody could log in.
var errEnded = errors.New("it ended before it was ready")

const (
	readyPoll = 20 * time.Millisecond
	loginWait = time.Second // for one attempt
)

// awaitLogin polls until the account in config can log in, at most as long as patience says. Another
// server on the same port could not pass for ours: it does not know the password. The error is errEnded
// if ended closes first.
func awaitLogin(ctx context.Context, config *mysql.Config, patience time.Duration, ended <-chan struct{}) error {
	config = config.Clone()
	config.Logger = &mysql.NopLogger{}
	config.Timeout, config.ReadTimeout = loginWait, loginWait
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	pool := sql.OpenDB(connector)
	defer pool.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	last := errors.New("none was tried")
	for {
		select {
		case <-ended:
			return errEnded
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return fmt.Errorf("waiting for it to be ready: %w; the last login: %w", ctx.Err(), last)
		case <-poll.C:
			if last = pool.PingContext(ctx); last == nil {
				return nil
			}
		}
	}
}
