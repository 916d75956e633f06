package checker

import (
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"

	"flashsale/checker/internal/history"
	"flashsale/checker/internal/realtime"
	"flashsale/checker/internal/replay"
	"flashsale/internal/evidence"
)

// intake is a run's evidence, read once and made small.
type intake struct {
	run     *evidence.Run
	history history.History
	meters  meters
	start   *history.Tables // nil: not declared, or in trouble
	final   *history.Tables // nil: not declared, or in trouble
	clock   *clock

	// What the replay of the commit log found, by check, and how often it put each to the test. Nil without a
	// commit log that can be used.
	replayed map[string]*findings
	recorder *realtime.Recorder // when each row and each stock changed; nil as well

	mutex   sync.Mutex
	trouble map[Need]string // why evidence that the run declares cannot be used: see Evidence
}

// takeIn reads the evidence: operations on one core, the starting tables and the commits on the other. The final
// tables come last: their keys are numbered with those of the operations, and the commits must have led to them.
func takeIn(run *evidence.Run, from source, known map[Need]string) *intake {
	in := &intake{
		run: run, trouble: make(map[Need]string), meters: newMeters(run.Thresholds), clock: newClock(run.Probes),
	}
	maps.Copy(in.trouble, known)
	var both errgroup.Group
	both.Go(func() error {
		in.readOperations(from)
		return nil
	})
	var machine *replay.Machine
	both.Go(func() error {
		in.readStart(from)
		machine = in.follow(from)
		return nil
	})
	_ = both.Wait() // neither fails: trouble is noted
	in.readFinal(from, machine)
	return in
}

// note keeps the first reason for which a kind of evidence cannot be used.
func (in *intake) note(need Need, why string) {
	in.mutex.Lock()
	defer in.mutex.Unlock()
	if in.trouble[need] == "" {
		in.trouble[need] = why
	}
}

func (in *intake) troubled(need Need) bool {
	in.mutex.Lock()
	defer in.mutex.Unlock()
	return in.trouble[need] != ""
}

func (in *intake) readOperations(from source) {
	err := from.operations(func(batch []evidence.Operation) error {
		in.meters.add(batch)
		return in.history.Add(batch)
	})
	if err != nil {
		in.note(NeedOperations, err.Error())
	}
}
