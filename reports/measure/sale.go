package measure

import (
	"cmp"
	"slices"
	"time"

	"flashsale/internal/evidence"
)

// Sale is what became of the stock over time.
type Sale struct {
	All   Course  // every product together
	Focus *Course // of several products the one to look at: the most oversold, else the busiest
}

// Course is the stock of a product, or of all, over time.
type Course struct {
	Product  int64 // 0: all products
	Products int
	Total    int64
	Steps    []StockStep // in order of time
	Peak     int64       // the most units that were sold and reserved at one instant
	PeakAt   time.Duration
}

// StockStep is the state of the stock from At until the next step. Of the states within one slot of time two are
// kept: that with the most units taken, for there a broken promise shows, and the one in which the slot is left.
type StockStep struct {
	At             time.Duration // since the run's start
	Sold, Reserved int64
}

// stockSlots bounds how finely a course is kept: more would not be seen.
const stockSlots = 480

// stockChange is one decision about a product's stock. Changes come from the rows of the final tables, by the times
// at which they were decided; a log of commits can give the same changes, and everything below it stays as it is.
type stockChange struct {
	at             int64 // database microseconds
	product        int64
	sold, reserved int64 // what was added, or taken away if negative
}

// saleOf draws the courses; nil if no hold was ever granted or no clock ties the database to the run.
func saleOf(t *evidence.Tables, clock Clock, elapsed time.Duration) *Sale {
	changes := changesOf(t)
	if len(changes) == 0 || !clock.Known() {
		return nil
	}
	totals := make(map[int64]int64, len(t.Products))
	sum := int64(0)
	for _, p := range t.Products {
		totals[p.ID] = p.StockTotal
		sum += p.StockTotal
	}
	sale := &Sale{All: course(changes, clock, elapsed)}
	sale.All.Products, sale.All.Total = len(t.Products), sum
	if len(t.Products) > 1 {
		id := focus(changes, totals)
		own := slices.DeleteFunc(changes, func(c stockChange) bool { return c.product != id })
		one := course(own, clock, elapsed)
		one.Product, one.Products, one.Total = id, 1, totals[id]
		sale.Focus = &one
	}
	return sale
}

// focus finds the product that was oversold most, or, if none was, the one whose stock moved most often.
func focus(changes []stockChange, totals map[int64]int64) int64 {
	type activity struct{ taken, over, moves int64 }
	by := make(map[int64]activity, len(totals))
	best := int64(0)
	for _, c := range changes {
		a := by[c.product]
		a.taken += c.sold + c.reserved
		a.over = max(a.over, a.taken-totals[c.product])
		a.moves++
		by[c.product] = a
	}
	for id, a := range by {
		b := by[best]
		if best == 0 || cmp.Or(cmp.Compare(a.over, b.over), cmp.Compare(a.moves, b.moves), cmp.Compare(best, id)) > 0 {
			best = id
		}
	}
	return best
}

// course adds the changes up, and keeps what can be seen of every slot of time.
func course(changes []stockChange, clock Clock, elapsed time.Duration) Course {
	var c Course
	var now StockStep
	slot, highest := max(elapsed/stockSlots, time.Millisecond), 0
	for i, change := range changes {
		now.Sold += change.sold
		now.Reserved += change.reserved
		if i+1 < len(changes) && changes[i+1].at == change.at && changes[i+1].product == change.product {
			continue // decided in one batch: nobody ever saw the state between
		}
		now.At = max(clock.SinceStart(change.at), 0)
		if now.taken() > c.Peak {
			c.Peak, c.PeakAt = now.taken(), now.At
		}
		switch {
		case len(c.Steps) == 0 || c.Steps[highest].At/slot != now.At/slot:
			highest = len(c.Steps)
			c.Steps = append(c.Steps, now)
		case now.taken() >= c.Steps[highest].taken():
			c.Steps = c.Steps[:highest+1]
			c.Steps[highest].Sold, c.Steps[highest].Reserved = now.Sold, now.Reserved
		default:
			c.Steps = append(c.Steps[:highest+1], now)
		}
	}
	return c
}

func (s StockStep) taken() int64 { return s.Sold + s.Reserved }
