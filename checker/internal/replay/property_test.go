package replay_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// trade lets a shop do random business: transactions of one or several commands, on one or two products, with
// time passing between them. Each ends with commit.
func trade(t *rapid.T, s *shop, commits int, commit func()) {
	products := int64(len(s.list(evidence.TableProducts)))
	for range commits {
		s.now += rapid.SampledFrom([]int64{1, 1000, secondUS, ttlUS / 2, ttlUS}).Draw(t, "wait")
		for range rapid.SampledFrom([]int{1, 1, 2, 6}).Draw(t, "batch") {
			command(t, s, rapid.Int64Range(1, products).Draw(t, "product"))
		}
		commit()
		if !s.counted {
			orderFromThePast(t, s)
			commit()
		}
	}
}

func command(t *rapid.T, s *shop, product int64) {
	key := fmt.Sprintf("key-%d", s.lastID)
	switch rapid.IntRange(0, 8).Draw(t, "command") {
	case 0, 1, 2:
		s.hold(product, rapid.Int64Range(1, 3).Draw(t, "qty"), key)
	case 3, 4:
		if id := anyOf(t, s, evidence.TableHolds); id != 0 {
			s.use(id, key)
		}
	case 5, 6:
		s.pay(anyOf(t, s, evidence.TableOrders), "success", key)
	case 7:
		s.pay(anyOf(t, s, evidence.TableOrders), "failure", key)
	case 8:
		for _, h := range s.list(evidence.TableHolds) {
			s.meet(h.ID)
		}
		if rapid.IntRange(0, 4).Draw(t, "restock") == 0 {
			s.change(evidence.TableProducts, product, func(p *evidence.Image) { p.StockTotal++ })
			s.look(product)
		}
	}
}

// orderFromThePast commits an order that was decided a while ago, by a server that orders under the hold's lock
// alone: others may have decided since, and even found the hold lapsed.
func orderFromThePast(t *rapid.T, s *shop) {
	id := anyOf(t, s, evidence.TableHolds)
	h, there := s.get(evidence.TableHolds, id)
	if !there || h.Status != "active" {
		return
	}
	now := s.now
	s.now = rapid.Int64Range(h.UpdatedAt, min(now, h.ExpiresAt-1)).Draw(t, "decided")
	s.orderOf(h, "")
	s.now = now
}

func anyOf(t *rapid.T, s *shop, table string) int64 {
	list := s.list(table)
	if len(list) == 0 {
		return 0
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(t, "which")].ID
}

func drawShop(t *rapid.T) *shop {
	return newShop(rapid.Bool().Draw(t, "counted"),
		rapid.Int64Range(1, 8).Draw(t, "total 1"), rapid.Int64Range(1, 8).Draw(t, "total 2"))
}

func TestAnHonestShopIsNeverAccused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShop(t)
		s.stepwise = rapid.Bool().Draw(t, "stepwise")
		j := &judged{}
		o := s.options()
		o.Found = func(f replay.Finding) { j.findings = append(j.findings, f) }
		j.machine = replay.New(o)
		seed(j.machine, s.rows)
		trade(t, s, rapid.IntRange(1, 25).Draw(t, "commits"), func() { s.follow(t, j) })
		if difference := j.ending(s.rows); difference != "" {
			t.Fatalf("the log leads elsewhere: %s\n%s", difference, s)
		}
	})
}

// follow commits, and compares what the machine says of the commit with what the shop knows.
func (s *shop) follow(t *rapid.T, j *judged) {
	inside, logged := s.inside, len(s.log)
	s.commit()
	if len(s.log) == logged {
		return
	}
	step := j.machine.Apply(&s.log[logged])
	j.innocent(t, s)
	for _, p := range step.Products {
		if want := s.available(p.ID, p.AtUS); p.Available != want || p.AtUS > s.now {
			t.Fatalf("available %d, want %d: %+v\n%s", p.Available, want, p, s)
		}
		if p.Available < p.Low || p.Available > p.High {
			t.Fatalf("left out what it ended with: %+v\n%s", p, s)
		}
		for _, seen := range inside[p.ID] {
			if p.AtUS == s.now && (seen < p.Low || seen > p.High) {
				t.Fatalf("%d were available inside, outside of %+v\n%s", seen, p, s)
			}
		}
	}
}

func TestBoundedAgreesWithUnbounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShop(t)
		trade(t, s, rapid.IntRange(1, 25).Draw(t, "commits"), s.commit)
		opening := s.opening()
		corrupt(t, s)
		whole := judge(s.options(), opening, s.log)
		o := s.options()
		o.Recent = 10_000
		bounded := judge(o, opening, s.log)
		if got, want := fmt.Sprint(bounded.findings), fmt.Sprint(whole.findings); got != want {
			t.Fatalf("bounded %s\nunbounded %s\n%s", got, want, s)
		}
		if fmt.Sprint(bounded.steps) != fmt.Sprint(whole.steps) {
			t.Fatalf("steps differ\n%s", s)
		}
	})
}

func TestAForgetfulMachineAccusesNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShop(t)
		s.stepwise = rapid.Bool().Draw(t, "stepwise")
		trade(t, s, rapid.IntRange(1, 40).Draw(t, "commits"), s.commit)
		o := s.options()
		o.Recent = rapid.IntRange(1, 4).Draw(t, "recent")
		bounded := judge(o, s.opening(), s.log)
		bounded.innocent(t, s)
		whole := s.judgeAll()
		for i, step := range bounded.steps {
			agree(t, s, step, whole.steps[i])
		}
	})
}

// agree expects a forgetful machine to say of a commit what one that remembers says. An event alone that is about
// a forgotten order is one about nobody knows which product: its time is not counted.
func agree(t *rapid.T, s *shop, forgetful, whole replay.Step) {
	for _, p := range forgetful.Products {
		same := func(other replay.ProductStep) bool { return other == p || other.ID == p.ID && other.AtUS > p.AtUS }
		if !slices.ContainsFunc(whole.Products, same) {
			t.Fatalf("commit %d: %+v, want one of %+v\n%s", whole.Position, p, whole.Products, s)
		}
	}
}

// A log may be joined anywhere: the rows are read a while after its first commit.
func TestJoiningOnTheWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShop(t)
		s.stepwise = rapid.Bool().Draw(t, "stepwise")
		trade(t, s, rapid.IntRange(1, 25).Draw(t, "commits"), s.commit)
		from := rapid.IntRange(0, len(s.log)).Draw(t, "from")
		read := rapid.IntRange(from, len(s.log)).Draw(t, "read")
		o := s.options()
		o.Overlap = true
		o.Recent = rapid.SampledFrom([]int{0, 2, 1000}).Draw(t, "recent")
		j := judge(o, s.rowsAt(int64(read)), s.log[from:])
		j.innocent(t, s)
		for _, p := range s.list(evidence.TableProducts) {
			got, _ := j.machine.Product(p.ID)
			if want := s.available(p.ID, got.AtUS); got.Available != want {
				t.Fatalf("available %d, want %d\n%s", got.Available, want, s)
			}
		}
	})
}

// Whatever commit is missing, it is missed: by the next that needs it, or at the end.
func TestAHoleIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShop(t)
		trade(t, s, rapid.IntRange(1, 25).Draw(t, "commits"), s.commit)
		if len(s.log) == 0 {
			t.Skip("nothing was sold")
		}
		opening := s.opening()
		hole := rapid.IntRange(0, len(s.log)-1).Draw(t, "hole")
		log := append(s.log[:hole:hole], s.log[hole+1:]...)
		if j := judge(s.options(), opening, log); hole < len(log) && j.machine.Gap() == "" {
			t.Fatalf("commit %d is missing\n%s", hole+1, s)
		}
		for i := range log {
			log[i].Position = int64(i + 1)
		}
		j := judge(s.options(), opening, log)
		if j.machine.Gap() == "" && j.ending(s.rows) == "" {
			t.Fatalf("commit %d is missing, and the others renumbered\n%s", hole+1, s)
		}
	})
}
