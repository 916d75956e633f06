package measure

import (
	"slices"
	"testing"
	"time"

	"flashsale/internal/evidence"
)

const second = int64(time.Second / time.Microsecond) // of database time

// epoch is a database time that the probe of these tests ties to the run's start.
const epoch = 1_740_825_000 * second

func testClock() Clock {
	return NewClock([]evidence.ClockProbe{
		{Before: 10_000_000_000, Database: epoch + 10*second + 1000, After: 10_002_000_000},
		{Before: 0, Database: epoch + 1000, After: 2_000_000},
	})
}

func TestClockUsesTheNearestProbe(t *testing.T) {
	for us, want := range map[int64]time.Duration{
		epoch + second:               time.Second,
		epoch + 9*second:             9 * time.Second,
		epoch - second:               -time.Second,
		epoch + 30*second + 1_000_00: 30*time.Second + 100*time.Millisecond,
	} {
		if got := testClock().SinceStart(us); got != want {
			t.Errorf("SinceStart(%d) = %s, want %s", us-epoch, got, want)
		}
	}
	if unknown := NewClock(nil); unknown.Known() || unknown.SinceStart(epoch) != 0 {
		t.Error("a clock without probes knows a time")
	}
}

func hold(id, product, qty int64, status string, from, until, updated int64) evidence.Hold {
	return evidence.Hold{ID: id, ProductID: product, Qty: qty, Status: status,
		CreatedAt: epoch + from*second, ExpiresAt: epoch + until*second, UpdatedAt: epoch + updated*second}
}

func event(id, order int64, outcome string, at int64) evidence.PaymentEvent {
	return evidence.PaymentEvent{ID: id, OrderID: order, Outcome: outcome, CreatedAt: epoch + at*second}
}

// A sale of ten units: one hold is paid, one lapses, one is canceled, one is paid after it lapsed.
func smallSale() *evidence.Tables {
	return &evidence.Tables{
		Products: []evidence.Product{{ID: 1, StockTotal: 10}},
		Holds: []evidence.Hold{
			hold(1, 1, 1, "completed", 1, 9, 3),
			hold(2, 1, 2, "expired", 1, 5, 6),
			hold(3, 1, 3, "canceled", 2, 9, 4),
			hold(4, 1, 4, "completed", 2, 7, 8),
		},
		Orders: []evidence.Order{{ID: 11, HoldID: 1}, {ID: 13, HoldID: 3}, {ID: 14, HoldID: 4}},
		Events: []evidence.PaymentEvent{event(1, 11, "paid", 3), event(2, 13, "canceled", 4), event(3, 14, "paid", 8),
			event(4, 11, "ignored", 9), event(5, 99, "paid", 1)},
	}
}

// smallSteps are the states of the small sale.
func smallSteps() []StockStep {
	step := func(at, sold, reserved int64) StockStep {
		return StockStep{time.Duration(at) * time.Second, Units{Total: 10, Sold: sold, Reserved: reserved}}
	}
	return []StockStep{step(0, 0, 0), step(1, 0, 3), step(2, 0, 10), step(3, 1, 9), step(4, 1, 6), step(5, 1, 4),
		step(7, 1, 0), step(8, 5, 0)}
}

// saleOfRows draws a sale from final tables alone.
func saleOfRows(t *testing.T, tables *evidence.Tables, elapsed time.Duration) *Sale {
	t.Helper()
	sale, err := saleOf(rowsTelling(tables, testClock()), elapsed)
	if err != nil {
		t.Fatal(err)
	}
	return sale
}

func TestCourseFollowsEveryHold(t *testing.T) {
	sale := saleOfRows(t, smallSale(), 20*time.Second)
	if sale == nil || len(sale.Focus) != 0 || sale.Logged {
		t.Fatalf("sale is %+v, want one course", sale)
	}
	if want := smallSteps(); !slices.Equal(sale.All.Steps, want) {
		t.Errorf("steps are %v\nwant      %v", sale.All.Steps, want)
	}
	if sale.All.Peak != 10 || sale.All.PeakAt != 2*time.Second || sale.All.Total != 10 {
		t.Errorf("peak %d at %s of %d, want 10 at 2s of 10", sale.All.Peak, sale.All.PeakAt, sale.All.Total)
	}
}

