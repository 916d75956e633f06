package labtest

import (
	"context"
	"crypto/rand"
	"strings"

	"flashsale/internal/lab"
)

// Empty makes an empty database on the shared server and returns its DSN, in go-sql-driver's format. It goes
// away with the server.
func (l *Labs) Empty(ctx context.Context) (dsn string, err error) {
	shared, err := l.Database()
	if err != nil {
		return "", err
	}
	return EmptyOn(ctx, shared)
}

// EmptyOn is Empty on the server of a lab.
func EmptyOn(ctx context.Context, on *lab.Lab) (dsn string, err error) {
	name := "test_" + strings.ToLower(rand.Text())
	if err := on.Database().Create(ctx, name); err != nil {
		return "", err
	}
	return on.Database().DSN(name), nil
}
