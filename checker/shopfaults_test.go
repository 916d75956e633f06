package checker

import (
	"maps"
	"math"

	"flashsale/internal/evidence"
)

// What faults do to the shop, and to the record of it.

// stalled decides something at once that is only committed after meanwhile: the server stood still, with its
// transaction open and its locks held. The sweep waits for them; whoever reads sees the shop as it was.
func (s *shop) stalled(decide, meanwhile func()) {
	s.pass(1000)
	stopped := (s.now - epochUS) * 1000
	before := s.copied()
	s.frozen = true
	decide()
	s.frozen = false
	decided := s.copied()
	s.become(before)
	sweep := s.nextSweep
	s.nextSweep = math.MaxInt64
	meanwhile()
	s.become(decided)
	s.commit()
	s.nextSweep = max(sweep, s.now+1)
	s.pass(1)
	woke := (s.now - epochUS) * 1000
	s.run.Faults = append(s.run.Faults, evidence.Fault{Name: "server-pause", Victim: "server-0", Injected: stopped,
		Healed: woke, Recovered: woke, Bitten: true})
}

// copied is a shop with rows of its own, and nothing else.
func (s *shop) copied() *shop {
	other := &shop{products: copies(s.products), holds: copies(s.holds), orders: copies(s.orders), events: copies(s.events)}
	other.committed = make(images)
	for table, rows := range s.committed {
		other.committed[table] = maps.Clone(rows)
	}
	return other
}

// become takes over the rows of another shop.
func (s *shop) become(other *shop) {
	s.products, s.holds, s.orders, s.events = other.products, other.holds, other.orders, other.events
}

func copies[T any](rows []*T) []*T {
	list := make([]*T, len(rows))
	for i, row := range rows {
		one := *row
		list[i] = &one
	}
	return list
}

// crash takes the rows of the last commit away again, from the shop and from the log.
func (s *shop) crash(before *shop) {
	s.become(before)
	s.committed = before.committed
	s.commits = s.commits[:len(s.commits)-1]
}

// darken takes away the clock probes of some seconds, and has the one before them answered only when they are over.
func darken(ev *Evidence, from, seconds int64) {
	probes := ev.Run.Probes
	if from+seconds+1 >= int64(len(probes)) {
		return
	}
	held := probes[from]
	last := probes[from+seconds]
	held.After, held.Database = last.After, last.Database
	ev.Run.Probes = append(append(append([]evidence.ClockProbe{}, probes[:from]...), held), probes[from+seconds+1:]...)
}
