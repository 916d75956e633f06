package checker

import (
	"time"

	"flashsale/internal/evidence"
)

// Promises that only a fault brings to light.
func guiltyCrashes() []guilty {
	return []guilty{
		{"an acknowledged hold is lost in a crash", "acknowledged-survives", "hold that was answered 2xx is not", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			before := s.copied()
			s.hold(1, 1, "h1", answered)
			s.crash(before)
			s.hold(1, 9, "h2", answered) // refused
			return s.logged(s.rest())
		}},
		{"a crash gives an acknowledged id away", "acknowledged-survives", "two requests", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			before := s.copied()
			s.hold(1, 1, "h1", answered)
			s.crash(before)
			s.hold(1, 1, "h2", answered)
			return s.logged(s.rest())
		}},
		{"an answer before its commit, which a crash takes", "payments-settle", "acknowledged and forgotten", func() *Evidence {
			s := oneOrder()
			before := s.copied()
			s.webhook(1, "success", "e1", answered)
			s.crash(before)
			return s.logged(s.rest())
		}},
		{"a read of what a crash takes", "reads-true", "showed stock", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			before := s.copied()
			s.hold(1, 2, "h1", answerLost)
			s.readProduct(1)
			s.crash(before)
			return s.logged(s.rest())
		}},
		{"the retry of a commit without an answer pays again", "event-applied-once", "event was stored more than once", func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answerLost)
			s.events[0].Key = "e0" // the shop has forgotten it
			s.webhook(1, "success", "e1", answered)
			s.events[0].Key = "e1"
			return s.rest()
		}},
		{"the retry of a zombie's hold takes another", "event-applied-once", "more than one hold", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.stalled(func() { s.hold(1, 1, "h1", answerLost) }, func() { s.hold(1, 1, "h1", requestLost) })
			s.holds[0].Key = "h0"
			s.hold(1, 1, "h1", answered)
			s.holds[0].Key = "h1"
			return s.rest()
		}},
		{"a request that was turned away leaves a trace", "refusal-leaves-no-trace", "refused hold left", func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			refuse(forgotten(s.hold(1, 1, "h1", answered)), 503, "overloaded")
			return s.rest()
		}},
		{"an honest webhook turned away by a server whose clock is wrong", "refusals-true", "turned away as forged", func() *Evidence {
			return wrongClock(0)
		}},
		{"overdue when the fault came", "expiry-honoured", "swept too late", func() *Evidence {
			return sweptLate(5*secondUS, evidence.Fault{Injected: 6.8e9, Healed: 7e9, Recovered: 7.5e9})
		}},
		{"a database that was away later is no excuse", "expiry-honoured", "swept too late", func() *Evidence {
			return sweptLate(3*secondUS, evidence.Fault{Injected: 12e9, Healed: 18e9, Recovered: 18.5e9})
		}},
	}
}

// sweptLate is a shop whose only hold lapses two seconds into the run and is swept so much later, while a fault
// silences the database and its clock.
func sweptLate(us int64, f evidence.Fault) *Evidence {
	s := newShop()
	s.product(1, 100, 5)
	s.hold(1, 1, "h1", answered)
	s.pass(20 * secondUS)
	ev := s.rest()
	late(ev, us)
	f.Name, f.Victim, f.Bitten = "database-pause", "database", true
	ev.Run.Faults = []evidence.Fault{f}
	darken(ev, f.Injected/1e9, (f.Recovered-f.Injected)/1e9)
	return ev
}

// wrongClock is a shop that measured an honest signature by a wrong clock; the database's own is off by so much.
func wrongClock(us int64) *Evidence {
	s := oneOrder()
	s.pass(2 * secondUS)
	refuse(s.webhook(1, "success", "e1", requestLost), 401, "invalid-signature")
	ev := s.logged(s.rest())
	ev.Run.StartedAt = time.UnixMicro(epochUS + us)
	return ev
}
