package synth

import (
	"slices"
	"testing"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// What is planted into a made-up sale must be found, or judging the innocent one fast proves nothing.
func TestWhatIsPlantedIsFound(t *testing.T) {
	plants := map[string]struct {
		plant func(t *testing.T, dir string, run *evidence.Run)
		check string
	}{
		"an oversell":                      {plantOversell, "stock-never-oversold"},
		"a stale read":                     {plantStaleRead, "reads-true"},
		"a refusal while there was enough": {plantFalseRefusal, "refusals-true"},
		"an effect apart from its event":   {plantSplitCommit, "event-atomic"},
	}
	for name, p := range plants {
		t.Run(name, func(t *testing.T) {
			dir, run := made(t, Options{Operations: small, Seed: 1})
			p.plant(t, dir, run)
			v := judged(t, dir)
			i := slices.IndexFunc(v.Checks, func(r checker.Result) bool { return r.Name == p.check })
			if r := v.Checks[i]; r.Verdict != checker.Fail {
				t.Errorf("%s: %s, %s; %v", r.Name, r.Verdict, r.Reason, v.Reasons)
			}
			if v.ExitCode != checker.ExitBroken {
				t.Errorf("exit code %d", v.ExitCode)
			}
		})
	}
}

// plantOversell takes one unit away from a product that sold to the last, everywhere.
func plantOversell(t *testing.T, dir string, run *evidence.Run) {
	const id = 1 // the hottest, and scarce
	fewer := func(products []evidence.Product) {
		i := slices.IndexFunc(products, func(p evidence.Product) bool { return p.ID == id })
		products[i].StockTotal--
	}
	for _, when := range []string{evidence.Start, evidence.Final} {
		tables, err := evidence.ReadTables(dir, when, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		fewer(tables.Products)
		if err := evidence.WriteTables(dir, when, run.ID, tables); err != nil {
			t.Fatal(err)
		}
	}
	rewriteCommits(t, dir, run, func(c *evidence.Commit) []evidence.Commit {
		for i := range c.Changes {
			if change := &c.Changes[i]; change.Table == evidence.TableProducts && change.After.ID == id {
				change.Before.StockTotal--
				change.After.StockTotal--
			}
		}
		return []evidence.Commit{*c}
	})
}

// plantStaleRead gives a read what the same product's read a good while before was told.
func plantStaleRead(t *testing.T, dir string, run *evidence.Run) {
	var before *evidence.Operation
	planted := false
	rewriteOperations(t, dir, run, func(op *evidence.Operation) {
		if op.Kind != evidence.ReadProduct || op.ProductID != 1 || op.Outcome != evidence.OK || planted {
			return
		}
		switch {
		case before == nil:
			first := *op
			before = &first
		case op.Call > before.Return+100_000_000 && op.GotAvailable < before.GotAvailable-10:
			op.GotAvailable, planted = before.GotAvailable, true
		}
	})
	if !planted {
		t.Fatal("no read to make stale")
	}
}

// plantFalseRefusal says that a refusal was of a product that was never scarce.
func plantFalseRefusal(t *testing.T, dir string, run *evidence.Run) {
	planted := false
	rewriteOperations(t, dir, run, func(op *evidence.Operation) {
		if op.Kind == evidence.CreateHold && op.Problem == "not-enough-stock" && !planted {
			op.ProductID, op.GotAvailable, planted = 3, 0, true
		}
	})
	if !planted {
		t.Fatal("no refusal to make false")
	}
}

// plantSplitCommit commits one payment event after its effects.
func plantSplitCommit(t *testing.T, dir string, run *evidence.Run) {
	planted := int64(0)
	rewriteCommits(t, dir, run, func(c *evidence.Commit) []evidence.Commit {
		c.Position += planted
		last := len(c.Changes) - 1
		if planted > 0 || last == 0 || c.Changes[last].Table != evidence.TableEvents || c.Changes[last].After.Outcome != "paid" {
			return []evidence.Commit{*c}
		}
		planted = 1
		event := *c
		event.Position++
		event.Changes = slices.Clone(c.Changes[last:])
		c.Changes = c.Changes[:last]
		return []evidence.Commit{*c, event}
	})
	*run.Declared.Commits += planted
	if err := evidence.WriteRun(dir, run); err != nil {
		t.Fatal(err)
	}
}

func rewriteOperations(t *testing.T, dir string, run *evidence.Run, change func(*evidence.Operation)) {
	t.Helper()
	var all []evidence.Operation
	read(t, dir, run, func(op *evidence.Operation) { all = append(all, *op) })
	w, err := evidence.CreateOperations(dir, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		change(&all[i])
		if err := w.Append(all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func rewriteCommits(t *testing.T, dir string, run *evidence.Run, change func(*evidence.Commit) []evidence.Commit) {
	t.Helper()
	var all []evidence.Commit
	err := evidence.ReadCommits(dir, run.ID, func(batch []evidence.Commit) error {
		for _, c := range batch {
			c.Changes = slices.Clone(c.Changes)
			all = append(all, c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w, err := evidence.CreateCommits(dir, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		for _, c := range change(&all[i]) {
			if err := w.Append(c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
