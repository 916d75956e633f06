package migrations_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"flashsale/migrations"
)

func TestUpDownUp(t *testing.T) {
	for name, parseTime := range map[string]bool{"plain": false, "parsed": true} {
		t.Run(name, func(t *testing.T) {
			db, ctx := newDatabase(t, parseTime), t.Context()
			applied, err := migrations.Up(ctx, db)
			if err != nil || len(applied) != int(migrations.Latest()) || applied[0].Name != "00001_products.sql" {
				t.Fatalf("up applied %v: %v", applied, err)
			}
			if err := migrations.Check(ctx, db); err != nil {
				t.Error(err)
			}
			if applied, err := migrations.Up(ctx, db); err != nil || len(applied) != 0 {
				t.Errorf("up once more applied %v: %v", applied, err)
			}
			for want := migrations.Latest(); want > 0; want-- {
				step, err := migrations.Down(ctx, db)
				if err != nil || step == nil || step.Version != want || step.Applied {
					t.Fatalf("down from %d: %+v, %v", want, step, err)
				}
				if have, err := migrations.Version(ctx, db); err != nil || have != want-1 {
					t.Errorf("after down from %d the version is %d: %v", want, have, err)
				}
			}
			if step, err := migrations.Down(ctx, db); err != nil || step != nil {
				t.Errorf("down from nothing: %+v, %v", step, err)
			}
			if applied, err := migrations.Up(ctx, db); err != nil || len(applied) != int(migrations.Latest()) {
				t.Errorf("up again applied %v: %v", applied, err)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	db, ctx := newDatabase(t, false), t.Context()
	steps, err := migrations.Status(ctx, db)
	if err != nil || len(steps) != int(migrations.Latest()) || slices.ContainsFunc(steps, func(s migrations.Step) bool { return s.Applied }) {
		t.Fatalf("on an empty schema: %v, %v", steps, err)
	}
	var tables int
	query := "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
	if err := db.QueryRow(query).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("asking made %d tables: %v", tables, err)
	}

	if _, err := migrations.Up(ctx, db); err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.Down(ctx, db); err != nil {
		t.Fatal(err)
	}
	if steps, err = migrations.Status(ctx, db); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if want := step.Version < migrations.Latest(); step.Applied != want {
			t.Errorf("%+v: applied should be %t", step, want)
		}
		if age := time.Since(step.AppliedAt); step.Applied && (age < -2*time.Second || age > time.Minute) {
			t.Errorf("%+v was applied %s ago", step, age)
		}
	}
}

func TestOtherVersions(t *testing.T) {
	db, ctx := newDatabase(t, false), t.Context()
	var wrong *migrations.WrongVersionError

	err := migrations.Check(ctx, db)
	if !errors.As(err, &wrong) || wrong.Have != 0 || !strings.Contains(err.Error(), "run `flashsale migrate up`") {
		t.Errorf("an empty schema: %v", err)
	}
	if _, err := migrations.Up(ctx, db); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)"); err != nil {
		t.Fatal(err)
	}
	err = migrations.Check(ctx, db)
	if !errors.As(err, &wrong) || wrong.Have != 999 || !strings.Contains(err.Error(), "upgrade flashsale") {
		t.Errorf("a newer schema: %v", err)
	}
	if _, err := migrations.Up(ctx, db); !errors.As(err, &wrong) {
		t.Errorf("up on a newer schema: %v", err)
	}
	if _, err := migrations.Down(ctx, db); !errors.As(err, &wrong) {
		t.Errorf("down on a newer schema: %v", err)
	}
	steps, err := migrations.Status(ctx, db)
	if last := steps[len(steps)-1]; err != nil || last.Version != 999 || !last.Applied || last.Name != "" {
		t.Errorf("status of a newer schema: %+v, %v", last, err)
	}
}

