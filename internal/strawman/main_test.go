package strawman

import (
	"database/sql"
	"log/slog"
	"os"
	"testing"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab/labtest"
)

var labs labtest.Labs

func TestMain(m *testing.M) { os.Exit(labs.MainWithoutLeaks(m.Run)) }

// newDatabase makes an empty database, its DSN, and a connection pool for the test itself.
func newDatabase(t testing.TB) (string, *sql.DB) {
	t.Helper()
	dsn, err := labs.Empty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dsn, openPool(t, dsn)
}

func openPool(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	config := parsed(t, dsn)
	config.ParseTime = true
	config.Params = map[string]string{"time_zone": "'+00:00'"}
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func parsed(t testing.TB, dsn string) *mysql.Config {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// testLog sends the strawman's own log to the test's.
func testLog(t testing.TB) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }
