package measure

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"flashsale/internal/evidence"
)

const table = evidence.TableHolds

// at is a database time in seconds since the run's start, as a test writes it.
func at(seconds int64) int64 { return epoch + seconds*second }

func product(total, sold, updated int64) evidence.Image {
	return evidence.Image{ID: 1, StockTotal: total, StockSold: sold, UpdatedAt: at(updated)}
}

func held(id, qty int64, status string, until, updated int64) evidence.Image {
	return evidence.Image{ID: id, ProductID: 1, Qty: qty, Status: status, ExpiresAt: at(until), UpdatedAt: at(updated)}
}

func changed(table string, before, after evidence.Image) evidence.Change {
	return evidence.Change{Table: table, Before: before, After: after}
}

// smallLog is the small sale as its commits: a hold is written again for its order, and a lapse only when it is swept.
func smallLog() [][]evidence.Change {
	var none evidence.Image
	return [][]evidence.Change{
		{changed(table, none, held(1, 1, "active", 9, 1)), changed(table, none, held(2, 2, "active", 5, 1))},
		{changed(table, none, held(3, 3, "active", 9, 2)), changed(table, none, held(4, 4, "active", 7, 2))},
		{changed(table, held(1, 1, "active", 9, 1), held(1, 1, "used", 9, 2))},
		{changed(table, held(1, 1, "used", 9, 2), held(1, 1, "completed", 9, 3)),
			changed(evidence.TableProducts, product(10, 0, 0), product(10, 1, 3))},
		{changed(table, held(3, 3, "used", 9, 2), held(3, 3, "canceled", 9, 4))},
		{changed(table, held(2, 2, "active", 5, 1), held(2, 2, "expired", 5, 6))},
		{changed(table, held(4, 4, "used", 7, 2), held(4, 4, "completed", 7, 8)),
			changed(evidence.TableProducts, product(10, 1, 3), product(10, 5, 8))},
	}
}

