package checker

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

// origin says which requests can have made a row.
type origin int

const (
	fromNowhere origin = iota // no request that was sent, or one that has its row already
	fromAnswer                // a request that was answered 2xx
	fromSilence               // an attempt without an answer, which may have had its effect
	fromRefusal               // only attempts that were refused
	fromForgery               // only webhooks that should have been rejected
)

// origins tells for every row that the run made where it comes from, and by which attempts.
type origins struct {
	holds, orders, events []sourced
}

// sourced is a row and what it is charged to.
type sourced struct {
	Row
	from     origin
	attempts []*evidence.Operation // a few of those that fit
}

// trace is a row on its way to being sourced.
type trace struct {
	row   Row
	kind  evidence.Kind
	id    int64
	key   string
	keyed bool  // the table keeps keys
	at    int64 // when the row was decided; 0: not known
	asks  content
}

// content is what a row has in common with the attempts that can have made it.
type content struct {
	a, b    int64
	payment string
}

func contentOf(op *evidence.Operation) content {
	switch op.Kind {
	case evidence.CreateHold:
		return content{a: op.ProductID, b: op.Qty}
	case evidence.CreateOrder:
		return content{a: op.HoldID}
	default:
		return content{a: op.OrderID, payment: op.Payment}
	}
}

// findOrigins charges every new row to a request, best evidence first. An answer names the id of its hold
// or order. A key names the request, which then is entitled to one row, if an attempt with the row's own
// content was answered (webhooks: their answers name no id) or stayed without an answer. What is left has
// no key: it may come from any attempt without a key and without an answer that asked for it before it was
// made, one row each. Only then refusals are suspected. So a row is called guilty only where no assignment
// of rows to attempts explains it.
func findOrigins(ix *index) origins {
	named := ix.namedIDs()
	return origins{
		holds:  ix.source(named, ix.holdTraces()),
		orders: ix.source(named, ix.orderTraces()),
		events: ix.source(named, ix.eventTraces()),
	}
}

type namedID struct {
	kind evidence.Kind
	id   int64
}

// namedIDs finds the answer that names each hold and order.
func (ix *index) namedIDs() map[namedID]*evidence.Operation {
	named := make(map[namedID]*evidence.Operation)
	ix.acknowledgedOf(evidence.CreateHold, func(op *evidence.Operation) {
		named[namedID{op.Kind, op.GotHoldID}] = op
	})
	ix.acknowledgedOf(evidence.CreateOrder, func(op *evidence.Operation) {
		named[namedID{op.Kind, op.GotOrderID}] = op
	})
	return named
}

func (ix *index) holdTraces() (traces []trace) {
	for i := range ix.final.Holds {
		if h := &ix.final.Holds[i]; !ix.old.holds[h.ID] {
			traces = append(traces, trace{
				row: Row{Hold: h}, kind: evidence.CreateHold, id: h.ID, key: h.Key,
				keyed: ix.has("holds.idempotency_key"), at: ix.decided(h.CreatedAt),
				asks: content{a: h.ProductID, b: h.Qty},
			})
		}
	}
	return traces
}

func (ix *index) orderTraces() (traces []trace) {
	for i := range ix.final.Orders {
		if o := &ix.final.Orders[i]; !ix.old.orders[o.ID] {
			traces = append(traces, trace{
				row: Row{Order: o}, kind: evidence.CreateOrder, id: o.ID, key: o.Key,
				keyed: ix.has("orders.idempotency_key"), at: ix.decided(o.CreatedAt),
				asks: content{a: o.HoldID},
			})
		}
	}
	return traces
}

func (ix *index) eventTraces() (traces []trace) {
	for i := range ix.final.Events {
		if e := &ix.final.Events[i]; !ix.old.events[e.ID] {
			traces = append(traces, trace{
				row: Row{Event: e}, kind: evidence.SendWebhook, id: e.ID, key: e.Key,
				keyed: true, at: ix.decided(e.CreatedAt),
				asks: content{a: e.OrderID, payment: e.Payment},
			})
		}
	}
	return traces
}

// decided is a row's time if it can be compared with others, else 0.
func (ix *index) decided(at int64) int64 {
	if !ix.timed {
		return 0
	}
	return at
}

