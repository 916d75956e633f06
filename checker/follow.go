package checker

import (
	"fmt"

	"flashsale/checker/internal/history"
	"flashsale/checker/internal/realtime"
	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// follow replays the commit log from the starting tables. It returns nil if there is none, or none that can be
// used: what was found in half a log is no proof, for a row's change may be in the other half.
func (in *intake) follow(from source) (machine *replay.Machine) {
	declared := in.run.Declared
	switch {
	case declared.Commits == nil || in.troubled(NeedCommits):
		return nil
	case in.start == nil:
		in.note(NeedCommits, "the commit log cannot be followed without the starting tables")
		return nil
	}
	defer func() {
		if trouble := recover(); trouble != nil {
			in.distrust(fmt.Sprintf("the replay of the commit log crashed: %v", trouble))
			machine = nil
		}
	}()
	timed, _ := in.stamps(in.start.Columns)
	in.replayed, in.recorder = make(map[string]*findings), &realtime.Recorder{Timed: timed}
	machine = replay.New(replay.Options{
		TTLUS: in.run.Server.HoldTTLUS, Columns: in.start.Columns, Timed: timed, Found: in.found,
	})
	if why := in.replay(from, machine); why != "" {
		in.distrust(why)
		return nil
	}
	in.countReplayed(machine)
	return machine
}

// replay feeds the machine, and says what is wrong with the log.
func (in *intake) replay(from source, machine *replay.Machine) (why string) {
	if err := from.tables(evidence.Start, seeding(machine)); err != nil {
		return err.Error()
	}
	seedRecorder(in.recorder, in.start, machine)
	err := from.commits(func(batch []evidence.Commit) error {
		for i := range batch {
			c := &batch[i]
			in.recorder.Observe(c, machine.Apply(c))
		}
		return nil
	})
	switch {
	case err != nil:
		return err.Error()
	case machine.Gap() != "":
		return "the commit log is not whole: " + machine.Gap()
	}
	in.recorder.Seal()
	return ""
}

// seedRecorder tells the recorder how the rows stood when the log began.
func seedRecorder(r *realtime.Recorder, start *history.Tables, machine *replay.Machine) {
	for _, h := range start.Holds.All() {
		r.SeedHold(h.ID, h.Product, h.Qty, h.ExpiresAt, h.Status)
	}
	for _, o := range start.Orders.All() {
		r.SeedOrder(o.ID, o.Hold, o.Status)
	}
	for _, e := range start.Events.All() {
		r.SeedEvent(e.ID)
	}
	for _, p := range start.Products.All() {
		if step, known := machine.Product(p.ID); known {
			r.SeedProduct(step)
		}
	}
}

func seeding(machine *replay.Machine) tableReader {
	return tableReader{
		products: seed(machine.SeedProduct),
		holds:    seed(machine.SeedHold),
		orders:   seed(machine.SeedOrder),
		events:   seed(machine.SeedEvent),
	}
}

func seed[T any](row func(*T)) func([]T) error {
	return func(batch []T) error {
		for i := range batch {
			row(&batch[i])
		}
		return nil
	}
}

// found is where the replay's findings become findings of checks: the only place.
func (in *intake) found(x replay.Finding) {
	in.findingsOf(x.Check).violate(x.What, caseOf(&x), exhibit{commits: append([]int64{x.Position}, x.Positions...), match: aboutIDs(x.IDs), rows: rowsOf(x.IDs)})
}

func caseOf(x *replay.Finding) Case {
	return Case{AtUS: x.AtUS, IDs: x.IDs, Values: x.Values, Expected: x.Expected, Found: x.Found, severity: x.Severity}
}

func (in *intake) findingsOf(check string) *findings {
	f := in.replayed[check]
	if f == nil {
		f = newFindings()
		in.replayed[check] = f
	}
	return f
}

func (in *intake) countReplayed(machine *replay.Machine) {
	for _, c := range registry() {
		if n := machine.Exercised(c.name); n > 0 {
			in.findingsOf(c.name).replayed = n
		}
	}
}

// distrust drops what the commit log seemed to show.
func (in *intake) distrust(why string) {
	in.note(NeedCommits, why)
	in.replayed, in.recorder = nil, nil
}
