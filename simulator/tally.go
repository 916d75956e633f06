package simulator

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"flashsale/internal/evidence"
)

// A tally is all that the simulator remembers of what it recorded: counts, extremes and bounded
// samples. It is fed by every operation and read by the progress line, the end of the run and the
// result.
type tally struct {
	lateAfter time.Duration
	arrived   atomic.Int64
	givenUp   atomic.Int64 // events that were never acknowledged
	orderMax  atomic.Int64 // newest order id seen
	lost      atomic.Int64 // calls that got no answer

	mu             sync.Mutex
	counts         [len(kinds)][len(outcomes)]int64
	sends          evidence.Sends
	holdLatency    *hdrhistogram.Histogram // microseconds, since the last progress line
	lapseMax       int64                   // latest expires_at seen, database microseconds
	lastGrant      time.Duration           // return of the last hold that was granted
	lastUnanswered time.Duration           // return of the last hold whose outcome is unknown; 0 if none
	holds, orders  sample
}

// What is counted apart.
var (
	kinds = [...]evidence.Kind{evidence.CreateHold, evidence.SendWebhook, evidence.CreateOrder, evidence.ReadProduct,
		evidence.ReadHold, evidence.ReadOrder}
	outcomes = [...]evidence.Outcome{evidence.OK, evidence.Refused, evidence.Unknown}
)

// count is where operations of a kind and outcome are counted.
func (t *tally) count(kind evidence.Kind, outcome evidence.Outcome) *int64 {
	return &t.counts[slices.Index(kinds[:], kind)][slices.Index(outcomes[:], outcome)]
}

func newTally(lateAfter time.Duration, seed uint64, sampleMax int) *tally {
	return &tally{
		lateAfter:   lateAfter,
		holdLatency: hdrhistogram.New(1, time.Minute.Microseconds(), 2),
		holds:       sample{max: sampleMax, rng: stream(seed, "sample", 0)},
		orders:      sample{max: sampleMax, rng: stream(seed, "sample", 1)},
	}
}

// observe takes in one operation.
func (t *tally) observe(op *evidence.Operation) {
	if op.HTTPStatus == 0 {
		t.lost.Add(1)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	*t.count(op.Kind, op.Outcome)++
	if op.Phase == evidence.PhaseStorm {
		t.punctual(op)
	}
	switch op.Kind {
	case evidence.CreateHold:
		t.hold(op)
	case evidence.CreateOrder:
		if op.Outcome == evidence.OK && !op.Replayed {
			t.orders.add(op.GotOrderID)
		}
		if op.Outcome == evidence.OK && op.GotOrderID > t.orderMax.Load() {
			t.orderMax.Store(op.GotOrderID)
		}
	}
}

// Unanswered counts the calls that got no answer: what faults ask clients.
func (t *tally) Unanswered() int64 { return t.lost.Load() }

// punctual keeps account of late sends: those of ours, never late answers.
func (t *tally) punctual(op *evidence.Operation) {
	t.sends.Total++
	late := op.Call - op.Intended
	t.sends.WorstLateNS = max(t.sends.WorstLateNS, late)
	if late > int64(t.lateAfter) {
		t.sends.Late++
	}
}

func (t *tally) hold(op *evidence.Operation) {
	if op.Outcome == evidence.Unknown {
		t.lastUnanswered = max(t.lastUnanswered, time.Duration(op.Return))
		return
	}
	latency := time.Duration(op.Return - op.Intended).Microseconds()
	// Beyond the histogram's minute it counts as a minute: this one is for people to look at.
	_ = t.holdLatency.RecordValue(min(max(latency, 1), time.Minute.Microseconds()))
	if op.Outcome == evidence.OK {
		t.lapseMax = max(t.lapseMax, op.GotExpiresAt)
		t.lastGrant = max(t.lastGrant, time.Duration(op.Return))
		if !op.Replayed {
			t.holds.add(op.GotHoldID)
		}
	}
}

// figures is what a progress line shows.
type figures struct {
	arrived                                             int64
	holds, holdsRefused, holdsUnknown, orders, webhooks int64
	holdP99                                             time.Duration // since the last figures
}

func (t *tally) figures() figures {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := figures{
		arrived:      t.arrived.Load(),
		holds:        *t.count(evidence.CreateHold, evidence.OK),
		holdsRefused: *t.count(evidence.CreateHold, evidence.Refused),
		holdsUnknown: *t.count(evidence.CreateHold, evidence.Unknown),
		orders:       *t.count(evidence.CreateOrder, evidence.OK),
		webhooks:     *t.count(evidence.SendWebhook, evidence.OK),
		holdP99:      time.Duration(t.holdLatency.ValueAtQuantile(99)) * time.Microsecond,
	}
	t.holdLatency.Reset()
	return f
}

// lapses is what the end of a run waits for: see quiesce.
func (t *tally) lapses() (lapseMax int64, lastGrant, lastUnanswered time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lapseMax, t.lastGrant, t.lastUnanswered
}

// A sample keeps at most max ids of all it was shown, each with the same probability.
type sample struct {
	max  int
	rng  *rand.Rand
	seen int64
	ids  []int64
}

func (s *sample) add(id int64) {
	s.seen++
	if len(s.ids) < s.max {
		s.ids = append(s.ids, id)
		return
	}
	if i := s.rng.Int64N(s.seen); i < int64(s.max) {
		s.ids[i] = id
	}
}
