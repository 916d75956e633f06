package checker

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flashsale/internal/evidence"
)

// columnsOfOurs is what makes rows timed, and keeps outcomes.
var columnsOfOurs = map[string]bool{
	"products.stock_held": true, "payment_events.outcome": true, "holds.created_at": true, "holds.updated_at": true,
	"orders.created_at": true, "payment_events.created_at": true,
}

// post is a sentinel at its post: it knows the starting tables of the evidence.
func post(ev *Evidence) *Sentinel {
	s := NewSentinel(SentinelOptions{HoldTTLUS: ev.Run.Server.HoldTTLUS, Recent: 3})
	begin(s, ev.Start)
	return s
}

func begin(s *Sentinel, t *evidence.Tables) {
	s.Begin(columnsOfOurs)
	for i := range t.Products {
		s.SeedProduct(&t.Products[i])
	}
	for i := range t.Holds {
		s.SeedHold(&t.Holds[i])
	}
	for i := range t.Orders {
		s.SeedOrder(&t.Orders[i])
	}
	for i := range t.Events {
		s.SeedEvent(&t.Events[i])
	}
}

func sight(s *Sentinel, commits []evidence.Commit) (all []Sighting) {
	for i := range commits {
		all = append(all, s.Apply(&commits[i])...)
	}
	return all
}

func TestASentinelLeavesAnOrdinaryDayAlone(t *testing.T) {
	d := day()
	ev := d.logged(d.rest())
	s := post(ev)
	if seen := sight(s, ev.Commits); len(seen) > 0 || s.Gap() != "" {
		t.Fatalf("saw %+v, gap %q", seen, s.Gap())
	}
	v := s.Verdict()
	if v.ExitCode != ExitHeld || len(v.Checks) != len(registry()) {
		t.Errorf("exit code %d, %v, %d checks", v.ExitCode, v.Reasons, len(v.Checks))
	}
	for _, name := range SentinelChecks() {
		if r := word(t, v, name); r.Verdict != Pass || r.Exercised == 0 {
			t.Errorf("%s: %s after %d", name, r.Verdict, r.Exercised)
		}
	}
}

// What only the commit log shows is seen at the commit, and shown with it.
func TestASentinelSeesCrimes(t *testing.T) {
	for _, g := range guiltyCommits() {
		ev := g.build()
		s := post(ev)
		seen := sight(s, ev.Commits)
		i := slices.IndexFunc(seen, func(x Sighting) bool { return x.Check == g.check })
		if i < 0 {
			t.Errorf("%s: %s saw nothing; seen %+v", g.name, g.check, seen)
			continue
		}
		if x := seen[i]; x.Count != 1 || len(x.Commits) == 0 || x.Promise == "" || x.First.Found == "" {
			t.Errorf("%s: shown as %+v", g.name, x)
		}
		r := word(t, s.Verdict(), g.check)
		if r.Verdict != Fail || len(r.Violations) == 0 || len(r.Violations[0].Commits) == 0 || s.Verdict().ExitCode != ExitBroken {
			t.Errorf("%s: %+v, exit code %d", g.name, r, s.Verdict().ExitCode)
		}
	}
}

// Only the first few of a kind are shown whole; all are counted.
func TestASentinelCounts(t *testing.T) {
	shop := oneOrder()
	ev := shop.logged(shop.rest())
	s := post(ev)
	sight(s, ev.Commits)
	product := productImage(&ev.Final.Products[0])
	for i := range int64(SightingsShown + 2) {
		lowered := product
		lowered.StockTotal--
		seen := s.Apply(&evidence.Commit{Position: int64(len(ev.Commits)) + 1 + i,
			Changes: []evidence.Change{{Table: evidence.TableProducts, Before: product, After: lowered}}})
		product = lowered
		if len(seen) != 1 || seen[0].Count != i+1 || (len(seen[0].Commits) > 0) != (i < SightingsShown) {
			t.Fatalf("case %d: gap %q, %+v", i+1, s.Gap(), seen)
		}
	}
	if r := word(t, s.Verdict(), "legal-transitions"); r.Violations[0].Count != SightingsShown+2 {
		t.Errorf("%+v", r.Violations)
	}
}