// What the next release leaves behind: a migration that this build has never heard of, and its mark.
func TestANewerSchemaServesOlderServersIfItSaysSo(t *testing.T) {
	db, ctx := newDatabase(t, false), t.Context()
	if _, err := migrations.Up(ctx, db); err != nil {
		t.Fatal(err)
	}
	next, latest := migrations.Latest()+1, migrations.Latest()
	for _, statement := range []string{
		"ALTER TABLE orders ADD COLUMN note VARBINARY(100) NULL",
		fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, TRUE)", next),
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		mark string
		ok   bool
	}{
		{fmt.Sprintf("flashsale schema %d, for servers from %d", next, latest), true},
		{fmt.Sprintf("flashsale schema %d, for servers from %d", next, 1), true},
		{fmt.Sprintf("flashsale schema %d, for servers from %d", next, next), false},
		{fmt.Sprintf("flashsale schema %d, for servers from %d", latest, latest), false}, // of before
		{fmt.Sprintf("flashsale schema %d, for servers from", next), false},
		{"", false},
	} {
		if _, err := db.Exec("ALTER TABLE goose_db_version COMMENT '" + c.mark + "'"); err != nil {
			t.Fatal(err)
		}
		var wrong *migrations.WrongVersionError
		if err := migrations.Check(ctx, db); (err == nil) != c.ok || err != nil && !errors.As(err, &wrong) {
			t.Errorf("marked %q: %v", c.mark, err)
		}
		if _, err := migrations.Up(ctx, db); !errors.As(err, &wrong) {
			t.Errorf("marked %q, up: %v", c.mark, err)
		}
	}
}

func TestUpMarksTheSchema(t *testing.T) {
	db, ctx := newDatabase(t, false), t.Context()
	for range 2 { // a database that was migrated before there were marks gets its own
		if _, err := migrations.Up(ctx, db); err != nil {
			t.Fatal(err)
		}
		var mark string
		if err := db.QueryRow("SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE()" +
			" AND table_name = 'goose_db_version'").Scan(&mark); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("flashsale schema %d, for servers from ", migrations.Latest()); !strings.HasPrefix(mark, want) {
			t.Errorf("the schema is marked %q", mark)
		}
		if _, err := db.Exec("ALTER TABLE goose_db_version COMMENT ''"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReplicasMigrateTogether(t *testing.T) {
	db := newDatabase(t, false)
	const replicas = 6
	type result struct {
		applied []migrations.Step
		err     error
	}
	results := make(chan result, replicas)
	for range replicas {
		go func() {
			applied, err := migrations.Up(t.Context(), db)
			results <- result{applied, err}
		}()
	}
	total := 0
	for range replicas {
		r := <-results
		if r.err != nil {
			t.Error(r.err)
		}
		total += len(r.applied)
	}
	if total != int(migrations.Latest()) {
		t.Errorf("%d migrations were applied, want %d", total, migrations.Latest())
	}
}

func TestDatabaseGuardsTheStock(t *testing.T) {
	db := newDatabase(t, false)
	if _, err := migrations.Up(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	insert := `INSERT INTO products (id, name, price, stock_total, stock_sold, stock_held, created_at, updated_at)
		VALUES (?, 'x', ?, ?, ?, ?, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`
	for i, c := range []struct {
		price, total, sold, held int64
		ok                       bool
	}{
		{10, 5, 3, 2, true}, {0, 0, 0, 0, true}, {10, 5, 3, 3, false}, {10, 5, -1, 0, false}, {-1, 5, 0, 0, false},
	} {
		if _, err := db.Exec(insert, i+1, c.price, c.total, c.sold, c.held); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
	// Two keys that only a text collation takes for one.
	hold := `INSERT INTO holds (product_id, qty, status, expires_at, idempotency_key, batch, created_at, updated_at)
		VALUES (1, 1, 'active', UTC_TIMESTAMP(6), ?, REPEAT('b', 16), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`
	for _, key := range []string{"evt_A", "evt_a", "évt_A", "k", "k "} {
		if _, err := db.Exec(hold, key); err != nil {
			t.Errorf("key %q: %v", key, err)
		}
	}
	if _, err := db.Exec(hold, "evt_A"); err == nil {
		t.Error("a key was stored twice")
	}
}

func TestFilesAreNumberedWithoutGaps(t *testing.T) {
	steps, err := migrations.Status(t.Context(), newDatabase(t, false))
	if err != nil || len(steps) == 0 {
		t.Fatal(steps, err)
	}
	for i, step := range steps {
		if step.Version != int64(i+1) {
			t.Errorf("%s has version %d, want %d", step.Name, step.Version, i+1)
		}
	}
	if migrations.Latest() != int64(len(steps)) {
		t.Errorf("latest is %d", migrations.Latest())
	}
	for _, step := range steps {
		text, err := os.ReadFile(step.Name)
		if err != nil || !strings.Contains(string(text), "-- +goose Down") {
			t.Errorf("%s has no way down (%v)", step.Name, err)
		}
	}
}
