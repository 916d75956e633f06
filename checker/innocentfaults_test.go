package checker

import "flashsale/internal/evidence"

// Servers and databases that end without a word, and clients that ask again.
func innocentCrashes() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"a commit whose answer was lost is answered by a replay": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 2, "h1", answerLost)
			s.hold(1, 2, "h1", turnedAway)
			s.hold(1, 2, "h1", requestLost)
			s.hold(1, 2, "h1", answered) // expires_at is that of the first attempt
			s.order(1, "o1", answerLost)
			s.order(1, "o1", answered)
			return s.logged(s.rest())
		},
		"a hold whose answer comes when it has lapsed": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answerLost)
			s.pass(s.ttl + 10_000)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered) // refused: it has expired
			s.hold(1, 1, "h2", answered)
			return s.logged(s.rest())
		},
		"an order of a hold that nobody was told of": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answerLost)
			s.order(1, "o1", answered)
			s.webhook(1, "success", "e1", answered)
			return s.logged(s.rest())
		},
		"nobody was told that a payment was handled": func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", requestLost)
			s.webhook(1, "success", "e1", answerLost)
			s.webhook(1, "success", "e1", answerLost)
			s.webhook(1, "success", "e1", answered)
			s.webhook(1, "success", "e1", answered)
			return s.logged(s.rest())
		},
		"nobody is ever told of a payment": func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answerLost)
			s.readOrder(1)
			return s.logged(s.rest())
		},
		"a server dies in the middle of a sweep": func() *Evidence {
			s := newShop()
			s.product(1, 100, 3)
			for _, key := range []string{"h1", "h2", "h3"} {
				s.hold(1, 1, key, answered)
			}
			s.nextSweep = epochUS + 3*s.ttl // its successor sweeps the rest
			s.pass(s.ttl)
			s.meet(s.holds[0])
			s.commit()
			s.readProduct(1)
			s.hold(1, 3, "h4", answered)
			ev := s.logged(s.rest())
			ev.Run.Faults = []evidence.Fault{{Name: "sweep-kill", Injected: s.ttl * 1000, Healed: 3 * s.ttl * 1000,
				Recovered: 3*s.ttl*1000 + 1e9, Bitten: true}}
			return ev
		},
		"a refusal is overtaken by the attempt before it": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h2", answered)
			s.order(1, "o2", answered)
			s.hold(1, 1, "h1", answered) // refused
			s.webhook(1, "failure", "e2", answered)
			s.lead = 900_000 // called before the refusal, on its way for long
			s.hold(1, 1, "h1", answerLost)
			s.lead = 400
			return s.logged(s.rest())
		},
	}
}

// Transactions that are committed long after they were decided, by servers that stood still.
func innocentZombies() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"a zombie's hold": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.stalled(func() { s.hold(1, 1, "h1", answerLost) }, func() {
				s.hold(1, 1, "h1", requestLost)
				s.readProduct(1)
				s.pass(s.ttl / 2)
				s.hold(1, 1, "h1", turnedAway)
				s.readProduct(1)
			})
			s.hold(1, 1, "h1", answered)
			s.hold(1, 1, "h2", answered) // refused
			return s.logged(s.rest())
		},
		"a zombie's hold that has lapsed when it is granted": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.stalled(func() { s.hold(1, 1, "h1", answerLost) }, func() {
				s.pass(s.ttl + 10_000)
				s.readProduct(1)
			})
			s.hold(1, 1, "h2", answered)
			s.hold(1, 1, "h1", answered)
			return s.logged(s.rest())
		},
		"a zombie's order, of a hold that has lapsed meanwhile": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.stalled(func() { s.order(1, "o1", answerLost) }, func() {
				s.readHold(1)
				s.pass(s.ttl + 10_000)
				s.readHold(1).GotStatus = "expired" // shown so before it is marked
				s.readProduct(1)
			})
			s.order(1, "o1", answered)
			s.webhook(1, "success", "e1", answered)
			return s.logged(s.rest())
		},
		"a zombie's payment": func() *Evidence {
			s := oneOrder()
			s.stalled(func() { s.webhook(1, "success", "e1", answerLost) }, func() {
				s.webhook(1, "success", "e1", requestLost)
				s.readOrder(1)
				s.pass(s.ttl + 10_000)
				s.readProduct(1)
			})
			s.webhook(1, "success", "e1", answered)
			s.webhook(1, "failure", "e2", answered)
			return s.logged(s.rest())
		},
		"a payment is committed after the last read": func() *Evidence {
			s := oneOrder()
			s.stalled(func() { s.webhook(1, "success", "e1", answerLost) }, func() {
				s.pass(s.ttl + secondUS)
				s.readProduct(1).Phase = evidence.PhaseFinal
			})
			s.pass(s.ttl)
			return s.evidence()
		},
		"a payment is committed after the last read, and told of": func() *Evidence {
			s := oneOrder()
			s.stalled(func() { s.webhook(1, "success", "e1", answerLost) }, func() {
				s.pass(s.ttl + secondUS)
				s.readProduct(1).Phase = evidence.PhaseFinal
			})
			s.webhook(1, "success", "e1", answered)
			s.pass(s.ttl)
			return s.evidence()
		},
		"a cancellation is committed after the last read": func() *Evidence {
			s := oneOrder()
			s.stalled(func() { s.webhook(1, "failure", "e1", answerLost) }, func() {
				s.pass(s.ttl / 2)
				s.readProduct(1).Phase = evidence.PhaseFinal
			})
			s.pass(s.ttl)
			return s.evidence()
		},
	}
}

// Databases that are away for a while, with their clock.
func innocentDarkness() map[string]func() *Evidence {
	dark := func(from, seconds int64) func() *Evidence {
		return func() *Evidence {
			ev := day().rest()
			darken(ev, from, seconds)
			return ev
		}
	}
	return map[string]func() *Evidence{
		"no clock for three seconds":                                    dark(1, 3),
		"a clock that stood from the start":                             dark(0, 4),
		"signatures are measured by a clock that is not the provider's": func() *Evidence { return wrongClock(6 * 60 * secondUS) },
		"the sweep was as late as the recovery": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			ev := s.rest()
			late(ev, 20*secondUS)
			ev.Run.Faults = []evidence.Fault{{Name: "server-kill", Injected: 1e9, Healed: 2e9, Recovered: 21.5e9}}
			return ev
		},
		"one fault after the other": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			ev := s.rest()
			late(ev, 20*secondUS)
			for at := 1e9; at < 22e9; at += 2e9 {
				ev.Run.Faults = append(ev.Run.Faults, evidence.Fault{Name: "server-kill", Injected: int64(at),
					Healed: int64(at) + 5e8, Recovered: int64(at) + 9e8})
			}
			return ev
		},
	}
}
