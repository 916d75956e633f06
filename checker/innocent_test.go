package checker

import (
	"maps"
	"testing"

	"flashsale/internal/evidence"
)

// Histories in which nothing went wrong, though much looks like it. No check may accuse any of them.
func TestInnocentHistories(t *testing.T) {
	for name, build := range innocents() {
		t.Run(name, func(t *testing.T) {
			v := Judge(build())
			for _, r := range v.Checks {
				if r.Verdict == Fail {
					t.Errorf("%s accuses: %+v", r.Name, r.Violations)
				}
			}
		})
	}
}

// An ordinary day exercises every check, and every one of them is decided.
func TestAnOrdinaryDayPasses(t *testing.T) {
	v := Judge(day().rest())
	for _, r := range v.Checks {
		if r.Verdict != Pass && r.Reason != "this run has no commit log" {
			t.Errorf("%s: %s, exercised %d, %s %+v", r.Name, r.Verdict, r.Exercised, r.Reason, r.Violations)
		}
	}
	if v.ExitCode != ExitHeld {
		t.Errorf("exit code %d, %v", v.ExitCode, v.Reasons)
	}
}

func innocents() map[string]func() *Evidence {
	all := make(map[string]func() *Evidence)
	for _, some := range []map[string]func() *Evidence{
		innocentLosses(), innocentPayments(), innocentStock(), innocentBatches(), innocentRecords(), innocentClocks(),
		innocentLateness(), innocentCrashes(), innocentZombies(), innocentDarkness(),
	} {
		maps.Copy(all, some)
	}
	return all
}

// Answers and requests that got lost, were repeated or overtaken.
func innocentLosses() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"the webhook's first answer was lost": func() *Evidence {
			s := oneOrder()
			s.webhook(1, "success", "e1", answerLost)
			s.webhook(1, "success", "e1", answered)
			return s.rest()
		},
		"the first answer was lost and overtaken by the second": func() *Evidence {
			s := oneOrder()
			s.linger = 500_000
			s.webhook(1, "success", "e1", answerLost)
			s.linger = 400
			s.webhook(1, "success", "e1", answered)
			return s.rest()
		},
		"a repeated answer returns before the first": func() *Evidence {
			s := oneOrder()
			s.linger = 500_000
			s.webhook(1, "success", "e1", answered)
			s.linger = 400
			s.webhook(1, "success", "e1", answered)
			return s.rest()
		},
		"a lost request is retried and refused": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", requestLost)
			s.hold(1, 1, "h2", answered)
			s.hold(1, 1, "h1", answered)
			return s.rest()
		},
		"a slow attempt takes effect after its retry was refused": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h2", answered)
			s.hold(1, 1, "h1", answered) // refused
			s.pass(3 * secondUS)
			s.lead = 3_100_000 // called before the refusal
			s.hold(1, 1, "h1", answerLost)
			s.lead = 400
			return s.rest()
		},
	}
}

// Payments that come early, late, twice, or under a key that was refused before.
func innocentPayments() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"an unknown order is paid once it exists": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.webhook(1, "success", "e1", answered) // 404
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.webhook(1, "success", "e1", answered)
			return s.rest()
		},
		"a key refused with one body is accepted with another": func() *Evidence {
			s := oneOrder()
			s.webhook(7, "success", "e1", answered) // 404
			s.webhook(1, "success", "e1", answered)
			s.webhook(1, "failure", "e1", answered) // 422
			return s.rest()
		},
		"a canceled order is paid late from returned stock": func() *Evidence {
			s := oneOrder()
			s.webhook(1, "failure", "e1", answered)
			s.hold(1, 4, "h2", answered) // the canceled unit is sold again, one is left
			s.webhook(1, "success", "e2", answered)
			return s.rest()
		},
	}
}

// Stock that returns and is sold again.
func innocentStock() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"canceled stock is sold before its hold would have lapsed": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.webhook(1, "failure", "e1", answered)
			s.hold(1, 1, "h2", answered)
			s.order(2, "o2", answered)
			s.webhook(1, "success", "e2", answered) // refund due
			s.webhook(2, "failure", "e3", answered)
			s.webhook(1, "success", "e4", answered) // a second charge finds the stock free
			return s.rest()
		},
		"lapsed stock is taken at the very microsecond": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.pass(s.ttl - 1000)
			s.hold(1, 1, "h2", answered)
			return s.rest()
		},
		"a late payment finds the stock gone": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.pass(s.ttl)
			s.hold(1, 1, "h2", answered)
			s.webhook(1, "success", "e1", answered)
			s.webhook(1, "success", "e1", answered)
			return s.rest()
		},
		"a refund leaves the lapsed hold to the sweep": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.pass(s.ttl)
			s.hold(1, 1, "h2", answered)
			s.webhook(1, "success", "e1", answered)
			ev := s.evidence()
			ev.Final.Holds[0].Status, ev.Final.Holds[0].UpdatedAt = "used", ev.Final.Orders[0].CreatedAt
			ev.Final.Products[0].StockHeld++
			return ev
		},
	}
}