// source charges the rows of one table.
func (ix *index) source(named map[namedID]*evidence.Operation, traces []trace) []sourced {
	rows := make([]sourced, 0, len(traces))
	served := make(map[identity]bool) // requests that have their row
	settled := make(map[twin]bool)    // rows that have their request
	var later, keyless []trace
	for _, t := range traces {
		if op := named[namedID{t.kind, t.id}]; op != nil {
			rows = append(rows, sourced{t.row, fromAnswer, []*evidence.Operation{op}})
			served[identityOf(op)] = true
			settled[t.twin()] = true
			continue
		}
		later = append(later, t)
	}
	for _, t := range later {
		if t.key == "" {
			keyless = append(keyless, t)
			continue
		}
		s := ix.sourceByKey(t, served)
		rows = append(rows, s)
		settled[t.twin()] = settled[t.twin()] || s.from == fromAnswer || s.from == fromSilence
	}
	return append(rows, ix.sourceByContent(keyless, settled)...)
}

// twin is what two rows share that one request wrote in one transaction.
type twin struct {
	asks content
	at   int64
}

func (t trace) twin() twin { return twin{t.asks, t.at} }

// sourceByKey charges a row to the request that bears its key.
func (ix *index) sourceByKey(t trace, served map[identity]bool) sourced {
	id := identity{kind: t.kind, key: t.key}
	var answered, silent, refused, forged []*evidence.Operation
	for _, op := range ix.requests.of(id) {
		switch {
		case contentOf(op) != t.asks:
		case !honest(op):
			forged = append(forged, op)
		case op.Outcome == evidence.OK:
			answered = append(answered, op)
		case op.Outcome == evidence.Unknown:
			silent = append(silent, op)
		default:
			refused = append(refused, op)
		}
	}
	named := t.kind != evidence.SendWebhook // an answer names the row, so it is not this one
	switch {
	case !served[id] && len(silent) > 0:
		served[id] = true
		return sourced{t.row, fromSilence, silent}
	case !served[id] && len(answered) > 0 && !named:
		served[id] = true
		return sourced{t.row, fromAnswer, answered}
	case len(silent)+len(answered) > 0:
		return sourced{t.row, fromNowhere, append(answered, silent...)}
	case len(refused) > 0:
		return sourced{t.row, fromRefusal, refused}
	case len(forged) > 0:
		return sourced{t.row, fromForgery, forged}
	default:
		return sourced{t.row, fromNowhere, nil}
	}
}

// sourceByContent charges rows without a key. Any attempt may have made one that was decided after its call,
// so going through rows and attempts in order of time finds the largest assignment there is.
func (ix *index) sourceByContent(traces []trace, settled map[twin]bool) []sourced {
	if len(traces) == 0 {
		return nil
	}
	slices.SortStableFunc(traces, func(a, b trace) int { return cmp.Compare(a.at, b.at) })
	silent, refused := ix.suspects(traces[0])
	rows := make([]sourced, 0, len(traces))
	for _, t := range traces {
		if op := ix.take(silent, t, false); op != nil {
			rows = append(rows, sourced{t.row, fromSilence, []*evidence.Operation{op}})
			continue
		}
		s := sourced{t.row, fromNowhere, nil}
		if t.at == 0 || !settled[t.twin()] {
			if op := ix.take(refused, t, true); op != nil {
				s = sourced{t.row, fromRefusal, []*evidence.Operation{op}}
			}
		}
		rows = append(rows, s)
	}
	return rows
}

// attemptsFor holds attempts by what they asked for.
type attemptsFor map[content][]*evidence.Operation

// suspects collects the attempts that can have made a row without a key. Those without an answer are an
// excuse, so they must be such that an honest server leaves no key: sent without one, or to a table that
// keeps none. Refused ones are an accusation, and the row is guilty in any case.
func (ix *index) suspects(like trace) (silent, refused attemptsFor) {
	silent, refused = make(attemptsFor), make(attemptsFor)
	for i := range ix.Operations {
		op := &ix.Operations[i]
		if op.Kind != like.kind || !honest(op) {
			continue
		}
		switch asks := contentOf(op); {
		case op.Outcome == evidence.Unknown && (!like.keyed || op.Key == ""):
			silent[asks] = append(silent[asks], op)
		case op.Outcome == evidence.Refused:
			refused[asks] = append(refused[asks], op)
		}
	}
	return silent, refused
}

// take uses up the first attempt that can have made the row. A refused one must have been under way when the
// row was decided; one without an answer may have had its effect at any time after its call.
func (ix *index) take(from attemptsFor, t trace, underway bool) *evidence.Operation {
	for i, op := range from[t.asks] {
		late := underway && t.at > ix.clock.atMost(op.Return)
		if t.at != 0 && (t.at < ix.clock.atLeast(op.Call) || late) {
			continue
		}
		from[t.asks] = slices.Delete(from[t.asks], i, i+1)
		return op
	}
	return nil
}
