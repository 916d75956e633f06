package measure

import (
	"container/heap"
	"time"

	"flashsale/internal/evidence"
)

// logTelling tells a sale by the commit log of a run, commit by commit.
func logTelling(dir string, run *evidence.Run, start *evidence.Tables, clock Clock) telling {
	return func(tell func(product int64, at time.Duration, from, to Units)) error {
		b := openBooks(start, clock.Start(), func(product, at int64, from, to Units) {
			tell(product, max(clock.SinceStart(at), 0), from, to)
		})
		err := evidence.ReadCommits(dir, run.ID, func(commits []evidence.Commit) error {
			for i := range commits {
				b.apply(&commits[i])
			}
			return nil
		}, bookColumns()...)
		b.settleAll()
		return err
	}
}

// bookColumns are the columns of the commit log that books look at.
func bookColumns() []string {
	return []string{
		"before.product_id", "before.qty", "before.expires_at", "after.product_id", "after.qty", "after.stock_total",
		"after.stock_sold", "after.status", "after.expires_at", "after.created_at", "after.updated_at",
	}
}

// books follow the stock of every product through the commit log. What a hold reserves comes back at its expires_at,
// long before anybody writes that down, so every hold that reserves something is kept until then: memory grows with
// the holds granted within one time to live, not with the log.
type books struct {
	ledgers map[int64]*ledger
	live    map[int64]reservation // holds that reserve something, by id
	now     int64                 // when the newest commit was decided
	open    []*ledger             // that the commit at hand has touched
	moved   func(product, at int64, from, to Units)
}

// ledger is one product's stock as the commits so far leave it.
type ledger struct {
	product int64
	now     int64 // database microseconds
	units   Units
	told    Units // as moved was told last
	lapses  lapses
	open    bool
}

// reservation is a hold that is active or used and has not lapsed.
type reservation struct{ product, qty, expires int64 }

// openBooks begins with the tables as they were at the database time at.
func openBooks(start *evidence.Tables, at int64, moved func(product, at int64, from, to Units)) *books {
	b := &books{ledgers: make(map[int64]*ledger), live: make(map[int64]reservation), now: at, moved: moved}
	for i := range start.Products {
		p := &start.Products[i]
		b.touch(p.ID).units = Units{Total: p.StockTotal, Sold: p.StockSold}
	}
	for i := range start.Holds {
		h := &start.Holds[i]
		b.reserve(b.touch(h.ProductID), h.ID, h.Status, reservation{h.ProductID, h.Qty, h.ExpiresAt})
	}
	b.close()
	return b
}

// apply enters a commit: all of it, for nobody ever saw a part.
func (b *books) apply(c *evidence.Commit) {
	if at := DecidedAt(c); at != 0 {
		b.now = at
	}
	for i := range c.Changes {
		row := &c.Changes[i].After
		if row.ID == 0 {
			row = &c.Changes[i].Before
		}
		switch c.Changes[i].Table {
		case evidence.TableProducts:
			l := b.touch(row.ID)
			l.units.Total, l.units.Sold = c.Changes[i].After.StockTotal, c.Changes[i].After.StockSold
		case evidence.TableHolds:
			r := reservation{row.ProductID, row.Qty, row.ExpiresAt}
			b.reserve(b.touch(row.ProductID), row.ID, c.Changes[i].After.Status, r)
		}
	}
	b.close()
}

// DecidedAt is the database time at which a commit was decided, in microseconds, as its rows tell it: read under the
// product's lock and stored with what it decided. It is 0 if they don't tell.
func DecidedAt(c *evidence.Commit) int64 {
	at := int64(0)
	for i := range c.Changes {
		at = max(at, c.Changes[i].After.UpdatedAt, c.Changes[i].After.CreatedAt)
	}
	return at
}

// touch opens a product's ledger for the commit at hand; what has lapsed until then is entered first.
func (b *books) touch(product int64) *ledger {
	l := b.ledgers[product]
	if l == nil {
		l = &ledger{product: product}
		b.ledgers[product] = l
	}
	if !l.open {
		b.settle(l, b.now)
		l.now, l.open = max(l.now, b.now), true
		b.open = append(b.open, l)
	}
	return l
}

// reserve enters a hold's new state in place of its old one.
func (b *books) reserve(l *ledger, hold int64, status string, r reservation) {
	old, known := b.live[hold]
	live := (status == "active" || status == "used") && r.expires > l.now
	if known {
		l.units.Reserved -= old.qty
		delete(b.live, hold)
	}
	if !live {
		return
	}
	l.units.Reserved += r.qty
	b.live[hold] = r
	if !known || old.expires != r.expires {
		heap.Push(&l.lapses, lapse{r.expires, hold})
	}
}

// close tells what the commit at hand made of the products it touched.
func (b *books) close() {
	for _, l := range b.open {
		l.open = false
		b.tell(l, l.now)
	}
	b.open = b.open[:0]
}

// settle enters what lapses until some time.
func (b *books) settle(l *ledger, until int64) {
	for len(l.lapses) > 0 && l.lapses[0].at <= until {
		next := heap.Pop(&l.lapses).(lapse)
		if r, ok := b.live[next.hold]; ok && r.expires == next.at {
			l.units.Reserved -= r.qty
			delete(b.live, next.hold)
			b.tell(l, next.at)
		}
	}
}

// settleAll enters every lapse that is still to come.
func (b *books) settleAll() {
	for _, l := range b.ledgers {
		b.settle(l, endOfTime)
	}
}

const endOfTime = int64(1<<63 - 1)

func (b *books) tell(l *ledger, at int64) {
	if l.units != l.told {
		b.moved(l.product, at, l.told, l.units)
		l.told = l.units
	}
}

// lapses are a product's holds by the time at which they lapse, the next one first. A hold that is settled before stays
// in it until then.
type lapses []lapse

type lapse struct{ at, hold int64 }

func (l lapses) Len() int           { return len(l) }
func (l lapses) Less(i, j int) bool { return l[i].at < l[j].at }
func (l lapses) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *lapses) Push(x any)        { *l = append(*l, x.(lapse)) }
func (l *lapses) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}
