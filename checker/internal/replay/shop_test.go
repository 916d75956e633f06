package replay_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"flashsale/internal/evidence"
)

const (
	epochUS  = int64(1_700_000_000_000_000)
	secondUS = int64(1_000_000)
	ttlUS    = 10 * secondUS
	price    = int64(250)
)

// row names a row of any table.
type row struct {
	table string
	id    int64
}

// shop is a tiny sequential shop that keeps every promise, and the log of a database that it would run on. It
// shares no code with the machine. Commands between two commits are one transaction.
type shop struct {
	counted  bool // the schema keeps products.stock_held
	stepwise bool // a row that a transaction changes twice is logged twice
	now      int64
	rows     map[row]evidence.Image
	changes  []evidence.Change // of the transaction under way
	lastID   int64
	log      []evidence.Commit

	inside map[int64][]int64 // by product: what was available after each command of the transaction under way
}

func newShop(counted bool, totals ...int64) *shop {
	s := &shop{counted: counted, now: epochUS, rows: map[row]evidence.Image{}}
	for i, total := range totals {
		id := int64(i + 1)
		s.rows[row{evidence.TableProducts, id}] = evidence.Image{ID: id, Price: price, StockTotal: total,
			CreatedAt: epochUS, UpdatedAt: epochUS}
	}
	s.begin()
	return s
}

func (s *shop) begin() { s.changes, s.inside = nil, map[int64][]int64{} }

// commit ends the transaction, and logs it if it changed anything.
func (s *shop) commit() {
	if !s.stepwise {
		s.changes = net(s.changes)
	}
	if len(s.changes) > 0 {
		s.log = append(s.log, evidence.Commit{Position: int64(len(s.log) + 1), Log: "bin.000001", Changes: s.changes})
	}
	s.begin()
}

// net makes one change of all that concern a row.
func net(changes []evidence.Change) []evidence.Change {
	var list []evidence.Change
	for _, c := range changes {
		same := func(other evidence.Change) bool {
			return other.Table == c.Table && max(other.Before.ID, other.After.ID) == max(c.Before.ID, c.After.ID)
		}
		if i := slices.IndexFunc(list, same); i >= 0 {
			list[i].After = c.After
		} else {
			list = append(list, c)
		}
	}
	return slices.DeleteFunc(list, func(c evidence.Change) bool { return c.Before == c.After })
}

func (s *shop) get(table string, id int64) (evidence.Image, bool) {
	image, there := s.rows[row{table, id}]
	return image, there
}

// put writes a row within the transaction; the zero Image deletes it. Writing what is there logs nothing.
func (s *shop) put(table string, id int64, image evidence.Image) {
	r := row{table, id}
	if s.rows[r] == image {
		return
	}
	s.changes = append(s.changes, evidence.Change{Table: table, Before: s.rows[r], After: image})
	s.rows[r] = image
	if image.ID == 0 {
		delete(s.rows, r)
	}
}

// change applies an edit to a row and stamps it.
func (s *shop) change(table string, id int64, edit func(*evidence.Image)) {
	image, _ := s.get(table, id)
	edit(&image)
	image.UpdatedAt = s.now
	s.put(table, id, image)
}

func (s *shop) insert(table string, image evidence.Image) int64 {
	s.lastID++
	image.ID, image.CreatedAt, image.UpdatedAt = s.lastID, s.now, s.now
	s.put(table, image.ID, image)
	return image.ID
}

// stock changes a product's counters; without stock_held a change of what is held changes no row.
func (s *shop) stock(product, sold, held int64) {
	if !s.counted {
		held = 0
	}
	if sold != 0 || held != 0 {
		s.change(evidence.TableProducts, product, func(p *evidence.Image) { p.StockSold += sold; p.StockHeld += held })
	}
}

func reserving(status string) bool { return status == "active" || status == "used" }

// available by the definition, from the rows alone.
func (s *shop) available(product, now int64) int64 {
	p, _ := s.get(evidence.TableProducts, product)
	left := p.StockTotal - p.StockSold
	for r, h := range s.rows {
		if r.table == evidence.TableHolds && h.ProductID == product && reserving(h.Status) && h.ExpiresAt > now {
			left -= h.Qty
		}
	}
	return left
}

// look notes what a decision on a product would see now, inside the transaction.
func (s *shop) look(product int64) {
	s.inside[product] = append(s.inside[product], s.available(product, s.now))
}

// hold reserves units if there are enough; 0: there are not.
func (s *shop) hold(product, qty int64, key string) int64 {
	s.look(product)
	defer s.look(product)
	if s.available(product, s.now) < qty {
		return 0
	}
	for _, h := range s.list(evidence.TableHolds) { // make room, as a CHECK on stock_held would want it
		if s.counted && h.ProductID == product {
			s.meet(h.ID)
		}
	}
	s.stock(product, 0, qty)
	return s.insert(evidence.TableHolds, evidence.Image{ProductID: product, Qty: qty, Status: "active",
		ExpiresAt: s.now + ttlUS, Key: key})
}

