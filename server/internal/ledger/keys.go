package ledger

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"flashsale/server/internal/decide"
	"flashsale/server/internal/recent"
)

// holdKeys tells which idempotency keys of holds need not be looked up. Nearly all are new, and a new one costs the
// database its look-up for nothing. So a key that this server has not seen is taken for new where that can do no
// harm: its hold is going to be granted, and the unique index refuses the insert of a key that is in use. Then the
// whole batch is rolled back and decided again, with every key looked up; as are all keys for a while after it,
// because where one came by another way, through another replica or from before a restart, others will.
type holdKeys struct {
	seed  maphash.Seed
	seen  recent.Map[uint64, struct{}] // by hash: one that is taken for another is looked up
	doubt atomic.Pointer[time.Time]    // until when all keys are looked up; nil: there was no collision
}

// doubtFor is how long after a collision all keys are looked up.
const doubtFor = 10 * time.Second

// collided notes that a key which was taken for new was not.
func (k *holdKeys) collided() {
	until := time.Now().Add(doubtFor)
	k.doubt.Store(&until)
}

// lookUp leaves those of the keys that must be looked up before the commands of a batch are decided. It must be asked
// about every batch, because it learns from it which keys are in use.
func (k *holdKeys) lookUp(keys []string, commands []decide.Command, p *decide.Product) []string {
	var seen []string
	for _, key := range keys {
		if k.seen.Put(maphash.String(k.seed, key), struct{}{}) {
			seen = append(seen, key)
		}
	}
	if until := k.doubt.Load(); until != nil && time.Now().Before(*until) || !allFit(commands, p) {
		return keys
	}
	return seen
}

// allFit tells whether the commands are holds alone, and there is enough for all of them: then each is granted,
// whatever the order. A refusal must never be decided before its key was looked up.
func allFit(commands []decide.Command, p *decide.Product) bool {
	if p == nil {
		return false
	}
	left := p.Available()
	for _, c := range commands {
		h, ok := c.(decide.CreateHold)
		if !ok {
			return false
		}
		if left -= h.Qty; left < 0 {
			return false
		}
	}
	return true
}
