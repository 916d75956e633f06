package synth

import "flashsale/internal/evidence"

// How long a transaction takes from reading the clock, its locks granted, to being visible.
const commitMinUS, commitMaxUS = 1_500, 5_000

// lane is where commands for one product wait while its transaction is in flight.
type lane struct {
	waiting []*command
	busy    bool
}

// command is one write on its way: a client's, or the sweeper's.
type command struct {
	key      *keyed
	op       *evidence.Operation // filled in with the answer
	release  []*hold             // the sweeper's: op and key are nil
	answered func()              // called once the commit is visible
}

// enter queues a command for a product, and begins a transaction if none is in flight.
func (s *sale) enter(p *product, c *command) {
	p.lane.waiting = append(p.lane.waiting, c)
	if !p.lane.busy {
		s.begin(p)
	}
}

// begin takes what waits. Everything is decided at the time at which it begins, and seen when it ends.
func (s *sale) begin(p *product) {
	batch, decided := p.lane.waiting, s.clock()
	p.lane.waiting, p.lane.busy = nil, true
	s.in(s.between(commitMinUS, commitMaxUS), func() {
		s.transact(p, batch, decided)
		p.lane.busy = false
		if len(p.lane.waiting) > 0 {
			s.begin(p)
		}
	})
}

// transact decides a batch, holds last, so that stock that the others give back is on sale at once.
func (s *sale) transact(p *product, batch []*command, decided int64) {
	t := newTransaction(s, p, decided)
	isHold := func(c *command) bool { return c.op != nil && c.op.Kind == evidence.CreateHold }
	for _, holds := range []bool{false, true} {
		for _, c := range batch {
			if isHold(c) == holds {
				t.decide(c)
			}
		}
	}
	s.keep(t.commit())
	for _, c := range batch {
		c.answered()
	}
}
