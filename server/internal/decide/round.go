package decide

import (
	"slices"

	"flashsale/internal/api"
)

// Round decides the commands of one transaction.
type Round struct {
	state    *State
	commands []Command
	order    []int // positions in commands, in the order of decision
	next     int   // position in order
	before   Product
	answers  []Answer
	changes  Changes
}

// NewRound prepares a round over a state. Holds are decided last, so that stock which payments, orders
// and sweeps of the same round give back is on sale at once; otherwise the order of arrival stands. All
// commands of a round are concurrent (none was answered before another was called), so any order is just.
func NewRound(state *State, commands []Command) *Round {
	r := &Round{state: state, commands: commands,
		answers: make([]Answer, len(commands)), order: make([]int, 0, len(commands))}
	if state.Product != nil {
		r.before = *state.Product
	}
	for i, c := range commands {
		if _, hold := c.(CreateHold); !hold {
			r.order = append(r.order, i)
		}
	}
	for i, c := range commands {
		if _, hold := c.(CreateHold); hold {
			r.order = append(r.order, i)
		}
	}
	return r
}

// Run decides until all commands are decided (true), or until one of them needs stock that only lapsed
// holds not yet loaded could give (false): then AddLapsed, and Run again. Deciding a command and then
// asking for more would decide it twice, so a command asks before it changes anything of its own.
func (r *Round) Run() bool {
	for ; r.next < len(r.order); r.next++ {
		i := r.order[r.next]
		answer, decided := r.decide(r.commands[i])
		if !decided {
			return false
		}
		r.answers[i] = answer
	}
	return true
}

// AddLapsed hands over the next lapsed holds of the product, oldest first. last says there are no more.
func (r *Round) AddLapsed(holds []*Hold, last bool) {
	for _, h := range holds {
		// A hold that a command names is already in the state, perhaps already changed: there is one
		// truth per row.
		if known, ok := r.state.Holds[h.ID]; ok {
			h = known
		} else {
			r.state.Holds[h.ID] = h
		}
		r.state.Lapsed = append(r.state.Lapsed, h)
	}
	r.state.LapsedKnown = last
}

// Answers returns one answer a command, in the commands' order, after Run has returned true.
func (r *Round) Answers() []Answer { return r.answers }

// Changes returns what to write, after Run has returned true. Ids are sorted, so that the same round
// writes the same statements.
func (r *Round) Changes() *Changes {
	if p := r.state.Product; p != nil && (r.state.Rewrite || *p != r.before) {
		r.changes.Product = p
	}
	for _, h := range r.state.Holds {
		if h.Changed {
			r.changes.HoldStatus = appendID(r.changes.HoldStatus, h.Status, h.ID)
		}
	}
	for _, o := range r.state.Orders {
		if o.Changed && o.New == 0 {
			r.changes.OrderStatus = appendID(r.changes.OrderStatus, o.Status, o.ID)
		}
	}
	for _, ids := range r.changes.HoldStatus {
		slices.Sort(ids)
	}
	for _, ids := range r.changes.OrderStatus {
		slices.Sort(ids)
	}
	return &r.changes
}

func appendID(m map[string][]int64, status string, id int64) map[string][]int64 {
	if m == nil {
		m = make(map[string][]int64, 2)
	}
	m[status] = append(m[status], id)
	return m
}

func (r *Round) decide(c Command) (Answer, bool) {
	switch c := c.(type) {
	case CreateHold:
		return r.hold(c)
	case CreateOrder:
		return r.createOrder(c), true
	case ApplyPayment:
		return r.payment(c)
	case Release:
		return r.release(c), true
	}
	return Answer{Refusal: api.ProblemInternal}, true
}

// meet releases a hold that has lapsed, whoever comes across it.
func (r *Round) meet(h *Hold) {
	if h.Status != api.HoldActive && h.Status != api.HoldUsed {
		return
	}
	if h.ExpiresAt.After(r.state.Now) {
		return
	}
	h.Status, h.Changed = api.HoldExpired, true
	r.state.Product.Held -= h.Qty
}

// makeRoom releases lapsed holds, oldest first, until qty units are available. enough is the result;
// known is false when lapsed holds that are not loaded yet might still give them.
func (r *Round) makeRoom(qty int64) (enough, known bool) {
	s := r.state
	for s.Product.Available() < qty && len(s.Lapsed) > 0 {
		r.meet(s.Lapsed[0])
		s.Lapsed = s.Lapsed[1:]
	}
	enough = s.Product.Available() >= qty
	return enough, enough || s.LapsedKnown
}

func (r *Round) release(c Release) Answer {
	for _, id := range c.HoldIDs {
		if h, ok := r.state.Holds[id]; ok {
			r.meet(h)
		}
	}
	return Answer{}
}
