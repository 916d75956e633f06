package replay_test

import (
	"testing"

	"flashsale/internal/evidence"
)

// each runs commands, one transaction each.
func (s *shop) each(commands ...func()) {
	for _, do := range commands {
		s.now += 1000
		do()
		s.commit()
	}
}

func TestInnocent(t *testing.T) {
	for name, run := range map[string]func(*shop){
		"a late payment takes the stock again": func(s *shop) {
			s.each(func() { s.hold(1, 2, "") }, func() { s.use(1, "") }, func() { s.now += ttlUS; s.meet(1) },
				func() { s.pay(2, "success", "a") })
		},
		"a late payment finds the stock sold": func(s *shop) {
			s.each(func() { s.hold(1, 2, "") }, func() { s.use(1, "") }, func() { s.now += ttlUS; s.hold(1, 2, "") },
				func() { s.pay(2, "success", "a") }, func() { s.pay(2, "success", "b") }, func() { s.pay(2, "failure", "c") })
		},
		"canceled and paid in one transaction": func(s *shop) {
			s.each(func() { s.hold(1, 2, "") }, func() { s.use(1, "") },
				func() { s.pay(2, "success", "z"); s.pay(2, "failure", "b"); s.pay(2, "success", "a") })
		},
		"a whole purchase in one transaction": func(s *shop) {
			s.each(func() { s.hold(1, 2, ""); s.use(1, ""); s.pay(2, "success", "a") })
		},
		"a restock": func(s *shop) {
			s.each(func() { s.hold(1, 2, "") }, func() {
				s.change(evidence.TableProducts, 1, func(p *evidence.Image) { p.StockTotal += 2 })
			}, func() { s.hold(1, 2, "") })
		},
		"a product put on sale meanwhile": func(s *shop) {
			s.each(func() {
				s.put(evidence.TableProducts, 9, evidence.Image{ID: 9, Price: 7, StockTotal: 1, CreatedAt: s.now, UpdatedAt: s.now})
			}, func() { s.hold(9, 1, ""); s.use(1, "") })
		},
		"a new price, and an order that had read the old one": func(s *shop) {
			s.each(func() { s.hold(1, 1, "") }, func() { s.hold(1, 1, "") }, func() {
				s.change(evidence.TableProducts, 1, func(p *evidence.Image) { p.Price = 999 })
			}, func() { s.use(1, "") }, func() {
				s.use(2, "")
				s.change(evidence.TableOrders, 4, func(o *evidence.Image) { o.TotalPrice = price })
			})
		},
		"a lapse that nobody swept": func(s *shop) {
			s.each(func() { s.hold(1, 2, "") }, func() { s.now += ttlUS; s.hold(1, 2, "") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, counted := range []bool{true, false} {
				s := newShop(counted, 2)
				run(s)
				j := s.judgeAll()
				j.innocent(t, s)
				if len(s.log) == 0 || j.ending(s.rows) != "" {
					t.Fatalf("%d commits, %s\n%s", len(s.log), j.ending(s.rows), s)
				}
			}
		})
	}
}

// Somebody else's mess is nobody's fault: only a commit that makes it worse answers for it.
func TestOnlyWhatACommitMadeWorse(t *testing.T) {
	s := newShop(true, 5)
	s.rows[row{evidence.TableProducts, 1}] = evidence.Image{ID: 1, Price: price, StockTotal: 5, StockSold: 8, StockHeld: 3}
	s.each(func() { s.change(evidence.TableProducts, 1, func(p *evidence.Image) { p.StockTotal++ }) })
	s.judgeAll().innocent(t, s)

	s.each(func() { s.stock(1, 1, 0) })
	if got := s.judgeAll().checks(); got != "sold-matches-paid stock-never-oversold" {
		t.Errorf("found by %q\n%s", got, s)
	}
}

// An oversale is found in the commit that oversold, once, however long it lasts.
func TestAnOversaleIsFoundOnce(t *testing.T) {
	s := newShop(false, 2)
	take := func() {
		s.insert(evidence.TableHolds, evidence.Image{ProductID: 1, Qty: 2, Status: "active", ExpiresAt: s.now + ttlUS})
	}
	s.each(take, take, func() { s.use(1, "") }, func() { s.use(2, "") })
	j := s.judgeAll()
	if len(j.findings) != 1 || j.findings[0].Position != 2 || j.findings[0].Severity != 2 {
		t.Fatalf("found %+v\n%s", j.findings, s)
	}
}

// Without decision times nothing lapses, so what is reserved proves nothing; what is sold still does.
func TestWithoutTimes(t *testing.T) {
	s := newShop(false, 2)
	s.each(func() { s.hold(1, 2, "") }, func() { s.use(1, "") }, func() { s.now += ttlUS; s.hold(1, 2, "") })
	o := s.options()
	o.Timed = false
	judge(o, s.opening(), s.log).innocent(t, s)
	s.each(func() { s.stock(1, 3, 0) })
	if got := judge(o, s.opening(), s.log).checks(); got != "sold-matches-paid stock-never-oversold" {
		t.Errorf("found by %q\n%s", got, s)
	}
}

// A watch remembers keys, and finds one that made two rows.
func TestRepeatedKeysAreFoundWhereTheyAreRemembered(t *testing.T) {
	s := newShop(true, 9)
	s.each(func() { s.hold(1, 1, "k") }, func() { s.hold(1, 1, "k") }, func() { s.use(1, "k") }, func() { s.use(2, "k") },
		func() { s.pay(3, "failure", "k") }, func() { s.pay(3, "failure", "k") })
	o := s.options()
	o.Recent = 10
	j := judge(o, s.opening(), s.log)
	if len(j.findings) != 3 || j.checks() != "event-applied-once" {
		t.Fatalf("found %+v\n%s", j.findings, s)
	}
	s.judgeAll().innocent(t, s)
}

// After a hole nothing is judged: what looks like guilt may be its consequence.
func TestNothingIsJudgedAfterAHole(t *testing.T) {
	s := newShop(true, 9)
	s.each(func() { s.hold(1, 1, "") }, func() { s.hold(1, 1, "") }, func() { s.stock(1, 5, 0) })
	j := judge(s.options(), s.opening(), s.log[1:])
	if len(j.findings) > 0 || j.machine.Gap() != "the log begins with commit 2" || len(j.steps[1].Products) > 0 {
		t.Fatalf("gap %q, found %+v", j.machine.Gap(), j.findings)
	}
}

// A change that does not fit the rows means that something is missing, and accuses nobody.
func TestGaps(t *testing.T) {
	product := evidence.Image{ID: 1, Price: price, StockTotal: 9}
	held := evidence.Image{ID: 1, ProductID: 1, Qty: 1, Status: "active", ExpiresAt: epochUS + ttlUS, CreatedAt: epochUS}
	ordered := evidence.Image{ID: 1, ProductID: 1, HoldID: 1, Qty: 1, TotalPrice: price, Status: "pending", CreatedAt: epochUS}
	start := map[row]evidence.Image{{evidence.TableProducts, 1}: product, {evidence.TableHolds, 1}: held, {evidence.TableOrders, 1}: ordered}
	with := func(i evidence.Image, edit func(*evidence.Image)) evidence.Image { edit(&i); return i }
	other := func(i *evidence.Image) { i.ID = 2 }
	nowhere := func(i *evidence.Image) { i.ID, i.ProductID = 2, 5 }
	for name, c := range map[string]evidence.Change{
		"a product twice":            {Table: evidence.TableProducts, After: product},
		"a hold twice":               {Table: evidence.TableHolds, After: held},
		"an order twice":             {Table: evidence.TableOrders, After: ordered},
		"a product from nowhere":     {Table: evidence.TableProducts, Before: with(product, other), After: with(product, other)},
		"a hold from nowhere":        {Table: evidence.TableHolds, Before: with(held, other), After: with(held, other)},
		"an order from nowhere":      {Table: evidence.TableOrders, Before: with(ordered, other), After: with(ordered, other)},
		"a hold of no product":       {Table: evidence.TableHolds, After: with(held, nowhere)},
		"an order of no product":     {Table: evidence.TableOrders, After: with(ordered, nowhere)},
		"a product that sold before": {Table: evidence.TableProducts, Before: with(product, func(p *evidence.Image) { p.StockSold = 1 }), After: product},
		"a hold that was used":       {Table: evidence.TableHolds, Before: with(held, func(h *evidence.Image) { h.Status = "used" }), After: held},
		"a hold of another size":     {Table: evidence.TableHolds, Before: with(held, func(h *evidence.Image) { h.Qty = 2 }), After: held},
		"an order that was paid":     {Table: evidence.TableOrders, Before: with(ordered, func(o *evidence.Image) { o.Status = "paid" }), After: ordered},
	} {
		t.Run(name, func(t *testing.T) {
			j := judge((&shop{}).options(), start, []evidence.Commit{{Position: 1, Changes: []evidence.Change{c}}})
			if j.machine.Gap() == "" || len(j.findings) > 0 {
				t.Fatalf("gap %q, found %+v", j.machine.Gap(), j.findings)
			}
		})
	}
}

func TestTheEndIsCompared(t *testing.T) {
	s := newShop(true, 9)
	s.each(func() { s.hold(1, 1, "") }, func() { s.use(1, "") }, func() { s.pay(2, "success", "a") })
	for _, table := range []string{evidence.TableProducts, evidence.TableHolds, evidence.TableOrders, evidence.TableEvents} {
		r := row{table, s.list(table)[0].ID}
		kept := s.rows[r]
		delete(s.rows, r)
		if s.judgeEnding() == "" {
			t.Errorf("a row of %s is missing, and nobody noticed", table)
		}
		changed := kept
		changed.Status, changed.Outcome, changed.StockSold = "canceled", "ignored", kept.StockSold+1
		s.rows[r] = changed
		if s.judgeEnding() == "" {
			t.Errorf("a row of %s is another, and nobody noticed", table)
		}
		s.rows[r], s.rows[row{table, 77}] = kept, evidence.Image{ID: 77}
		if s.judgeEnding() == "" {
			t.Errorf("a row of %s is one too many, and nobody noticed", table)
		}
		delete(s.rows, row{table, 77})
	}
	if difference := s.judgeEnding(); difference != "" {
		t.Error(difference)
	}
}

// judgeEnding follows the log and compares where it leads with the rows as they are.
func (s *shop) judgeEnding() string {
	log := shop{rows: map[row]evidence.Image{{evidence.TableProducts, 1}: s.log[0].Changes[0].Before}}
	return judge(s.options(), log.rows, s.log).ending(s.rows)
}

func TestExercised(t *testing.T) {
	s := newShop(true, 9)
	s.each(func() { s.hold(1, 1, "a") }, func() { s.use(1, "a") }, func() { s.pay(2, "success", "a") })
	m := s.judgeAll().machine
	for check, want := range map[string]int64{
		"stock-never-oversold": 3, "sold-matches-paid": 1, "hold-used-once": 1, "event-applied-once": 0,
		"event-atomic": 1, "legal-transitions": 8, "price-exact": 1, "expiry-honoured": 2, "no-such-check": 0,
	} {
		if got := m.Exercised(check); got != want {
			t.Errorf("%s: exercised %d times, want %d", check, got, want)
		}
	}
	if p, known := m.Product(1); !known || p.Sold != 1 || p.Available != 8 || p.Low != 8 || p.High != 8 {
		t.Errorf("product %+v", p)
	}
	if _, known := m.Product(2); known {
		t.Error("knows a product that is not there")
	}
}
