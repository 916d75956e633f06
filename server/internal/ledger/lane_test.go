package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"flashsale/server/internal/decide"
)

// A batch is bounded in each of its measures, and takes one command at least.
func TestBatchesAreBounded(t *testing.T) {
	hold := func(qty int64) decide.Command { return decide.CreateHold{Qty: qty} }
	payload := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		command decide.Command
		want    int
	}{
		"commands": {hold(1), batchCommandsMax},
		"units":    {hold(1000), batchUnitsMax / 1000},
		"huge":     {hold(batchUnitsMax + 1), 1},
		"bytes":    {decide.ApplyPayment{RawPayload: payload}, batchBytesMax / (64 << 10)},
	} {
		l := New(Config{ConcurrentMax: 1})
		at := &lane{}
		for range 2*batchCommandsMax + 1 {
			at.waiting = append(at.waiting, newTicket(c.command, time.Now().Add(time.Hour)))
		}
		l.lanes[1] = at
		all := len(at.waiting)
		batch, more := l.take(1)
		if len(batch) != c.want || !more || len(at.waiting) != all-c.want {
			t.Errorf("%s: %d in the batch and %d left, want %d", name, len(batch), len(at.waiting), c.want)
		}
	}
}

// Tickets that nobody waits for any more, or that are late, take no place in a batch.
func TestLateAndAbandonedTicketsAreLeftOut(t *testing.T) {
	l := New(Config{ConcurrentMax: 1})
	abandoned := newTicket(decide.CreateHold{Qty: 1}, time.Now().Add(time.Hour))
	abandoned.claim()
	late := newTicket(decide.CreateHold{Qty: 1}, time.Now().Add(-time.Second))
	fine := newTicket(decide.CreateHold{Qty: 1}, time.Now().Add(time.Hour))
	l.lanes[1] = &lane{waiting: []*ticket{abandoned, late, fine}}
	batch, _ := l.take(1)
	if len(batch) != 1 || batch[0] != fine {
		t.Errorf("%d in the batch", len(batch))
	}
	if r := <-late.result; !errors.Is(r.err, ErrOverloaded) {
		t.Errorf("the late one is told %v", r.err)
	}
	if len(abandoned.result) != 0 {
		t.Error("the abandoned one is told something")
	}
	if _, more := l.take(1); more || len(l.lanes) != 0 {
		t.Error("an empty lane stays")
	}
}