// saveLog writes a run directory with a commit log and the tables that it begins with.
func saveLog(t *testing.T, log [][]evidence.Change) (dir string, run *evidence.Run) {
	t.Helper()
	dir = t.TempDir()
	commits := int64(len(log))
	run = &evidence.Run{ID: "r1", ElapsedNS: int64(20 * time.Second), Probes: []evidence.ClockProbe{{Database: epoch}},
		Declared: evidence.Declared{Commits: &commits, StartTables: map[string]int64{}, FinalTables: map[string]int64{}}}
	start := &evidence.Tables{Products: []evidence.Product{{ID: 1, StockTotal: 10}}}
	if err := evidence.WriteTables(dir, evidence.Start, run.ID, start); err != nil {
		t.Fatal(err)
	}
	w, err := evidence.CreateCommits(dir, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, changes := range log {
		c := evidence.Commit{Position: int64(i + 1), Log: "bin.000001", End: int64(i), Changes: changes}
		if err := w.Append(c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, run
}

// The log and the final tables of one sale tell the same.
func TestCourseFollowsEveryCommit(t *testing.T) {
	dir, run := saveLog(t, smallLog())
	sale, err := saleOfRun(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	if !sale.Logged || sale.All.Products != 1 || len(sale.Focus) != 0 {
		t.Errorf("sale is %+v, want one course by the log", sale)
	}
	if want := smallSteps(); !slices.Equal(sale.All.Steps, want) {
		t.Errorf("steps are %v\nwant      %v", sale.All.Steps, want)
	}
}

// What the rows of the end no longer show, the log still does: a sale that was undone, and a restock.
func TestLogShowsWhatHealed(t *testing.T) {
	var none evidence.Image
	dir, run := saveLog(t, [][]evidence.Change{
		{changed(table, none, held(1, 12, "active", 9, 1))},
		{changed(table, held(1, 12, "active", 9, 1), none),
			changed(evidence.TableProducts, product(10, 0, 0), product(15, 0, 2))},
		{changed(evidence.TableOrders, none, evidence.Image{ID: 1, ProductID: 1, UpdatedAt: at(3)})},
	})
	sale, err := saleOfRun(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	want := []StockStep{{0, Units{Total: 10}}, {time.Second, Units{Total: 10, Reserved: 12}},
		{2 * time.Second, Units{Total: 15}}}
	if all := sale.All; !slices.Equal(all.Steps, want) || all.Over != 2 || all.Total != 15 {
		t.Errorf("course is %+v, want two units too many for a second", all)
	}
}

// Nobody ever saw the middle of a transaction: what it releases and grants counts together.
func TestACommitIsOneStep(t *testing.T) {
	var none evidence.Image
	dir, run := saveLog(t, [][]evidence.Change{
		{changed(table, none, held(1, 10, "active", 30, 1))},
		{changed(table, none, held(2, 10, "active", 30, 2)),
			changed(table, held(1, 10, "active", 30, 1), held(1, 10, "canceled", 30, 2))},
	})
	sale, err := saleOfRun(dir, run)
	if err != nil || sale.All.Peak != 10 || sale.All.Over != 0 {
		t.Errorf("course is %+v, %v; want 10 units taken, none too many", sale.All, err)
	}
}

// A product is told in its own order, however the database's commits of several products interleave.
func TestAQuietProductLapsesInTime(t *testing.T) {
	var none evidence.Image
	other := held(2, 1, "active", 9, 8)
	other.ProductID = 2
	dir, run := saveLog(t, [][]evidence.Change{
		{changed(table, none, held(1, 4, "active", 3, 1))},
		{changed(table, none, other)},
		{changed(table, held(1, 4, "active", 3, 1), held(1, 4, "expired", 3, 7))},
	})
	sale, err := saleOfRun(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	want := []StockStep{{0, Units{Total: 10}}, {time.Second, Units{Total: 10, Reserved: 4}},
		{3 * time.Second, Units{Total: 10}}}
	quiet := sale.Focus[slices.Index(products(sale.Focus), 1)]
	if !slices.Equal(quiet.Steps, want) {
		t.Errorf("steps of product 1 are %v\nwant                   %v", quiet.Steps, want)
	}
	reserved := []int64{0, 4, 0, 1, 0}
	if got := sale.All.Steps; len(got) != len(reserved) {
		t.Fatalf("steps of all products are %v", got)
	}
	for i, step := range sale.All.Steps {
		if step.Reserved != reserved[i] {
			t.Errorf("step %d of all products reserves %d, want %d", i, step.Reserved, reserved[i])
		}
	}
}

// A log that is damaged is told of, and the tables say what they can.
func TestDamagedLog(t *testing.T) {
	dir, run := saveLog(t, smallLog())
	if err := os.Truncate(filepath.Join(dir, evidence.CommitsFile), 100); err != nil {
		t.Fatal(err)
	}
	if err := evidence.WriteTables(dir, evidence.Final, run.ID, smallSale()); err != nil {
		t.Fatal(err)
	}
	sale, err := saleOfRun(dir, run)
	if !errors.Is(err, evidence.ErrDamaged) || sale == nil || sale.Logged || sale.All.Peak != 10 {
		t.Errorf("sale is %+v, error %v", sale, err)
	}
}

// After every commit a ledger says what section 4's formula says of the rows: reserved is the sum over the holds that
// are active or used and have not lapsed.
func TestLedgerKeepsTheFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var told Units
		b := openBooks(&evidence.Tables{Products: []evidence.Product{{ID: 1, StockTotal: 10}}}, at(0),
			func(_, _ int64, from, to Units) {
				if from != told {
					t.Fatalf("%v is told after %v", from, told)
				}
				told = to
			})
		rows, now, sold := make(map[int64]evidence.Image), int64(0), int64(0)
		for position := range rapid.Int64Range(1, 60).Draw(t, "commits") {
			now += rapid.Int64Range(0, 3).Draw(t, "wait")
			c := evidence.Commit{Position: position + 1}
			for range rapid.IntRange(1, 3).Draw(t, "rows") {
				id := rapid.Int64Range(1, 12).Draw(t, "hold")
				before := rows[id]
				after := held(id, rapid.Int64Range(1, 3).Draw(t, "qty"), anyStatus().Draw(t, "status"),
					now+rapid.Int64Range(-2, 8).Draw(t, "ttl"), now)
				rows[id] = after
				c.Changes = append(c.Changes, changed(table, before, after))
			}
			if rapid.Bool().Draw(t, "sale") {
				c.Changes = append(c.Changes, changed(evidence.TableProducts, product(10, sold, now), product(10, sold+1, now)))
				sold++
			}
			b.apply(&c)
			want := Units{Total: 10, Sold: sold}
			for _, h := range rows {
				if (h.Status == "active" || h.Status == "used") && h.ExpiresAt > at(now) {
					want.Reserved += h.Qty
				}
			}
			if told != want {
				t.Fatalf("after commit %d: %+v, want %+v", c.Position, told, want)
			}
		}
		b.settleAll()
		if want := (Units{Total: 10, Sold: sold}); told != want || len(b.live) != 0 {
			t.Fatalf("in the end %+v with %d live holds, want %+v", told, len(b.live), want)
		}
	})
}

func anyStatus() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"active", "used", "completed", "expired", "canceled"})
}
