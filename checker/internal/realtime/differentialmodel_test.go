package realtime

import (
	"maps"
	"math"
	"slices"

	"github.com/anishathalye/porcupine"

	"flashsale/internal/evidence"
)

// The same question put to porcupine. The state is how many commits there were; a write takes it from its own
// position less one to its position, which is all that the log leaves open; an answer leaves it as it is, and asks
// the worlds, as they were after each commit, whether they would have given it.

// move is an operation of the model: a commit, or an answer that may be given in some states.
type move struct {
	commit int
	true   []bool // by state; for an answer
}

// linearizable asks porcupine. A commit may take effect at any time after its earliest call.
func (r *record) linearizable(worlds []*world) bool {
	calls := r.earliestCalls()
	ops := []porcupine.Operation{}
	for i, call := range calls {
		ops = append(ops, porcupine.Operation{ClientId: i, Input: move{commit: i + 1}, Call: call, Return: math.MaxInt64})
	}
	for i := range r.ops {
		op := &r.ops[i]
		for _, possible := range r.truths(op, worlds, calls) {
			ops = append(ops, porcupine.Operation{ClientId: len(ops), Input: move{true: possible},
				Call: op.Call, Return: op.Return})
		}
	}
	model := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, _ any) (bool, any) {
			n, s := state.(int), input.(move)
			if s.true != nil {
				return s.true[n], n
			}
			return s.commit == n+1, n + 1
		},
	}
	return porcupine.CheckOperations(model, ops)
}

// earliestCalls tells for every commit when its request was called first; 0 where no request made it.
func (r *record) earliestCalls() []int64 {
	calls := make([]int64, len(r.drafts))
	for i, d := range r.drafts {
		for _, row := range r.inserted(i, d) {
			first := int64(math.MaxInt64)
			for _, op := range r.ops {
				if op.Key == row.key && op.Kind == row.kind {
					first = min(first, op.Call)
				}
			}
			calls[i] = max(calls[i], first)
		}
	}
	return calls
}

type origin struct{ key, kind string }

// inserted lists what a commit inserted.
func (r *record) inserted(i int, d draft) (list []origin) {
	for _, kind := range []string{evidence.CreateHold, evidence.CreateOrder, evidence.SendWebhook} {
		for _, row := range d.rows(kind) {
			if !slices.ContainsFunc(r.drafts[:i], func(b draft) bool { return has(b.rows(kind), row.ID) }) {
				list = append(list, origin{row.Key, kind})
			}
		}
	}
	return list
}

// rows are those of the table that a kind of request inserts into.
func (d draft) rows(kind string) []evidence.Image {
	switch kind {
	case evidence.CreateHold:
		return d.holds
	case evidence.CreateOrder:
		return d.orders
	default:
		return d.events
	}
}

func has(rows []evidence.Image, id int64) bool {
	return slices.ContainsFunc(rows, func(row evidence.Image) bool { return row.ID == id })
}

// truths tells of each thing that an answer says whether it was true, for every number of commits.
func (r *record) truths(op *evidence.Operation, worlds []*world, calls []int64) [][]bool {
	switch {
	case op.Outcome == evidence.Unknown:
		return nil
	case op.Problem == "hold-already-used": // it names an order, which is there
		return [][]bool{r.truth(op, worlds, calls), r.named(op, worlds)}
	case op.Outcome == evidence.Refused || !writes(op.Kind):
		return [][]bool{r.truth(op, worlds, calls)}
	case op.Kind == evidence.SendWebhook:
		return [][]bool{r.there(op, worlds), r.status(op, worlds, calls)}
	default:
		return [][]bool{r.there(op, worlds)}
	}
}

// seen cuts off the commits that were decided after an answer: nobody saw them before.
func (r *record) seen(op *evidence.Operation, worlds []*world) []*world {
	n := slices.IndexFunc(worlds, func(w *world) bool { return w.newest > startUS+op.Return/1000+r.slack })
	if n < 0 {
		return worlds
	}
	return worlds[:n]
}

// truth is that of a read or a refusal: some world gives that answer, or a refusal was decided inside the commit
// between two.
func (r *record) truth(op *evidence.Operation, worlds []*world, calls []int64) []bool {
	from, to := startUS+op.Call/1000-r.slack, startUS+op.Return/1000+r.slack
	possible := make([]bool, len(worlds))
	visible := r.seen(op, worlds)
	for p, w := range visible {
		inside := op.Outcome == evidence.Refused && p+1 < len(visible) && r.begun(p+1, op, calls)
		possible[p] = w.answers(op, from) || w.answers(op, to) || inside && within(w, visible[p+1], op)
	}
	return possible
}

func (r *record) named(op *evidence.Operation, worlds []*world) []bool {
	possible := make([]bool, len(worlds))
	for p, w := range r.seen(op, worlds) {
		possible[p] = has(slices.Collect(maps.Values(w.orders)), op.GotOrderID)
	}
	return possible
}

// there: an acknowledged write's row is there.
func (r *record) there(op *evidence.Operation, worlds []*world) []bool {
	possible := make([]bool, len(worlds))
	for p, w := range r.seen(op, worlds) {
		rows := map[string]map[int64]evidence.Image{
			evidence.CreateHold: w.holds, evidence.CreateOrder: w.orders, evidence.SendWebhook: w.events,
		}
		_, possible[p] = keyed(rows[op.Kind], op.Key)
	}
	return possible
}

// status: the order had the status that a webhook's answer tells, with the event there or just being stored.
func (r *record) status(op *evidence.Operation, worlds []*world, calls []int64) []bool {
	possible := make([]bool, len(worlds))
	visible := r.seen(op, worlds)
	for p, w := range visible {
		status := w.orders[op.OrderID].Status
		_, stored := keyed(w.events, op.Key)
		possible[p] = stored && status == op.GotStatus
		if p+1 < len(visible) && r.begun(p+1, op, calls) {
			_, stored = keyed(visible[p+1].events, op.Key)
			next := visible[p+1].orders[op.OrderID].Status
			possible[p] = possible[p] || stored && passes(orderPath, status, next, op.GotStatus)
		}
	}
	return possible
}

// begun tells whether all commits up to a position were called before an answer returned.
func (r *record) begun(position int, op *evidence.Operation, calls []int64) bool {
	return !slices.ContainsFunc(calls[:position], func(call int64) bool { return call > op.Return })
}

func writes(kind string) bool {
	return kind == evidence.CreateHold || kind == evidence.CreateOrder || kind == evidence.SendWebhook
}
