package history

import (
	"errors"
	"fmt"
	"math"

	"flashsale/internal/evidence"
)

// blockLen is how many operations are taken in at a time: so few that they stay in the processor's cache.
const blockLen = 256

// waiting are the keys of one endpoint's operations in a block: their texts, and then their numbers.
type waiting struct {
	texts []string
	ids   []KeyID
	taken int // of the ids
}

// number gives numbers to the keys of a block of operations.
func (h *History) number(block []evidence.Operation) error {
	for _, w := range []*waiting{&h.holdKeys, &h.orderKeys, &h.eventKeys} {
		w.texts = w.texts[:0]
	}
	for i := range block {
		op := &block[i]
		if err := identifiable(op); err != nil {
			return fmt.Errorf("operation %d: %w", op.ID, err)
		}
		switch op.Kind {
		case evidence.CreateHold:
			h.holdKeys.texts = append(h.holdKeys.texts, op.Key)
		case evidence.CreateOrder:
			h.orderKeys.texts = append(h.orderKeys.texts, op.Key)
		case evidence.SendWebhook:
			h.eventKeys.texts = append(h.eventKeys.texts, op.Key)
		}
	}
	return errors.Join(h.holdKeys.number(&h.HoldKeys), h.orderKeys.number(&h.OrderKeys), h.eventKeys.number(&h.EventKeys))
}

// identifiable tells whether an operation can be told apart from others by what is kept of it.
func identifiable(op *evidence.Operation) error {
	if op.ID < 0 || op.ID > math.MaxUint32 || op.Request < 0 || op.Request > math.MaxUint32 {
		return fmt.Errorf("its id, or that of its request %d, is out of range", op.Request)
	}
	return tellable(op.Key)
}

func (w *waiting) number(keys *Keys) (err error) {
	w.ids, err = keys.InternAll(w.ids[:0], w.texts)
	w.taken = 0
	return err
}

// take returns the number of the next key.
func (w *waiting) take() KeyID {
	w.taken++
	return w.ids[w.taken-1]
}
