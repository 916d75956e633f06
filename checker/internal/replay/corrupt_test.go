package replay_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"flashsale/internal/evidence"
)

// corruption makes the last commit of a log guilty.
type corruption struct {
	name  string
	check string // that must find it; several: one of them
	spoil func(*rapid.T, *shop) bool
}

// corruptions lists what can be done to any log. Each reports whether the log gave an opportunity.
func corruptions() []corruption {
	return []corruption{
		{"another price", "price-exact", edited(inserts(evidence.TableOrders), func(c *evidence.Change) { c.After.TotalPrice++ })},
		{"another time to live", "expiry-honoured", edited(inserts(evidence.TableHolds), func(c *evidence.Change) { c.After.ExpiresAt++ })},
		{"more than there is", "stock-never-oversold", edited(reserves, func(c *evidence.Change) { c.After.Qty += 1000 })},
		{"sold miscounted", "sold-matches-paid", edited(sells, func(c *evidence.Change) { c.After.StockSold++ })},
		{"held miscounted", "stock-never-oversold", edited(counts, func(c *evidence.Change) { c.After.StockHeld-- })},
		{"no event", "event-atomic legal-transitions", removed(pays)},
		{"no effect on the order", "event-atomic legal-transitions", removed(becomes(evidence.TableOrders, "paid"))},
		{"no effect on the hold", "event-atomic", removed(completes)},
		{"no effect on the product", "event-atomic", removed(sells)},
		{"a stray event", "event-atomic", appended(evidence.TableOrders, status("pending"), func(s *shop, o evidence.Image) {
			s.insert(evidence.TableEvents, evidence.Image{OrderID: o.ID, Payment: "success", Outcome: "paid"})
		})},
		{"an outcome that cannot be", "legal-transitions", appended(evidence.TableOrders, nil, func(s *shop, o evidence.Image) {
			s.insert(evidence.TableEvents, evidence.Image{OrderID: o.ID, Payment: "failure", Outcome: "paid"})
		})},
		{"an ignored failure of a pending order", "legal-transitions", appended(evidence.TableOrders, status("pending"), func(s *shop, o evidence.Image) {
			s.insert(evidence.TableEvents, evidence.Image{OrderID: o.ID, Payment: "failure", Outcome: "ignored"})
		})},
		{"paid is not final", "legal-transitions", appended(evidence.TableOrders, status("paid"), func(s *shop, o evidence.Image) {
			s.setOrder(o.ID, "canceled")
		})},
		{"a canceled hold used", "legal-transitions", appended(evidence.TableHolds, status("canceled"), func(s *shop, h evidence.Image) {
			s.setHold(h, "used")
		})},
		{"a hold used without an order", "legal-transitions", appended(evidence.TableHolds, status("active"), func(s *shop, h evidence.Image) {
			s.setHold(h, "used")
		})},
		{"a hold canceled without its order", "legal-transitions", appended(evidence.TableHolds, status("used"), func(s *shop, h evidence.Image) {
			s.setHold(h, "canceled")
		})},
		{"a foreign status", "legal-transitions", appended(evidence.TableHolds, nil, func(s *shop, h evidence.Image) {
			s.setHold(h, "lost")
		})},
		{"two orders of a hold", "hold-used-once", appended(evidence.TableOrders, nil, func(s *shop, o evidence.Image) {
			o.Status, o.Key = "pending", ""
			s.insert(evidence.TableOrders, o)
		})},
		{"an order of a lapsed hold", "hold-used-once", appended(evidence.TableHolds, status("active"), func(s *shop, h evidence.Image) {
			s.now = max(s.now, h.ExpiresAt)
			s.orderOf(h, "")
		})},
		{"an order of a lapsed hold", "expiry-honoured", appended(evidence.TableHolds, status("expired"), func(s *shop, h evidence.Image) {
			s.orderOf(h, "")
		})},
		{"an order of no hold", "hold-used-once", appended(evidence.TableOrders, nil, func(s *shop, o evidence.Image) {
			o.HoldID, o.Key = -1, ""
			s.insert(evidence.TableOrders, o)
		})},
		{"an order of another quantity", "legal-transitions", appended(evidence.TableHolds, status("active"), func(s *shop, h evidence.Image) {
			s.now = h.UpdatedAt
			s.setHold(h, "used")
			s.insert(evidence.TableOrders, evidence.Image{ProductID: h.ProductID, HoldID: h.ID, Qty: h.Qty + 1,
				TotalPrice: price * (h.Qty + 1), Status: "pending"})
		})},
		{"expired too early", "expiry-honoured", appended(evidence.TableHolds, status("active"), func(s *shop, h evidence.Image) {
			s.now = h.UpdatedAt
			s.setHold(h, "expired")
		})},
		{"less stock", "legal-transitions", appended(evidence.TableProducts, nil, func(s *shop, p evidence.Image) {
			s.change(evidence.TableProducts, p.ID, func(p *evidence.Image) { p.StockTotal-- })
		})},
		{"another hold's column", "legal-transitions", altered(evidence.TableHolds)},
		{"another order's column", "legal-transitions", altered(evidence.TableOrders)},
		{"another event's column", "legal-transitions", altered(evidence.TableEvents)},
		{"a hold deleted", "legal-transitions", deleted(evidence.TableHolds)},
		{"an order deleted", "legal-transitions", deleted(evidence.TableOrders)},
		{"an event deleted", "legal-transitions", deleted(evidence.TableEvents)},
		{"a product deleted", "legal-transitions", deleted(evidence.TableProducts)},
	}
}

