package labtest

import (
	"context"
	"crypto/rand"
	"strings"
)

// Empty makes an empty database on the shared server and returns its DSN, in go-sql-driver's format. It goes
// away with the server.
func (l *Labs) Empty(ctx context.Context) (dsn string, err error) {
	shared, err := l.Database()
	if err != nil {
		return "", err
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := shared.Database().Create(ctx, name); err != nil {
		return "", err
	}
	return shared.Database().DSN(name), nil
}
