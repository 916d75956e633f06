package trial

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"flashsale/internal/evidence"
	"flashsale/internal/lab/labtest"
	"flashsale/migrations"
)

var labs labtest.Labs

// TestMain lets the test binary be the server, too, that labs of the tests start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		if err := serve(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(labs.Main(m.Run))
}

// bare is a system that is nothing but its database.
type bare struct {
	running
	db      *sql.DB
	dsn     string
	missing string
}

func (b bare) tables() *sql.DB { return b.db }

func (b bare) commits(context.Context) (dsn, missing string, err error) { return b.dsn, b.missing, nil }

func newBare(t *testing.T) bare {
	t.Helper()
	dsn, err := labs.Empty(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := migrations.Up(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	b := bare{db: db, dsn: dsn}
	b.exec(t, "INSERT INTO products (id, name, price, stock_total, created_at, updated_at) VALUES (1, 'x', 5, 9, NOW(6), NOW(6))")
	return b
}

func (b bare) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := b.db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// recordDatabase makes a run in which nothing happens but what during does.
func recordDatabase(t *testing.T, b bare, during func()) (dir string, run *evidence.Run, told []string) {
	t.Helper()
	dir, run = t.TempDir(), &evidence.Run{ID: "a-run", Gaps: []string{}}
	o := Options{NoCommits: func(why string) { told = append(told, why) }}
	d, err := startDatabaseSide(t.Context(), o, b, dir, run)
	if err != nil {
		t.Fatal(err)
	}
	during()
	if err := d.finish(); err != nil {
		t.Fatal(err)
	}
	return dir, run, told
}

func TestCommitLogJoinsTheTables(t *testing.T) {
	b := newBare(t)
	dir, run, told := recordDatabase(t, b, func() {
		b.exec(t, "UPDATE products SET stock_sold = 1")
		b.exec(t, "UPDATE products SET stock_sold = 3")
	})
	if run.Declared.Commits == nil || *run.Declared.Commits != 2 || len(run.Gaps) > 0 || len(told) > 0 {
		t.Fatalf("declared %+v, gaps %v, told %v", run.Declared, run.Gaps, told)
	}
	start, errStart := evidence.ReadTables(dir, evidence.Start, run.ID)
	final, errFinal := evidence.ReadTables(dir, evidence.Final, run.ID)
	if errStart != nil || errFinal != nil {
		t.Fatal(errStart, errFinal)
	}
	sold := start.Products[0].StockSold
	err := evidence.ReadCommits(dir, run.ID, func(commits []evidence.Commit) error {
		for _, c := range commits {
			if before := c.Changes[0].Before.StockSold; before != sold {
				t.Errorf("commit %d begins at %d, it was %d", c.Position, before, sold)
			}
			sold = c.Changes[0].After.StockSold
		}
		return nil
	})
	if err != nil || sold != 3 || final.Products[0].StockSold != sold {
		t.Errorf("the log ends at %d, the tables at %d: %v", sold, final.Products[0].StockSold, err)
	}
}

func TestWithoutCommitLog(t *testing.T) {
	b := newBare(t)
	b.missing = "log_bin is OFF"
	dir, run, told := recordDatabase(t, b, func() {})
	if d := run.Declared; d.Commits != nil || d.NoCommits != b.missing || len(told) != 1 || d.StartTables == nil || d.FinalTables == nil {
		t.Errorf("declared %+v, told %v", d, told)
	}
	if _, err := os.Stat(filepath.Join(dir, evidence.CommitsFile)); !os.IsNotExist(err) {
		t.Errorf("there is a commit log: %v", err)
	}
}

// A log that breaks off is a gap that run.json names once; the tables are saved all the same.
func TestBrokenCommitLog(t *testing.T) {
	b := newBare(t)
	_, run, _ := recordDatabase(t, b, func() {
		b.exec(t, "UPDATE products SET stock_sold = 1")
		b.exec(t, "TRUNCATE TABLE payment_events")
		b.exec(t, "UPDATE products SET stock_sold = 2")
	})
	if d := run.Declared; len(run.Gaps) != 1 || d.Commits == nil || *d.Commits != 1 || d.FinalTables == nil {
		t.Errorf("declared %+v, gaps %v", d, run.Gaps)
	}
}
