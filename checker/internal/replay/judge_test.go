package replay_test

import (
	"slices"
	"strings"

	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// judged is what a machine made of a log.
type judged struct {
	machine  *replay.Machine
	findings []replay.Finding
	steps    []replay.Step // with products of their own
}

// options are those of a whole, timed log of the shop.
func (s *shop) options() replay.Options {
	return replay.Options{TTLUS: ttlUS, Timed: true, Columns: s.columns()}
}

// judge feeds a log to a machine that was seeded with rows.
func judge(o replay.Options, start map[row]evidence.Image, log []evidence.Commit) *judged {
	j := &judged{}
	o.Found = func(f replay.Finding) { j.findings = append(j.findings, f) }
	j.machine = replay.New(o)
	seed(j.machine, start)
	for i := range log {
		step := j.machine.Apply(&log[i])
		step.Products = slices.Clone(step.Products)
		j.steps = append(j.steps, step)
	}
	return j
}

// judgeAll judges the whole log of a shop from the rows with which it opened.
func (s *shop) judgeAll() *judged { return judge(s.options(), s.opening(), s.log) }

// opening are the rows before the log: every row that no commit inserted, as the first commit found it.
func (s *shop) opening() map[row]evidence.Image { return s.rowsAt(0) }

// rowsAt takes the log back from its end to a position.
func (s *shop) rowsAt(position int64) map[row]evidence.Image {
	rows := make(map[row]evidence.Image, len(s.rows))
	for r, image := range s.rows {
		rows[r] = image
	}
	for i := len(s.log) - 1; i >= int(position); i-- {
		for _, c := range slices.Backward(s.log[i].Changes) {
			if r := (row{c.Table, max(c.Before.ID, c.After.ID)}); c.Before.ID == 0 {
				delete(rows, r)
			} else {
				rows[r] = c.Before
			}
		}
	}
	return rows
}

func seed(m *replay.Machine, rows map[row]evidence.Image) {
	s := shop{rows: rows}
	for _, i := range s.list(evidence.TableProducts) {
		m.SeedProduct(productOf(i))
	}
	for _, i := range s.list(evidence.TableHolds) {
		m.SeedHold(holdOf(i))
	}
	for _, i := range s.list(evidence.TableOrders) {
		m.SeedOrder(orderOf(i))
	}
	for _, i := range s.list(evidence.TableEvents) {
		m.SeedEvent(eventOf(i))
	}
}

func productOf(i evidence.Image) *evidence.Product {
	return &evidence.Product{ID: i.ID, Price: i.Price, StockTotal: i.StockTotal, StockSold: i.StockSold,
		StockHeld: i.StockHeld, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt}
}

func holdOf(i evidence.Image) *evidence.Hold {
	return &evidence.Hold{ID: i.ID, ProductID: i.ProductID, Qty: i.Qty, Status: i.Status, ExpiresAt: i.ExpiresAt,
		Key: i.Key, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt}
}

func orderOf(i evidence.Image) *evidence.Order {
	return &evidence.Order{ID: i.ID, ProductID: i.ProductID, HoldID: i.HoldID, Qty: i.Qty, TotalPrice: i.TotalPrice,
		Status: i.Status, Key: i.Key, CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt}
}

func eventOf(i evidence.Image) *evidence.PaymentEvent {
	return &evidence.PaymentEvent{ID: i.ID, OrderID: i.OrderID, Key: i.Key, Payment: i.Payment, Outcome: i.Outcome,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt}
}

// ending compares the machine's rows with the given ones.
func (j *judged) ending(rows map[row]evidence.Image) string {
	e := j.machine.Ending()
	for r, i := range rows {
		switch r.table {
		case evidence.TableProducts:
			e.Product(productOf(i))
		case evidence.TableHolds:
			e.Hold(holdOf(i))
		case evidence.TableOrders:
			e.Order(orderOf(i))
		case evidence.TableEvents:
			e.Event(eventOf(i))
		}
	}
	return e.Difference()
}

// checks names the checks that found something, sorted.
func (j *judged) checks() string {
	var names []string
	for _, f := range j.findings {
		names = append(names, f.Check)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

// innocent fails the test if anything was found.
func (j *judged) innocent(t interface{ Fatalf(string, ...any) }, s *shop) {
	if len(j.findings) > 0 || j.machine.Gap() != "" {
		t.Fatalf("accused an innocent run: %+v, gap %q\n%s", j.findings, j.machine.Gap(), s)
	}
}