// meet expires a hold that has lapsed.
func (s *shop) meet(id int64) {
	h, _ := s.get(evidence.TableHolds, id)
	if reserving(h.Status) && h.ExpiresAt <= s.now {
		s.setHold(h, "expired")
		s.stock(h.ProductID, 0, -h.Qty)
	}
}

func (s *shop) setHold(h evidence.Image, status string) {
	if h.Status != status {
		s.change(evidence.TableHolds, h.ID, func(row *evidence.Image) { row.Status = status })
	}
}

func (s *shop) setOrder(id int64, status string) {
	if o, _ := s.get(evidence.TableOrders, id); o.Status != status {
		s.change(evidence.TableOrders, id, func(row *evidence.Image) { row.Status = status })
	}
}

// use orders a hold if it is active and has not lapsed; 0: it cannot be ordered.
func (s *shop) use(hold int64, key string) int64 {
	s.meet(hold)
	h, there := s.get(evidence.TableHolds, hold)
	if !there || h.Status != "active" {
		return 0
	}
	return s.orderOf(h, key)
}

func (s *shop) orderOf(h evidence.Image, key string) int64 {
	s.setHold(h, "used")
	p, _ := s.get(evidence.TableProducts, h.ProductID)
	return s.insert(evidence.TableOrders, evidence.Image{ProductID: h.ProductID, HoldID: h.ID, Qty: h.Qty,
		TotalPrice: p.Price * h.Qty, Status: "pending", Key: key})
}

// pay applies a payment event; its outcome is returned.
func (s *shop) pay(order int64, payment, key string) string {
	o, there := s.get(evidence.TableOrders, order)
	if !there {
		return ""
	}
	s.meet(o.HoldID)
	s.look(o.ProductID)
	h, _ := s.get(evidence.TableHolds, o.HoldID)
	outcome := s.success
	if payment == "failure" {
		outcome = s.failure
	}
	result := outcome(o, h)
	s.insert(evidence.TableEvents, evidence.Image{OrderID: order, Payment: payment, Outcome: result, Key: key})
	s.look(o.ProductID)
	return result
}

func (s *shop) success(o, h evidence.Image) string {
	held := int64(0)
	switch {
	case o.Status == "paid":
		return "refund_due"
	case h.Status == "used":
		held = -h.Qty
	case s.available(o.ProductID, s.now) < o.Qty:
		s.setOrder(o.ID, "canceled")
		return "refund_due"
	default:
		for _, other := range s.list(evidence.TableHolds) {
			if s.counted && other.ProductID == o.ProductID {
				s.meet(other.ID)
			}
		}
	}
	s.setOrder(o.ID, "paid")
	s.setHold(h, "completed")
	s.stock(o.ProductID, o.Qty, held)
	return "paid"
}

func (s *shop) failure(o, h evidence.Image) string {
	if o.Status != "pending" {
		return "ignored"
	}
	s.setOrder(o.ID, "canceled")
	if h.Status == "used" {
		s.setHold(h, "canceled")
		s.stock(o.ProductID, 0, -h.Qty)
	}
	return "canceled"
}

// list returns the rows of a table, by id.
func (s *shop) list(table string) []evidence.Image {
	var list []evidence.Image
	for r, image := range s.rows {
		if r.table == table {
			list = append(list, image)
		}
	}
	slices.SortFunc(list, func(a, b evidence.Image) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (s *shop) columns() map[string]bool {
	return map[string]bool{"products.stock_held": s.counted, "payment_events.outcome": true}
}

// String is the log, for whoever has to find out why a test failed.
func (s *shop) String() string {
	text := ""
	for _, c := range s.log {
		text += fmt.Sprintf("commit %d\n", c.Position)
		for _, change := range c.Changes {
			text += fmt.Sprintf("  %s: %s -> %s\n", change.Table, brief(change.Before), brief(change.After))
		}
	}
	return text
}

// brief is an image without its zeros, times counted from the epoch.
func brief(i evidence.Image) string {
	text := strconv.FormatInt(i.ID, 10) + " " + i.Status + i.Payment + " " + i.Outcome
	for _, column := range []struct {
		name  string
		value int64
	}{
		{"product", i.ProductID}, {"hold", i.HoldID}, {"order", i.OrderID}, {"qty", i.Qty}, {"total", i.StockTotal},
		{"sold", i.StockSold}, {"held", i.StockHeld}, {"sum", i.TotalPrice}, {"expires", i.ExpiresAt - epochUS},
		{"created", i.CreatedAt - epochUS}, {"updated", i.UpdatedAt - epochUS},
	} {
		if column.value > 0 {
			text += fmt.Sprintf(" %s=%d", column.name, column.value)
		}
	}
	return text
}
