package bench

import (
	"math"
	"os"
	"strings"
	"testing"

	"flashsale/internal/lab"
	"flashsale/internal/lab/labtest"
)

func TestMain(m *testing.M) {
	var labs labtest.Labs // the test binary is the labs' keeper, too
	os.Exit(labs.Main(m.Run))
}

func someServerResult() *ServerResult {
	us := func(v float64) *float64 { return &v }
	figure := func(perSecond float64) Figure {
		return Figure{PerSecond: perSecond, CPU: CPUPerAnswer{Server: us(1e6 / perSecond), Load: us(10)}}
	}
	r := &ServerResult{Machine: Machine{CPU: "Abacus", Cores: 2, Database: "10.11.6-MariaDB", FsyncMicros: 912}, Connections: 256,
		MeasureSeconds: 2, Active: 10_000, Truth: "all is well",
		Rounds: []ServerRound{
			{contestHolds: {ours: figure(30_000), plain: figure(1_000), null: figure(60_000)}},
			{contestHolds: {ours: figure(20_000), plain: figure(400), null: figure(50_000)}},
			{contestHolds: {ours: figure(40_000), plain: figure(1_000), null: figure(50_000)}},
		}}
	r.summarize([]*contest{{name: contestHolds, entries: []*entry{
		{name: ours}, {name: plain}, {name: redis, missing: lab.ErrNoRedis.Error()}, {name: null}}}})
	return r
}

func TestServerResult(t *testing.T) {
	r := someServerResult()
	if len(r.Ratios) != 2 || r.Ratios["holds_vs_strawman"] != 40 || r.Ratios["holds_vs_null"] != 0.5 {
		t.Errorf("ratios %v", r.Ratios)
	}
	first := r.Contestants[0]
	if len(r.Contestants) != 4 || first.Median != 30_000 || first.Least != 20_000 || first.Most != 40_000 ||
		math.Abs(*first.CPU.Server-33.333) > 0.01 || first.CPU.Database != nil {
		t.Errorf("%+v", r.Contestants)
	}
	table := r.Table()
	for _, want := range []string{"Abacus", "10.11.6-MariaDB, every commit durable", "912 us", "30000 (20000 to 40000)",
		"40.00x", "0.50x", "not measured: redis-server is not on PATH; apt-get install redis-server", "all is well"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table does not say %q:\n%s", want, table)
		}
	}
	if bars := r.Plot().Bars; len(bars) != 4 || !bars[0].Ours || bars[1].Ours || bars[2].Missing == "" || bars[3].Median != 50_000 {
		t.Errorf("plotted %+v", bars)
	}
}

func TestTruth(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.Options{Kind: lab.KindDatabase, Products: benchProducts()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(t.Context())
	s := &system{lab: l, holds: holdsPerInsert + 1}
	if err := InsertHolds(t.Context(), l.DB(), benchProductID, s.holds); err != nil {
		t.Fatal(err)
	}
	if err := s.truth(t.Context()); err != nil {
		t.Error(err)
	}
	for _, lie := range []struct{ says, do, undo string }{
		{"holds", "DELETE FROM holds LIMIT 1", "INSERT INTO holds (product_id, qty, status, expires_at, batch, created_at, " +
			"updated_at) SELECT product_id, qty, status, expires_at, batch, created_at, updated_at FROM holds LIMIT 1"},
		{"stock of 1 products", "UPDATE products SET stock_held = stock_held - 1 WHERE id = 1",
			"UPDATE products SET stock_held = stock_held + 1 WHERE id = 1"},
		{"units sold", "UPDATE products SET stock_sold = 1 WHERE id = 1", "UPDATE products SET stock_sold = 0"},
	} {
		if _, err := l.DB().ExecContext(t.Context(), lie.do); err != nil {
			t.Fatal(err)
		}
		if err := s.truth(t.Context()); err == nil || !strings.Contains(err.Error(), lie.says) {
			t.Errorf("after %s: %v", lie.do, err)
		}
		if _, err := l.DB().ExecContext(t.Context(), lie.undo); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.empty(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.truth(t.Context()); err != nil || s.holds != 0 {
		t.Errorf("%d holds left: %v", s.holds, err)
	}
}

func TestFsyncTakesTime(t *testing.T) {
	dir := t.TempDir()
	micros, err := fsyncMicros(dir)
	if err != nil || micros <= 0 {
		t.Errorf("%v us: %v", micros, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v: %v", left, err)
	}
}
