package lab

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"flashsale/internal/database"
)

func TestDSNDatabaseIsDroppedOrKept(t *testing.T) {
	isolate(t)
	host := start(t, Options{})
	for _, keep := range []bool{false, true} {
		l, err := Start(t.Context(), Options{RunID: "kept", DSN: host.Database().DSN(""), Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Errorf("closing it twice: %v", err)
		}
		if got := databaseExists(t, host, "flashsale_kept"); got != keep {
			t.Errorf("keep %t: exists %t", keep, got)
		}
		if (l.Kept() != "") != keep {
			t.Errorf("keep %t: %q", keep, l.Kept())
		}
	}
}

func databaseExists(t *testing.T, host *Lab, name string) bool {
	t.Helper()
	var n int
	query := "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?"
	if err := host.DB().QueryRow(query, name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func TestKeptPrivateDatabaseCanBeServedAgain(t *testing.T) {
	isolate(t)
	l, err := Start(t.Context(), Options{Keep: true, Products: twoProducts()})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(l.dir)
	keeper, err := startKeeper(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.close()
	_, after, _ := strings.Cut(l.Kept(), "serve it:")
	line, _, _ := strings.Cut(after, "\n")
	command := strings.Fields(line)
	if _, err := keeper.Start(t.Context(), database.Program{Path: command[0], Args: command[1:]}); err != nil {
		t.Fatal(err)
	}
	var again *database.Server
	if !within(10*time.Second, func() bool {
		again, err = database.Open(t.Context(), database.Options{DSN: l.DSN()})
		return err == nil
	}) {
		t.Fatal(err)
	}
	defer again.Close(context.Background())
	db, err := again.DB(l.name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var products int
	if err := db.QueryRow("SELECT COUNT(*) FROM products").Scan(&products); err != nil || products != 2 {
		t.Errorf("%d products: %v", products, err)
	}
}
