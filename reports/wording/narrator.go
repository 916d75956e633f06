package wording

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

// Narrator tells what happened in one run, by that run's own clock.
type Narrator struct {
	Clock measure.Clock
	runID string
}

// NewNarrator makes the narrator of a run.
func NewNarrator(run *evidence.Run) *Narrator {
	return &Narrator{Clock: measure.NewClock(run.Probes), runID: run.ID}
}

// Instant writes a point in time since the run's start; to a millisecond, which is about what ties two clocks.
func Instant(at time.Duration) string { return fmt.Sprintf("%.3f s", at.Seconds()) }

// Case says in one line when a case happened, to what, and what was found instead of what.
func (n *Narrator) Case(c *checker.Case) string {
	var where []string
	at := n.when(c)
	for _, name := range caseNames(c) {
		where = append(where, fmt.Sprintf("%s %d", strings.TrimSuffix(name, "_id"), c.IDs[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Values)) {
		where = append(where, n.value(name, c.Values[name]))
	}
	what := fmt.Sprintf("expected %s, found %s", c.Expected, c.Found)
	if len(where) > 0 {
		what = strings.Join(where, ", ") + ": " + what
	}
	if at != "" {
		what = at + ", " + what
	}
	return what
}

// when says when a case happened, by every clock that tells.
func (n *Narrator) when(c *checker.Case) string {
	if c.AtNS != 0 {
		return "at " + Instant(time.Duration(c.AtNS))
	}
	if c.AtUS == 0 {
		return ""
	}
	database := time.UnixMicro(c.AtUS).UTC().Format("15:04:05.000000")
	if !n.Clock.Known() {
		return "at " + database + " by the database"
	}
	return fmt.Sprintf("at %s (%s by the database)", Instant(n.Clock.SinceStart(c.AtUS)), database)
}

// caseNames lists a case's ids from the product to what was done with it.
func caseNames(c *checker.Case) []string {
	known := []string{"product_id", "hold_id", "order_id", "event_id"}
	names := slices.DeleteFunc(slices.Clone(known), func(name string) bool { _, ok := c.IDs[name]; return !ok })
	for _, name := range slices.Sorted(maps.Keys(c.IDs)) {
		if !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	return names
}

func (n *Narrator) value(name, value string) string {
	if name == "idempotency_key" {
		name, value = "key", n.Key(value)
	}
	return name + " " + value
}

// Key shortens an idempotency key that begins, as the simulator's own do, with the run's id.
func (n *Narrator) Key(key string) string {
	if rest, ours := strings.CutPrefix(key, n.runID+"-"); ours && n.runID != "" {
		return "…" + rest
	}
	return key
}

// Row says in one line what the database held in the end.
func (n *Narrator) Row(r *checker.Row) string {
	table, image := rowImage(r)
	if table == "" {
		return "a row of an unknown table"
	}
	return fmt.Sprintf("%s %d: %s", table, image.ID, n.content(table, &image))
}

// rowImage reads a row as an image: rows of tables and of commits are told in the same words.
func rowImage(r *checker.Row) (table string, image evidence.Image) {
	switch {
	case r.Product != nil:
		p := r.Product
		return evidence.TableProducts, evidence.Image{ID: p.ID, Price: p.Price, StockTotal: p.StockTotal,
			StockSold: p.StockSold, StockHeld: p.StockHeld}
	case r.Hold != nil:
		h := r.Hold
		return evidence.TableHolds, evidence.Image{ID: h.ID, ProductID: h.ProductID, Qty: h.Qty, Status: h.Status,
			ExpiresAt: h.ExpiresAt}
	case r.Order != nil:
		o := r.Order
		return evidence.TableOrders, evidence.Image{ID: o.ID, HoldID: o.HoldID, Qty: o.Qty, TotalPrice: o.TotalPrice,
			Status: o.Status}
	case r.Event != nil:
		e := r.Event
		return evidence.TableEvents, evidence.Image{ID: e.ID, OrderID: e.OrderID, Key: e.Key, Payment: e.Payment,
			Outcome: e.Outcome}
	default:
		return "", evidence.Image{}
	}
}