func inserts(table string) func(*evidence.Change) bool {
	return func(c *evidence.Change) bool { return c.Table == table && c.Before.ID == 0 }
}

func becomes(table, status string) func(*evidence.Change) bool {
	return func(c *evidence.Change) bool {
		return c.Table == table && c.After.Status == status && c.Before.Status != status
	}
}

func reserves(c *evidence.Change) bool {
	return inserts(evidence.TableHolds)(c) && c.After.Status == "active"
}

func completes(c *evidence.Change) bool { return c.Before.ID != 0 && c.After.Status == "completed" }

func pays(c *evidence.Change) bool {
	return c.Table == evidence.TableEvents && c.After.Outcome == "paid"
}

func sells(c *evidence.Change) bool {
	return c.Before.ID != 0 && c.After.StockSold > c.Before.StockSold
}

func counts(c *evidence.Change) bool { return c.After.StockHeld != c.Before.StockHeld }

func status(status string) func(evidence.Image) bool {
	return func(image evidence.Image) bool { return image.Status == status }
}

// edited spoils a change and ends the log with its commit.
func edited(match func(*evidence.Change) bool, edit func(*evidence.Change)) func(*rapid.T, *shop) bool {
	return func(t *rapid.T, s *shop) bool {
		commit, change := anyChange(t, s, match)
		if commit < 0 {
			return false
		}
		s.log = s.log[:commit+1]
		edit(&s.log[commit].Changes[change])
		return true
	}
}

// removed takes a change out of its commit and ends the log there.
func removed(match func(*evidence.Change) bool) func(*rapid.T, *shop) bool {
	return func(t *rapid.T, s *shop) bool {
		commit, change := anyChange(t, s, match)
		if commit < 0 {
			return false
		}
		s.log = s.log[:commit+1]
		changes := s.log[commit].Changes
		s.log[commit].Changes = append(changes[:change:change], changes[change+1:]...)
		return true
	}
}

func anyChange(t *rapid.T, s *shop, match func(*evidence.Change) bool) (commit, change int) {
	var found [][2]int
	for i := range s.log {
		for k := range s.log[i].Changes {
			if match(&s.log[i].Changes[k]) {
				found = append(found, [2]int{i, k})
			}
		}
	}
	if len(found) == 0 {
		return -1, -1
	}
	one := rapid.SampledFrom(found).Draw(t, "change")
	return one[0], one[1]
}

// appended adds a commit that does something to a row.
func appended(table string, match func(evidence.Image) bool, do func(*shop, evidence.Image)) func(*rapid.T, *shop) bool {
	return func(t *rapid.T, s *shop) bool {
		var found []evidence.Image
		for _, image := range s.list(table) {
			if match == nil || match(image) {
				found = append(found, image)
			}
		}
		if len(found) == 0 {
			return false
		}
		do(s, rapid.SampledFrom(found).Draw(t, "row"))
		s.commit()
		return true
	}
}

func altered(table string) func(*rapid.T, *shop) bool {
	return appended(table, nil, func(s *shop, image evidence.Image) {
		s.change(table, image.ID, func(image *evidence.Image) { image.Key += "x" })
	})
}

func deleted(table string) func(*rapid.T, *shop) bool {
	return appended(table, nil, func(s *shop, image evidence.Image) { s.put(table, image.ID, evidence.Image{}) })
}

// corrupt does to a log what can be done to it, or nothing.
func corrupt(t *rapid.T, s *shop) { rapid.SampledFrom(corruptions()).Draw(t, "corruption").spoil(t, s) }

func TestEveryCorruptionIsFound(t *testing.T) {
	for _, c := range corruptions() {
		t.Run(c.name, func(t *testing.T) {
			tried := 0
			rapid.Check(t, func(t *rapid.T) {
				s := drawShop(t)
				trade(t, s, rapid.IntRange(5, 20).Draw(t, "commits"), s.commit)
				opening := s.opening()
				if !c.spoil(t, s) {
					return
				}
				tried++
				wantFound(t, c.check, judge(s.options(), opening, s.log), s)
			})
			if tried == 0 {
				t.Fatal("no log gave an opportunity")
			}
		})
	}
}

// wantFound expects the last commit, and no other, to be found guilty by one of the checks.
func wantFound(t *rapid.T, checks string, j *judged, s *shop) {
	found := false
	for _, f := range j.findings {
		if f.Position != s.log[len(s.log)-1].Position {
			t.Fatalf("accused another commit: %+v\n%s", f, s)
		}
		found = found || strings.Contains(checks, f.Check)
	}
	if !found || j.machine.Gap() != "" {
		t.Fatalf("want %s, got %q, gap %q\n%s", checks, j.checks(), j.machine.Gap(), s)
	}
}
