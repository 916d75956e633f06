package checker

import (
	"slices"
	"testing"

	"flashsale/internal/evidence"
)

// stand judges tables as a live database's.
func stand(t *testing.T, tables *evidence.Tables, timed bool) *Verdict {
	t.Helper()
	dir := t.TempDir()
	if err := evidence.WriteTables(dir, evidence.Final, "live", tables); err != nil {
		t.Fatal(err)
	}
	v, err := CheckTables(t.Context(), dir, "live", tables.Rows(), timed)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var standingChecks = []string{"stock-never-oversold", "sold-matches-paid", "hold-used-once", "event-applied-once",
	"legal-transitions", "expiry-honoured", "payments-settle"}

func TestTablesAloneAreJudged(t *testing.T) {
	v := stand(t, day().rest().Final, false)
	for _, r := range v.Checks {
		want := Skipped
		if slices.Contains(standingChecks, r.Name) {
			want = Pass
		}
		if r.Verdict != want || (r.Verdict == Skipped) == (r.Reason == "") {
			t.Errorf("%s: %s, %q, want %s", r.Name, r.Verdict, r.Reason, want)
		}
	}
	if v.ExitCode != ExitHeld || len(v.Checks) != len(registry()) {
		t.Errorf("exit code %d, %v, %d checks", v.ExitCode, v.Reasons, len(v.Checks))
	}
}

// No history in which nothing went wrong leaves tables that accuse anybody, whatever is known of their times.
func TestInnocentTablesAreNotAccused(t *testing.T) {
	for name, build := range innocents() {
		tables := build().Final
		if tables == nil {
			continue
		}
		for _, timed := range []bool{true, false} {
			for _, r := range stand(t, tables, timed).Checks {
				if r.Verdict == Fail {
					t.Errorf("%s: %s accuses: %+v", name, r.Name, r.Violations)
				}
			}
		}
	}
}

// Retention takes an order away with its event and its hold: what is sold is no longer explained, and no crime.
func TestRetentionLeavesAQuestion(t *testing.T) {
	tables := day().rest().Final
	paid := slices.IndexFunc(tables.Orders, func(o evidence.Order) bool { return o.Status == "paid" })
	gone := tables.Orders[paid]
	tables.Orders = slices.Delete(tables.Orders, paid, paid+1)
	tables.Holds = slices.DeleteFunc(tables.Holds, func(h evidence.Hold) bool { return h.ID == gone.HoldID })
	tables.Events = slices.DeleteFunc(tables.Events, func(e evidence.PaymentEvent) bool { return e.OrderID == gone.ID })
	v := stand(t, tables, false)
	if r := word(t, v, "sold-matches-paid"); r.Verdict != Undecided || v.ExitCode != ExitUndecided {
		t.Errorf("%s, %q, exit code %d", r.Verdict, r.Reason, v.ExitCode)
	}
}

func TestGuiltyTablesAreFound(t *testing.T) {
	for check, spoil := range map[string]func(*evidence.Tables){
		"stock-never-oversold": func(t *evidence.Tables) {
			h := &t.Holds[len(t.Holds)-1] // is reserved again, for long
			h.Status, h.Qty, h.ExpiresAt = "active", t.Products[0].StockTotal+1, h.UpdatedAt+secondUS
			t.Products[0].StockHeld += h.Qty
		},
		"sold-matches-paid":  func(t *evidence.Tables) { t.Products[0].StockSold-- },
		"hold-used-once":     func(t *evidence.Tables) { t.Orders[1].HoldID = t.Orders[0].HoldID },
		"event-applied-once": func(t *evidence.Tables) { t.Events[1].Key = t.Events[0].Key },
		"legal-transitions":  func(t *evidence.Tables) { t.Orders[0].Status = "canceled" },
		"expiry-honoured":    func(t *evidence.Tables) { t.Orders[0].CreatedAt += 3600 * secondUS },
		"payments-settle":    func(t *evidence.Tables) { t.Events[0].Outcome = "ignored" },
	} {
		tables := day().rest().Final
		spoil(tables)
		v := stand(t, tables, false)
		if r := word(t, v, check); r.Verdict != Fail || v.ExitCode != ExitBroken || len(r.Violations[0].Rows) == 0 {
			t.Errorf("%s: %s, exit code %d, %+v", check, r.Verdict, v.ExitCode, r.Violations)
		}
	}
	tables := &evidence.Tables{Columns: map[string]bool{}}
	if v := stand(t, tables, false); v.ExitCode != ExitUndecided {
		t.Errorf("empty tables: exit code %d", v.ExitCode)
	}
}
