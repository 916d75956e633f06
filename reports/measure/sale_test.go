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

func TestCourseFollowsEveryHold(t *testing.T) {
	sale := saleOf(smallSale(), testClock(), 20*time.Second)
	if sale == nil || sale.Focus != nil {
		t.Fatalf("sale is %+v, want one course", sale)
	}
	want := []StockStep{
		{1 * time.Second, 0, 3}, {2 * time.Second, 0, 10}, {3 * time.Second, 1, 9}, {4 * time.Second, 1, 6},
		{5 * time.Second, 1, 4}, {7 * time.Second, 1, 0}, {8 * time.Second, 5, 0},
	}
	if !slices.Equal(sale.All.Steps, want) {
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
	sale := saleOf(tables, testClock(), time.Hour)
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
	if sale := saleOf(tables, testClock(), 10*time.Second); sale.All.Peak != 1 {
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
	if sale := saleOf(tables, testClock(), 10*time.Second); sale.Focus == nil || sale.Focus.Product != 1 {
		t.Errorf("focus is %+v, want product 1, the busiest", sale.Focus)
	}
	tables.Holds[2].Qty = 3
	sale := saleOf(tables, testClock(), 10*time.Second)
	if sale.Focus == nil || sale.Focus.Product != 2 || sale.Focus.Peak != 3 || sale.Focus.Total != 1 {
		t.Errorf("focus is %+v, want product 2, which was oversold", sale.Focus)
	}
	if sale.All.Peak != 5 || sale.All.Total != 19 || sale.All.Products != 3 {
		t.Errorf("all products: %+v", sale.All)
	}
}

func TestNoSale(t *testing.T) {
	if sale := saleOf(&evidence.Tables{}, testClock(), time.Second); sale != nil {
		t.Error("a sale without a hold")
	}
	if sale := saleOf(smallSale(), NewClock(nil), time.Second); sale != nil {
		t.Error("a course without a clock")
	}
}
