package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"flashsale/server/internal/decide"
)

const batchMax = 512

// A batch is bounded in each of its measures, and takes one command at least.
func TestBatchesAreBounded(t *testing.T) {
	hold := func(qty int64) decide.Command { return decide.CreateHold{Qty: qty} }
	payload := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		command decide.Command
		want    int
	}{
		"commands": {hold(1), batchMax},
		"units":    {hold(1000), batchUnitsMax / 1000},
		"huge":     {hold(batchUnitsMax + 1), 1},
		"bytes":    {decide.ApplyPayment{RawPayload: payload}, batchBytesMax / (64 << 10)},
	} {
		l := New(Config{ConcurrentMax: 1, BatchMax: batchMax})
		at := &lane{}
		for range 2*batchMax + 1 {
			at.waiting = append(at.waiting, newTicket(c.command, time.Now().Add(time.Hour)))
		}
		all := len(at.waiting)
		batch := l.take(at)
		if len(batch) != c.want || len(at.waiting) != all-c.want {
			t.Errorf("%s: %d in the batch and %d left, want %d", name, len(batch), len(at.waiting), c.want)
		}
	}
}

// Tickets that nobody waits for any more, or that are late, take no place in a batch.
func TestLateAndAbandonedTicketsAreLeftOut(t *testing.T) {
	l := New(Config{ConcurrentMax: 1, BatchMax: batchMax})
	abandoned := newTicket(decide.CreateHold{Qty: 1}, time.Now().Add(time.Hour))
	abandoned.claim()
	late := newTicket(decide.CreateHold{Qty: 1}, time.Now().Add(-time.Second))
	fine := newTicket(decide.CreateHold{Qty: 1}, time.Now().Add(time.Hour))
	at := &lane{waiting: []*ticket{abandoned, late, fine}}
	batch := l.take(at)
	if len(batch) != 1 || batch[0] != fine {
		t.Errorf("%d in the batch", len(batch))
	}
	if r := <-late.result; !errors.Is(r.err, ErrOverloaded) {
		t.Errorf("the late one is told %v", r.err)
	}
	if len(abandoned.result) != 0 {
		t.Error("the abandoned one is told something")
	}
	if len(at.waiting) != 0 {
		t.Errorf("%d still wait", len(at.waiting))
	}
}
