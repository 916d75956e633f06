package replay

import "flashsale/internal/evidence"

// changeEvent takes over a change of a row of payment_events, of which there is but one kind: a new row.
func (m *Machine) changeEvent(c *evidence.Change) {
	m.exercised[legalTransitions]++
	if c.Before.ID != 0 {
		m.alterEvent(c)
		return
	}
	row := &c.After
	m.judgeKey(evidence.TableEvents, row)
	m.events.add(row.ID, row.OrderID, row.Payment, row.Outcome, 1)
	o := m.orders.find(row.OrderID)
	if o == nil {
		if !m.forgetful() {
			m.accuse(legalTransitions, Finding{What: "A commit stored a payment event for an order that does not exist.",
				IDs: eventIDs(row), Expected: "an order with this id", Found: "none"})
		}
		return
	}
	if h := m.holds.find(o.hold); h != nil {
		m.touch(m.products[h.product])
	}
	t := m.touchOrder(o)
	t.event = row
	if !m.keeps.outcomes {
		return
	}
	if t.events.Add(row.Payment, row.Outcome) {
		return
	}
	t.foreign = true
	m.accuse(legalTransitions, Finding{What: "A commit stored a payment event with an outcome that its status cannot have.",
		IDs: eventIDs(row), Values: eventValues(row),
		Expected: "an outcome of a " + row.Payment, Found: row.Outcome}, t.earlier)
}

func (m *Machine) alterEvent(c *evidence.Change) {
	m.events.add(c.Before.ID, c.Before.OrderID, c.Before.Payment, c.Before.Outcome, -1)
	if c.After.ID == 0 && m.options.Pruned && m.goneWithOrder(c.Before.OrderID) {
		return
	}
	f := Finding{What: "A commit deleted a payment event.", IDs: eventIDs(&c.Before), Values: eventValues(&c.Before),
		Expected: "rows that stay", Found: "none"}
	if c.After.ID != 0 {
		m.events.add(c.After.ID, c.After.OrderID, c.After.Payment, c.After.Outcome, 1)
		f.What, f.Expected, f.Found = "A commit changed a payment event.", describeEvent(&c.Before), describeEvent(&c.After)
	}
	m.accuse(legalTransitions, f)
}

// goneWithOrder tells whether an event that is deleted goes with its order. One that is gone while its order stays
// would be decided a second time when it is delivered again.
func (m *Machine) goneWithOrder(order int64) bool {
	o := m.orders.find(order)
	return o == nil && m.forgetful() || o != nil && o.state == orderAbsent
}

func eventIDs(row *evidence.Image) ids { return ids{"event_id": row.ID, "order_id": row.OrderID} }

func eventValues(row *evidence.Image) map[string]string {
	return map[string]string{"payment": row.Payment, "outcome": row.Outcome, "idempotency_key": row.Key}
}

func describeEvent(row *evidence.Image) string {
	return "order " + number(row.OrderID) + ", " + row.Payment + ", outcome " + row.Outcome +
		", created_at " + number(row.CreatedAt) + ", updated_at " + number(row.UpdatedAt)
}

// eventSum stands for a set of events: how many, and a sum of their hashes. Events never change and nobody asks
// for one by its id, so there is no need to remember them to tell whether two sets are the same.
type eventSum struct {
	count int64
	sum   uint64
}

// add adds an event to the set, or takes it out (sign -1).
func (s *eventSum) add(id, order int64, payment, outcome string, sign int64) {
	x, ok := effectOf(payment, outcome)
	if !ok {
		x = effects
	}
	word := mix(mix(uint64(id))^uint64(order)) + uint64(x)
	s.count += sign
	s.sum += uint64(sign) * mix(word)
}

// mix scatters the bits of a word: the finalizer of splitmix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
