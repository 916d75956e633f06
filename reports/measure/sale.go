package measure

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Sale is what became of the stock over time.
type Sale struct {
	All    Course   // every product together
	Focus  []Course // of several products the few to look at: the most oversold first, then the busiest
	Logged bool     // told by the commit log, step for step; else by what the rows of the final tables still tell
}

// Course is the stock of a product, or of all, over time.
type Course struct {
	Product  int64 // 0: all products
	Products int
	Total    int64       // in the end
	Steps    []StockStep // in order of time
	Peak     int64       // the most units that were sold and reserved at one instant
	PeakAt   time.Duration
	Over     int64 // the most units that were sold and reserved beyond the total of their time; 0: none ever
}

// StockStep is the state of the stock from At until the next step. Of the states within one slot of time two are
// kept: that in which most was promised, for there a broken promise shows, and the one in which the slot is left.
type StockStep struct {
	At time.Duration // since the run's start
	Units
}

// Units counts a product's units, or those of several, at one instant.
type Units struct{ Total, Sold, Reserved int64 }

// Taken is what nobody else can have.
func (u Units) Taken() int64 { return u.Sold + u.Reserved }

// over is how many units were promised that are not there; negative while some are left.
func (u Units) over() int64 { return u.Taken() - u.Total }

// move adds what led from one state to another.
func (u Units) move(from, to Units) Units {
	return Units{u.Total + to.Total - from.Total, u.Sold + to.Sold - from.Sold, u.Reserved + to.Reserved - from.Reserved}
}

// telling tells how every product went from state to state, each one's states in order of time; the first is told as
// coming from none at all. It can be had again.
type telling func(tell func(product int64, at time.Duration, from, to Units)) error

// Of several products few are drawn by themselves, and all together in slots fine enough that nobody sees them.
const (
	focusMax    = 3
	stockSlots  = 480 // bounds how finely a course is kept: more would not be seen
	slotsForSum = 8 * stockSlots
)

// saleOf draws the courses; nil if nothing was ever taken. It has the sale told twice: which products are worth a
// course of their own is known in the end only, and so nothing of the others need be kept.
func saleOf(told telling, elapsed time.Duration) (*Sale, error) {
	by := make(map[int64]activity)
	sum, taken := newSum(elapsed), false
	err := told(func(product int64, at time.Duration, from, to Units) {
		if at > elapsed {
			return // holds go on to lapse when nobody looks any more
		}
		a := by[product]
		by[product] = activity{over: max(a.over, to.over()), moves: a.moves + 1}
		sum.add(at, from, to)
		taken = taken || to.Taken() > 0
	})
	if err != nil || !taken {
		return nil, err
	}
	sale := &Sale{All: sum.course(len(by), elapsed)}
	if sale.Focus, err = coursesOf(told, focus(by), elapsed); err != nil {
		return nil, err
	}
	if len(by) == 1 {
		sale.All, sale.Focus = sale.Focus[0], nil
		sale.All.Product = 0
	}
	return sale, nil
}

// coursesOf draws each of some products by itself, to the last step.
func coursesOf(told telling, products []int64, elapsed time.Duration) ([]Course, error) {
	outlines := make([]*outline, len(products))
	for i, id := range products {
		outlines[i] = newOutline(id, 1, elapsed)
	}
	err := told(func(product int64, at time.Duration, _, to Units) {
		if i := slices.Index(products, product); i >= 0 && at <= elapsed {
			outlines[i].add(at, to)
		}
	})
	courses := make([]Course, len(outlines))
	for i, o := range outlines {
		courses[i] = o.Course
	}
	return courses, err
}

// activity is what recommends a product to be looked at.
type activity struct{ over, moves int64 }

// focus names the products to look at: the most oversold first, then those whose stock moved most often.
func focus(by map[int64]activity) []int64 {
	ids := slices.SortedFunc(maps.Keys(by), func(a, b int64) int {
		return cmp.Or(-cmp.Compare(by[a].over, by[b].over), -cmp.Compare(by[a].moves, by[b].moves), cmp.Compare(a, b))
	})
	return ids[:min(len(ids), focusMax)]
}
