package measure

import (
	"errors"
	"math"
	"testing"
	"time"

	"flashsale/internal/evidence"
)

const ms = int64(time.Millisecond)

// saveOperations writes operations into a new run directory.
func saveOperations(t *testing.T, runID string, ops []evidence.Operation) string {
	t.Helper()
	dir := t.TempDir()
	w, err := evidence.CreateOperations(dir, runID)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range ops {
		if err := w.Append(op); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// holds is 100 holds, one every 20 ms and each called 1 ms late: answered after 1 to 100 ms as the open model
// counts. The last one is lost.
func holds() []evidence.Operation {
	var ops []evidence.Operation
	for i := range int64(100) {
		op := evidence.Operation{
			ID: i + 1, Kind: evidence.CreateHold, Phase: evidence.PhaseStorm, Outcome: evidence.OK,
			Intended: i * 20 * ms, Call: i*20*ms + ms, Return: i*20*ms + (i+1)*ms,
		}
		if i%4 == 0 {
			op.Outcome = evidence.Refused
		}
		if i == 99 {
			op.Outcome, op.Return = evidence.Unknown, 4000*ms
		}
		ops = append(ops, op)
	}
	return ops
}

func TestRun(t *testing.T) {
	ops := append(holds(),
		evidence.Operation{ID: 101, Kind: evidence.ReadProduct, Phase: evidence.PhaseStorm, Outcome: evidence.OK,
			Intended: 5 * ms, Return: 7 * ms},
		evidence.Operation{ID: 102, Kind: evidence.ReadOrder, Phase: evidence.PhaseFinal, Outcome: evidence.OK,
			Return: 9000 * ms})
	run := &evidence.Run{ID: "r1", Declared: evidence.Declared{FinalTables: map[string]int64{}}}
	dir := saveOperations(t, run.ID, ops)
	final := &evidence.Tables{Products: []evidence.Product{
		{ID: 1, StockTotal: 500, StockSold: 499}, {ID: 2, StockTotal: 5, StockSold: 5}}}
	if err := evidence.WriteTables(dir, evidence.Final, run.ID, final); err != nil {
		t.Fatal(err)
	}

	stats, err := Run(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	if stats.Stock == nil || *stats.Stock != (Stock{Products: 2, Sold: 504, Total: 505}) {
		t.Errorf("stock is %v", stats.Stock)
	}
	if len(stats.Kinds) != 2 || stats.Kinds[0].Kind != evidence.ReadProduct || stats.Kinds[1].Kind != evidence.CreateHold {
		t.Fatalf("kinds are %+v, want read-product before hold, and nothing of the final phase", stats.Kinds)
	}
	if read := stats.Kinds[0]; read.PerSecond != 1 {
		t.Errorf("one read within 2 ms is %v per second, want 1", read.PerSecond)
	}
	hold := stats.Kinds[1]
	if hold.OK != 74 || hold.Refused != 25 || hold.Unknown != 1 {
		t.Errorf("holds: %d ok, %d refused, %d unknown", hold.OK, hold.Refused, hold.Unknown)
	}
	if want := 99.0 / 4; math.Abs(hold.PerSecond-want) > 1e-9 {
		t.Errorf("holds per second: %v, want %v", hold.PerSecond, want)
	}
	near(t, "p50", hold.P50, 50*time.Millisecond)
	near(t, "p99", hold.P99, 98*time.Millisecond)
	near(t, "max", hold.Max, 99*time.Millisecond)
}

// near allows for the histogram's three digits.
func near(t *testing.T, name string, got, want time.Duration) {
	t.Helper()
	if diff := (got - want).Abs(); diff > want/500 {
		t.Errorf("%s is %s, want %s", name, got, want)
	}
}

func TestRunWithoutTables(t *testing.T) {
	run := &evidence.Run{ID: "r1"}
	stats, err := Run(saveOperations(t, run.ID, holds()), run)
	if err != nil || stats.Stock != nil {
		t.Errorf("stock %v, error %v; want neither", stats.Stock, err)
	}
}

func TestRunTellsOfTrouble(t *testing.T) {
	dir := saveOperations(t, "r1", holds())
	declared := evidence.Declared{FinalTables: map[string]int64{}}
	if _, err := Run(dir, &evidence.Run{ID: "r2"}); !errors.Is(err, evidence.ErrForeign) {
		t.Errorf("another run's operations: %v", err)
	}
	stats, err := Run(dir, &evidence.Run{ID: "r1", Declared: declared})
	if !errors.Is(err, evidence.ErrMissing) {
		t.Errorf("missing tables: %v", err)
	}
	if len(stats.Kinds) != 1 {
		t.Errorf("the figures of the operations are lost with the tables: %+v", stats)
	}
}