// Things that happen at the same time.
func innocentBatches() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"one batch takes conflicting events sorted by key": func() *Evidence {
			s := oneOrder()
			s.batch(func() {
				s.webhook(1, "success", "z", answered)
				s.webhook(1, "success", "y", answered)
				s.webhook(1, "failure", "x", answered)
				s.webhook(1, "failure", "a", answered)
			})
			return s.rest()
		},
		"one batch cancels and pays": func() *Evidence {
			s := oneOrder()
			s.batch(func() {
				s.webhook(1, "failure", "z", answered)
				s.webhook(1, "failure", "b", answered)
				s.webhook(1, "success", "a", answered)
			})
			return s.rest()
		},
		"one batch frees stock and grants it": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.batch(func() {
				s.webhook(1, "failure", "e1", answered)
				s.hold(1, 1, "h2", answered)
			})
			return s.rest()
		},
		"a status is read while it changes": func() *Evidence {
			s := oneOrder()
			s.linger = 300_000
			s.webhook(1, "success", "e1", answered)
			s.linger = 400
			s.lead = 5000
			s.readOrder(1).GotStatus = "pending" // its snapshot is older than the payment, its call is as well
			return s.rest()
		},
		"the server was overloaded by a forger": func() *Evidence {
			s := oneOrder()
			refuse(s.tampered(1, "success", "e1", evidence.Forged), 503, "overloaded")
			lose(s.tampered(1, "success", "e1", evidence.Stale))
			s.webhook(1, "success", "e1", answered)
			return s.rest()
		},
	}
}

// Records that are not what they could be.
func innocentRecords() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"requests without keys lose their answers": func() *Evidence {
			s := newShop()
			s.product(1, 100, 9)
			s.hold(1, 1, "", answerLost)
			s.hold(1, 1, "", requestLost)
			s.hold(1, 1, "", answerLost)
			s.hold(1, 2, "", answered)
			s.order(1, "", answerLost)
			return s.rest()
		},
		"a stranger keeps no keys and no times": func() *Evidence {
			ev := day().rest()
			strip(ev)
			delete(ev.Final.Columns, "payment_events.outcome")
			for i := range ev.Final.Events {
				ev.Final.Events[i].Outcome = ""
			}
			return ev
		},
		"the run was cut off": func() *Evidence {
			ev := day().evidence()
			ev.Run.Interrupted = "SIGINT"
			ev.Operations = ev.Operations[:len(ev.Operations)/2]
			ev.Run.Declared.Operations = int64(len(ev.Operations))
			return ev
		},
		"the record has a gap": func() *Evidence {
			ev := day().rest()
			ev.Run.Gaps = []string{"the recorder was restarted"}
			ev.Operations = ev.Operations[len(ev.Operations)/2:]
			ev.Run.Declared.Operations = int64(len(ev.Operations))
			return ev
		},
		"rows from before the run": func() *Evidence {
			ev := day().rest()
			ev.Start.Holds = append(ev.Start.Holds, ev.Final.Holds...)
			ev.Start.Orders = append(ev.Start.Orders, ev.Final.Orders...)
			ev.Start.Events = append(ev.Start.Events, ev.Final.Events...)
			ev.Run.Server.HoldTTLUS *= 7 // they were made under other settings
			ev.Operations = ev.Operations[len(ev.Operations)-1:]
			ev.Run.Declared.Operations = 1
			return ev
		},
	}
}

// Clocks that cannot be trusted.
func innocentClocks() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"the database's clock was set back": func() *Evidence {
			s := newShop()
			s.product(1, 100, 1)
			s.hold(1, 1, "h1", answered)
			s.pass(3 * secondUS)
			s.hold(1, 1, "h2", answered)
			ev := s.rest()
			for i := range ev.Run.Probes[2:] {
				ev.Run.Probes[i+2].Database -= 5 * secondUS
			}
			h := &ev.Final.Holds[1]
			h.CreatedAt, h.ExpiresAt = h.CreatedAt-5*secondUS, h.ExpiresAt-5*secondUS
			for i := range ev.Operations {
				if ev.Operations[i].GotHoldID == 2 {
					ev.Operations[i].GotExpiresAt = h.ExpiresAt
				}
			}
			return ev
		},
	}
}

// What comes late through nobody's fault.
func innocentLateness() map[string]func() *Evidence {
	return map[string]func() *Evidence{
		"the sweep was late while a fault lasted": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			ev := s.rest()
			late(ev, 20*secondUS)
			ev.Run.Faults = []evidence.Fault{{Name: "freeze", Injected: 1e9, Healed: 21.5e9, Recovered: 21.5e9}}
			return ev
		},
		"the sweep was late because the machine stood still": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			ev := s.rest()
			late(ev, 20*secondUS)
			ev.Run.Probes = append(ev.Run.Probes[:1], evidence.ClockProbe{
				Before: 22e9, Database: epochUS + 22*secondUS, After: 22e9 + 1000,
			})
			return ev
		},
		"the sweep was as late as our own timers": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			ev := s.rest()
			late(ev, 20*secondUS)
			ev.Run.Sends.WorstLateNS = 19e9
			return ev
		},
		"a late effect changes the stock after the last read": func() *Evidence {
			s := newShop()
			s.product(1, 100, 5)
			s.hold(1, 1, "h1", answered)
			s.order(1, "o1", answered)
			s.pass(3 * secondUS)
			s.readProduct(1).Phase = evidence.PhaseFinal
			s.lead = 900_000
			s.webhook(1, "success", "e1", answerLost)
			return s.rest()
		},
	}
}

// oneOrder is a shop with five units, one of them in a pending order.
func oneOrder() *shop {
	s := newShop()
	s.product(1, 100, 5)
	s.hold(1, 1, "h1", answered)
	s.order(1, "o1", answered)
	return s
}

// late delays the sweep of every expired hold.
func late(ev *Evidence, us int64) {
	for i := range ev.Final.Holds {
		if h := &ev.Final.Holds[i]; h.Status == "expired" {
			h.UpdatedAt += us
		}
	}
}
