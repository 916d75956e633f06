package measure

import (
	"net/http"
	"time"

	"flashsale/internal/evidence"
)

// Flow is what came back over time, and what was asked for.
type Flow struct {
	Width   time.Duration // how much time a FlowMoment covers
	Moments []FlowMoment  // in order of time; moments in which nothing happened are left out
}

// FlowMoment counts attempts in one slot of time: the offered ones by their intended start, the others by their
// return.
type FlowMoment struct {
	At         time.Duration // the slot's beginning, since the run's start
	Offered    int64
	OK         int64
	Refused    int64 // by a rule: 4xx
	Overloaded int64 // turned away without effect: 503
	Unknown    int64
}

// flowTally accumulates a Flow.
type flowTally struct{ over timeline[*FlowMoment] }

func newFlow() *flowTally {
	return &flowTally{over: newTimeline(func() *FlowMoment { return new(FlowMoment) },
		func(into, from *FlowMoment) *FlowMoment {
			into.Offered += from.Offered
			into.OK += from.OK
			into.Refused += from.Refused
			into.Overloaded += from.Overloaded
			into.Unknown += from.Unknown
			return into
		})}
}

func (f *flowTally) add(op *evidence.Operation) {
	f.over.at(op.Intended).Offered++
	answered := f.over.at(op.Return)
	switch {
	case op.Outcome == evidence.OK:
		answered.OK++
	case op.Outcome == evidence.Refused && op.HTTPStatus == http.StatusServiceUnavailable:
		answered.Overloaded++
	case op.Outcome == evidence.Refused:
		answered.Refused++
	default:
		answered.Unknown++
	}
}

func (f *flowTally) stats() Flow {
	flow := Flow{Width: time.Duration(f.over.width)}
	f.over.each(func(start int64, m *FlowMoment) {
		moment := *m
		moment.At = time.Duration(start)
		flow.Moments = append(flow.Moments, moment)
	})
	return flow
}
