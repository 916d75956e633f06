package measure

import (
	"hash/fnv"
	"math"

	"flashsale/internal/evidence"
)

// Deliveries tells how often payments were delivered and how often they took effect.
type Deliveries struct {
	ByRows bool        // effects are rows of the final tables; else answers that said "handled"
	Counts []Delivered // by deliveries, ascending; the last one stands for DeliveriesMax and more
}

// DeliveriesMax is the number of deliveries above which keys are counted together.
const DeliveriesMax = 10

// Delivered counts the keys that were delivered so many times, by the effects they had.
type Delivered struct {
	Deliveries      int
	None, One, More int64
}

// keyCounts holds, for every idempotency key that a payment was honestly delivered under, the deliveries and the
// effects. Keys are kept by their hash: two of a million keys meet with a chance of one in ten million.
type keyCounts map[uint64]keyCount

type keyCount struct{ delivered, handled, rows uint16 }

// deliver counts an attempt at a webhook.
func (k keyCounts) deliver(op *evidence.Operation) {
	if op.Kind != evidence.SendWebhook || op.Tamper != "" || op.Key == "" {
		return
	}
	hash := hashKey(op.Key)
	c := k[hash]
	c.delivered = more(c.delivered)
	if op.Outcome == evidence.OK && op.GotHandled {
		c.handled = more(c.handled)
	}
	k[hash] = c
}

// effect counts a row of a payment event. Rows of keys that were never delivered are not this plot's matter.
func (k keyCounts) effect(key string) {
	hash := hashKey(key)
	if c, ok := k[hash]; ok {
		c.rows = more(c.rows)
		k[hash] = c
	}
}

func (k keyCounts) stats(byRows bool) Deliveries {
	counts := make([]Delivered, DeliveriesMax)
	most := 0
	for _, c := range k {
		n := min(int(c.delivered), DeliveriesMax)
		most = max(most, n)
		effects := c.handled
		if byRows {
			effects = c.rows
		}
		switch d := &counts[n-1]; effects {
		case 0:
			d.None++
		case 1:
			d.One++
		default:
			d.More++
		}
	}
	for i := range counts {
		counts[i].Deliveries = i + 1
	}
	return Deliveries{ByRows: byRows, Counts: counts[:most]}
}

func hashKey(key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails, see package hash
	return h.Sum64()
}

// more counts on, and stops where the counter ends.
func more(n uint16) uint16 { return n + min(1, math.MaxUint16-n) }
