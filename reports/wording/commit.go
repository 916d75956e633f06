package wording

import (
	"fmt"
	"slices"
	"strings"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// changesShown bounds the rows that are told of one commit: a batch may change hundreds, of which few matter.
const changesShown = 6

// Commit says what a commit did to the rows that a violation is about, and counts the others.
func (n *Narrator) Commit(c *evidence.Commit, about Subject) string {
	told := slices.DeleteFunc(slices.Clone(c.Changes), func(change evidence.Change) bool {
		return !about[row{change.Table, changedID(&change)}]
	})
	if len(told) == 0 {
		told = c.Changes
	}
	var all []string
	for i := range told[:min(len(told), changesShown)] {
		all = append(all, n.change(&told[i]))
	}
	text := strings.Join(all, "; ")
	if rest := len(c.Changes) - len(all); rest > 0 {
		text += "; and " + Plural(int64(rest), "other row")
	}
	return text
}

func changedID(c *evidence.Change) int64 { return max(c.Before.ID, c.After.ID) }

// change says what happened to a row: +41 is a new one, -41 one that was deleted.
func (n *Narrator) change(c *evidence.Change) string {
	switch {
	case c.Before.ID == 0:
		return fmt.Sprintf("%s +%d %s", c.Table, c.After.ID, n.content(c.Table, &c.After))
	case c.After.ID == 0:
		return fmt.Sprintf("%s -%d, was %s", c.Table, c.Before.ID, n.content(c.Table, &c.Before))
	default:
		return fmt.Sprintf("%s %d: %s", c.Table, c.After.ID, n.difference(&c.Before, &c.After))
	}
}

// content says what a row holds; zeros go unsaid but for what is sold, which is news when there is none.
func (n *Narrator) content(table string, i *evidence.Image) string {
	if table == evidence.TableProducts {
		return strings.Join(append([]string{fmt.Sprintf("total %d sold %d", i.StockTotal, i.StockSold)},
			numbers(number{"held", i.StockHeld}, number{"price", i.Price})...), " ")
	}
	all := numbers(number{"product", i.ProductID}, number{"hold", i.HoldID}, number{"order", i.OrderID},
		number{"qty", i.Qty}, number{"total", i.TotalPrice})
	all = append(all, words(word{"until", n.clockTime(i.ExpiresAt)}, word{"", i.Payment},
		word{"key", n.eventKey(table, i)})...)
	became := words(word{"", i.Status}, word{"outcome", i.Outcome})
	return strings.Join(append([]string{strings.Join(all, " ")}, became...), ", ")
}

// eventKey is the key of a payment event, which is what it is known by; holds and orders are known by their ids.
func (n *Narrator) eventKey(table string, i *evidence.Image) string {
	if table != evidence.TableEvents {
		return ""
	}
	return n.Key(i.Key)
}

// clockTime writes a database time by the run's clock; nothing where there is none.
func (n *Narrator) clockTime(us int64) string {
	if us == 0 || !n.Clock.Known() {
		return ""
	}
	return Instant(n.Clock.SinceStart(us))
}

// difference says which columns changed, from what to what.
func (n *Narrator) difference(a, b *evidence.Image) string {
	var all []string
	for _, column := range []struct {
		name     string
		from, to int64
	}{
		{"total", a.StockTotal, b.StockTotal}, {"sold", a.StockSold, b.StockSold}, {"held", a.StockHeld, b.StockHeld},
		{"price", a.Price, b.Price}, {"product", a.ProductID, b.ProductID}, {"hold", a.HoldID, b.HoldID},
		{"order", a.OrderID, b.OrderID}, {"qty", a.Qty, b.Qty}, {"total price", a.TotalPrice, b.TotalPrice},
	} {
		if column.from != column.to {
			all = append(all, fmt.Sprintf("%s %d -> %d", column.name, column.from, column.to))
		}
	}
	for _, column := range []struct{ name, from, to string }{
		{"", a.Status, b.Status}, {"until", n.clockTime(a.ExpiresAt), n.clockTime(b.ExpiresAt)},
		{"payment", a.Payment, b.Payment}, {"outcome", a.Outcome, b.Outcome}, {"key", a.Key, b.Key},
	} {
		if column.from != column.to {
			change := fmt.Sprintf("%s %s -> %s", column.name, Or(column.from, "none"), Or(column.to, "none"))
			all = append(all, strings.TrimSpace(change))
		}
	}
	if len(all) == 0 {
		return "written again"
	}
	return strings.Join(all, ", ")
}

// Subject is the rows that a violation is about.
type Subject map[row]bool

type row struct {
	table string
	id    int64
}

// SubjectOf collects the rows that a violation's first case, its operations and its rows name.
func SubjectOf(v *checker.Violation) Subject {
	about := make(Subject)
	for name, table := range map[string]string{"product_id": evidence.TableProducts, "hold_id": evidence.TableHolds,
		"order_id": evidence.TableOrders, "event_id": evidence.TableEvents} {
		about[row{table, v.First.IDs[name]}] = true
	}
	for i := range v.Operations {
		op := &v.Operations[i]
		about[row{evidence.TableProducts, op.ProductID}] = true
		about[row{evidence.TableHolds, op.HoldID}], about[row{evidence.TableHolds, op.GotHoldID}] = true, true
		about[row{evidence.TableOrders, op.OrderID}], about[row{evidence.TableOrders, op.GotOrderID}] = true, true
	}
	for i := range v.Rows {
		table, image := rowImage(&v.Rows[i])
		about[row{table, image.ID}] = true
	}
	return about
}