// A hole in the log is said, ends the judging until it begins again, and leaves what has held undecided.
func TestAHoleLeavesASentinelUndecided(t *testing.T) {
	d := day()
	ev := d.logged(d.rest())
	s, half := post(ev), len(ev.Commits)/2
	s.Joined()
	sight(s, ev.Commits[:half])
	if seen := sight(s, ev.Commits[half+1:]); len(seen) > 0 || s.Gap() == "" {
		t.Fatalf("a commit is missing: gap %q, saw %+v", s.Gap(), seen)
	}
	s.Missed(s.Gap())
	begin(s, ev.Final)
	v := s.Verdict()
	if s.Gap() != "" || v.ExitCode != ExitUndecided || !strings.Contains(strings.Join(v.Reasons, " "), "missed") {
		t.Errorf("gap %q, exit code %d, %v", s.Gap(), v.ExitCode, v.Reasons)
	}
	if r := word(t, v, "price-exact"); r.Verdict != Undecided {
		t.Errorf("price-exact: %s", r.Verdict)
	}
}

func TestASentinelThatSawNothingIsUndecided(t *testing.T) {
	if v := NewSentinel(SentinelOptions{Recent: 1}).Verdict(); v.ExitCode != ExitUndecided || len(v.Reasons) != 1 {
		t.Errorf("exit code %d, %v", v.ExitCode, v.Reasons)
	}
}

// A sentinel that has seen ten times as much needs no more memory.
func TestASentinelsMemoryIsBounded(t *testing.T) {
	const purchases = 40_000 // six changes each
	product := evidence.Image{ID: 1, Price: 5, StockTotal: 1 << 40, CreatedAt: epochUS, UpdatedAt: epochUS}
	s := NewSentinel(SentinelOptions{HoldTTLUS: secondUS, Recent: 1000})
	s.Begin(columnsOfOurs)
	s.SeedProduct(&evidence.Product{ID: 1, Price: 5, StockTotal: 1 << 40, CreatedAt: epochUS, UpdatedAt: epochUS})
	next := int64(0)
	buy := func() {
		next++
		c := purchase(next, &product)
		if seen := s.Apply(&c); len(seen) > 0 || s.Gap() != "" {
			t.Fatalf("gap %q, saw %+v", s.Gap(), seen)
		}
	}
	for range purchases {
		buy()
	}
	early := heap()
	for range 9 * purchases {
		buy()
	}
	if late := heap(); late > early+early/2 {
		t.Errorf("%d KiB after %d purchases, %d KiB after %d", early>>10, purchases, late>>10, next)
	}
	if v := s.Verdict(); v.ExitCode != ExitHeld {
		t.Errorf("exit code %d, %v", v.ExitCode, v.Reasons)
	}
}

// purchase is a whole purchase in one transaction, and takes the product past it.
func purchase(id int64, product *evidence.Image) evidence.Commit {
	now, key := epochUS+1000*id, strconv.FormatInt(id, 10)
	hold := evidence.Image{ID: id, ProductID: 1, Qty: 1, Status: "completed", ExpiresAt: now + secondUS, Key: key,
		CreatedAt: now, UpdatedAt: now}
	order := evidence.Image{ID: id, ProductID: 1, HoldID: id, Qty: 1, TotalPrice: 5, Status: "paid", Key: key,
		CreatedAt: now, UpdatedAt: now}
	event := evidence.Image{ID: id, OrderID: id, Payment: "success", Outcome: "paid", Key: key, CreatedAt: now, UpdatedAt: now}
	before := *product
	product.StockSold, product.UpdatedAt = product.StockSold+1, now
	return evidence.Commit{Position: id, Changes: []evidence.Change{
		{Table: evidence.TableProducts, Before: before, After: *product},
		{Table: evidence.TableHolds, After: hold}, {Table: evidence.TableOrders, After: order},
		{Table: evidence.TableEvents, After: event},
	}}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
