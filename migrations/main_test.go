package migrations_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab/labtest"
)

var labs labtest.Labs

func TestMain(m *testing.M) { os.Exit(labs.Main(m.Run)) }

// newDatabase makes an empty database for one test, seen through a session that parses times or does not.
func newDatabase(t *testing.T, parseTime bool) *sql.DB {
	t.Helper()
	dsn, err := labs.Empty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.ParseTime = parseTime
	config.Params = map[string]string{"time_zone": "'+00:00'"}
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
