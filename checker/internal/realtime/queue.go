package realtime

import (
	"cmp"
	"slices"

	"flashsale/checker/internal/history"
)

// queue is the operations of one kind, in the order of their returns.
type queue struct {
	order    []uint32 // record numbers by return; nil: the records stand in that order
	len, at  int
	returned func(i uint32) int64
	judge    func(i uint32)
}

// newQueue queues a list. A history is in the order of returns but for a few: between an answer and its record a
// client may be held up.
func newQueue[T any](list *history.List[T], of func(*T) *history.Attempt, judge func(*T)) *queue {
	q := &queue{
		len:      list.Len(),
		returned: func(i uint32) int64 { return of(list.At(i)).Return },
		judge:    func(i uint32) { judge(list.At(i)) },
	}
	latest := int64(0)
	for i := range uint32(q.len) {
		if q.returned(i) < latest {
			q.sort()
			break
		}
		latest = q.returned(i)
	}
	return q
}

func (q *queue) sort() {
	q.order = make([]uint32, q.len)
	for i := range q.order {
		q.order[i] = uint32(i)
	}
	slices.SortFunc(q.order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(q.returned(a), q.returned(b)), cmp.Compare(a, b))
	})
}

func (q *queue) head() uint32 {
	if q.order != nil {
		return q.order[q.at]
	}
	return uint32(q.at)
}

// merge judges what is in the queues in the order of returns.
func merge(queues ...*queue) {
	heads := make([]int64, 0, len(queues))
	queues = slices.DeleteFunc(queues, func(q *queue) bool { return q.len == 0 })
	for _, q := range queues {
		heads = append(heads, q.returned(q.head()))
	}
	for len(queues) > 0 {
		first := 0
		for i, head := range heads {
			if head < heads[first] {
				first = i
			}
		}
		q := queues[first]
		q.judge(q.head())
		if q.at++; q.at < q.len {
			heads[first] = q.returned(q.head())
			continue
		}
		queues = slices.Delete(queues, first, first+1)
		heads = slices.Delete(heads, first, first+1)
	}
}

func ofProductRead(c *history.ProductRead) *history.Attempt { return &c.Attempt }
func ofHoldRead(c *history.HoldRead) *history.Attempt       { return &c.Attempt }
func ofOrderRead(c *history.OrderRead) *history.Attempt     { return &c.Attempt }
func ofHold(c *history.HoldCall) *history.Attempt           { return &c.Attempt }
func ofOrder(c *history.OrderCall) *history.Attempt         { return &c.Attempt }
func ofWebhook(c *history.WebhookCall) *history.Attempt     { return &c.Attempt }
