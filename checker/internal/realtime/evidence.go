package realtime

import (
	"math"
	"slices"

	"flashsale/checker/internal/history"
)

// Evidence is a run with everything that the judgement asks for.
type Evidence struct {
	History  *history.History
	Final    *history.Tables
	Recorder *Recorder // sealed

	// Hold, Order find rows of the final tables; nil: there is none.
	Hold  func(id int64) *history.Hold
	Order func(id int64) *history.Order

	// AtLeast and AtMost bound what the database's clock can have shown at a client time.
	AtLeast, AtMost func(ns int64) int64

	// Whole says that every attempt of the run is in the history. If not, the earliest attempt of a request may be
	// missing, and no commit bounds an answer from above.
	Whole bool
}

// writes lists the commits whose request is known, each with the earliest attempt of its request. A row bears its
// request's key, or an answer names it. Rows from before the run bound nothing.
func (ev *Evidence) writes() []Write {
	if !ev.Whole {
		return nil
	}
	writes := make([]Write, 0, ev.Final.Holds.Len()+ev.Final.Orders.Len()+ev.Final.Events.Len())
	add := func(first attempt, at Position) {
		if first.call != math.MaxInt64 && at != 0 && at != Never {
			writes = append(writes, Write{Call: first.call, Position: at, By: first.id})
		}
	}
	ev.holdWrites(add)
	ev.orderWrites(add)
	ev.eventWrites(add)
	return writes
}

func (ev *Evidence) holdWrites(add func(attempt, Position)) {
	firsts := earliest(&ev.History.HoldKeys, &ev.History.Holds, ofHold)
	for _, row := range ev.Final.Holds.All() {
		add(firsts[row.Key], ev.Recorder.Holds.Inserted(row.ID))
	}
	for _, c := range ev.History.Holds.All() {
		if row := ev.Hold(c.GotHold); c.Acknowledged() && row != nil && row.Key == 0 {
			add(firstOf(firsts, &c.Attempt), ev.Recorder.Holds.Inserted(c.GotHold))
		}
	}
}

func (ev *Evidence) orderWrites(add func(attempt, Position)) {
	firsts := earliest(&ev.History.OrderKeys, &ev.History.Orders, ofOrder)
	for _, row := range ev.Final.Orders.All() {
		add(firsts[row.Key], ev.Recorder.Orders.Inserted(row.ID))
	}
	for _, c := range ev.History.Orders.All() {
		if row := ev.Order(c.GotOrder); c.Acknowledged() && row != nil && row.Key == 0 {
			add(firstOf(firsts, &c.Attempt), ev.Recorder.Orders.Inserted(c.GotOrder))
		}
	}
}

func (ev *Evidence) eventWrites(add func(attempt, Position)) {
	firsts := earliest(&ev.History.EventKeys, &ev.History.Webhooks, ofWebhook)
	for _, row := range ev.Final.Events.All() {
		add(firsts[row.Key], ev.Recorder.Events.Inserted(row.ID))
	}
}

// attempt is when a request was first called, and by which operation.
type attempt struct {
	call int64
	id   uint32
}

// earliest finds the first attempt under each key, whatever became of it: any of them may have taken effect.
func earliest[T any](keys *history.Keys, calls *history.List[T], of func(*T) *history.Attempt) []attempt {
	firsts := slices.Repeat([]attempt{{call: math.MaxInt64}}, keys.Len()+1)
	for _, c := range calls.All() {
		if a := of(c); a.Key != 0 && a.Call < firsts[a.Key].call {
			firsts[a.Key] = attempt{a.Call, a.ID}
		}
	}
	return firsts
}

// firstOf finds the first attempt of a request whose row does not tell its key. Of a request without a key only a
// first attempt knows itself.
func firstOf(firsts []attempt, a *history.Attempt) attempt {
	if a.Key == 0 && a.Request == a.ID {
		return attempt{a.Call, a.ID}
	}
	return firsts[a.Key]
}