// Within one slot the state with most units taken is kept, and so is the one that the slot is left in.
func TestCourseKeepsPeakAndEndOfASlot(t *testing.T) {
	tables := &evidence.Tables{Products: []evidence.Product{{ID: 1, StockTotal: 1}}}
	for i := range int64(1000) {
		h := hold(i, 1, 1, "expired", 1, 1, 1)
		h.CreatedAt += i
		h.ExpiresAt += 2000 + i
		tables.Holds = append(tables.Holds, h)
	}
	sale := saleOfRows(t, tables, time.Hour)
	if n := len(sale.All.Steps); n != 2 {
		t.Fatalf("%d steps in one slot: %v", n, sale.All.Steps)
	}
	if sale.All.Steps[0].Reserved != 1000 || sale.All.Steps[1].Reserved != 0 || sale.All.Peak != 1000 {
		t.Errorf("peak %d, steps %v; want 1000 and then 0", sale.All.Peak, sale.All.Steps)
	}
}

// A batch releases and grants at the same instant: nobody ever saw both taken.
func TestReleasesOfADecisionComeFirst(t *testing.T) {
	tables := &evidence.Tables{
		Products: []evidence.Product{{ID: 1, StockTotal: 1}},
		Holds:    []evidence.Hold{hold(2, 1, 1, "active", 5, 9, 5), hold(1, 1, 1, "expired", 1, 5, 5)},
	}
	if sale := saleOfRows(t, tables, 10*time.Second); sale.All.Peak != 1 {
		t.Errorf("peak is %d, want 1", sale.All.Peak)
	}
}

func TestFocusIsTheMostOversoldElseTheBusiest(t *testing.T) {
	tables := &evidence.Tables{
		Products: []evidence.Product{{ID: 1, StockTotal: 9}, {ID: 2, StockTotal: 1}, {ID: 3, StockTotal: 9}},
		Holds: []evidence.Hold{
			hold(1, 1, 1, "expired", 1, 2, 2), hold(2, 1, 1, "expired", 3, 4, 4),
			hold(3, 2, 1, "expired", 1, 2, 2), hold(4, 3, 1, "expired", 1, 2, 2),
		},
	}
	sale := saleOfRows(t, tables, 10*time.Second)
	if got := products(sale.Focus); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("focus is on %v, want product 1, the busiest, first", got)
	}
	tables.Holds[2].Qty = 3
	sale = saleOfRows(t, tables, 10*time.Second)
	if got := products(sale.Focus); !slices.Equal(got, []int64{2, 1, 3}) {
		t.Errorf("focus is on %v, want product 2, which was oversold, first", got)
	}
	if f := &sale.Focus[0]; f.Peak != 3 || f.Total != 1 || f.Over != 2 {
		t.Errorf("focus is %+v, want two units too many of product 2", f)
	}
	if sale.All.Peak != 5 || sale.All.Total != 19 || sale.All.Products != 3 || sale.All.Over != 0 {
		t.Errorf("all products: %+v", sale.All)
	}
	tables.Products = append(tables.Products, evidence.Product{ID: 4, StockTotal: 9})
	if sale = saleOfRows(t, tables, 10*time.Second); len(sale.Focus) != focusMax || sale.All.Products != 4 {
		t.Errorf("focus is on %v of %d products", products(sale.Focus), sale.All.Products)
	}
}

func products(courses []Course) []int64 {
	var ids []int64
	for i := range courses {
		ids = append(ids, courses[i].Product)
	}
	return ids
}

func TestNoSale(t *testing.T) {
	if sale := saleOfRows(t, &evidence.Tables{}, time.Second); sale != nil {
		t.Error("a sale without a hold")
	}
	sale, err := saleOfRun(t.TempDir(), &evidence.Run{ElapsedNS: int64(time.Hour)})
	if sale != nil || err != nil {
		t.Errorf("a course without a clock: %v, %v", sale, err)
	}
}
