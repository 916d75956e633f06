package decide_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"flashsale/internal/api"
	"flashsale/server/internal/decide"
)

// world is the database of the property tests: rows, changed only by what rounds want written.
type world struct {
	now     time.Time
	product decide.Product
	holds   map[int64]*decide.Hold
	orders  map[int64]*decide.Order // by hold id
	events  map[string]decide.Event
	lastID  int64
}

func newWorld(total int64) *world {
	return &world{now: now, product: decide.Product{ID: 1, Price: price, Total: total},
		holds: map[int64]*decide.Hold{}, orders: map[int64]*decide.Order{}, events: map[string]decide.Event{}}
}

// commands draws what many callers might ask at once; ids are drawn from those that exist, and beyond.
func (w *world) command(draw func(label string, max int) int) decide.Command {
	hold := int64(draw("hold", int(w.lastID)+2))
	switch draw("kind", 4) {
	case 0:
		return decide.CreateHold{Qty: int64(draw("qty", 3)) + 1}
	case 1:
		return decide.CreateOrder{HoldID: hold}
	case 2:
		return decide.Release{HoldIDs: []int64{hold, hold + 1}}
	}
	var order int64
	if o := w.orders[hold]; o != nil {
		order = o.ID
	}
	payment := api.PaymentSuccess
	if draw("payment", 3) == 0 {
		payment = api.PaymentFailure
	}
	return decide.ApplyPayment{OrderID: order, HoldID: hold, Payment: payment,
		Key: fmt.Sprintf("%d-%s-%d", order, payment, draw("key", 2)), RawPayload: "{}"}
}

// state is what the ledger would load: copies of the rows, and no lapsed ones beyond those named.
func (w *world) state(commands []decide.Command) *decide.State {
	product := w.product
	s := &decide.State{Now: w.now, TTL: 10 * time.Second, Product: &product,
		Holds: map[int64]*decide.Hold{}, Orders: map[int64]*decide.Order{},
		HoldKeys: map[string]decide.KeyedHold{}, OrderKeys: map[string]decide.KeyedOrder{}, Events: map[string]decide.Event{}}
	name := func(id int64) {
		if h, ok := w.holds[id]; ok && s.Holds[id] == nil {
			row := *h
			s.Holds[id] = &row
		}
		if o, ok := w.orders[id]; ok && s.Orders[id] == nil {
			row := *o
			s.Orders[id] = &row
		}
	}
	for _, c := range commands {
		switch c := c.(type) {
		case decide.CreateOrder:
			name(c.HoldID)
		case decide.ApplyPayment:
			name(c.HoldID)
			if e, ok := w.events[c.Key]; ok {
				s.Events[c.Key] = e
			}
		case decide.Release:
			for _, id := range c.HoldIDs {
				name(id)
			}
		}
	}
	return s
}

// lapsed is the ledger's look for lapsed holds: by expiry, then id, after a position, in small chunks.
func (w *world) lapsed(after *int64) (chunk []*decide.Hold, last bool) {
	for id := *after + 1; id <= w.lastID; id++ { // expiry grows with id here
		h := w.holds[id]
		if h == nil || h.ExpiresAt.After(w.now) || h.Status != api.HoldActive && h.Status != api.HoldUsed {
			continue
		}
		if len(chunk) == 2 {
			return chunk, false
		}
		row := *h
		chunk = append(chunk, &row)
		*after = id
	}
	return chunk, true
}

func (w *world) run(commands []decide.Command) []decide.Answer {
	round := decide.NewRound(w.state(commands), commands)
	var after int64
	for !round.Run() {
		round.AddLapsed(w.lapsed(&after))
	}
	answers := round.Answers()
	w.apply(round.Changes(), answers)
	return answers
}

func (w *world) apply(c *decide.Changes, answers []decide.Answer) {
	if c.Product != nil {
		w.product = *c.Product
	}
	for status, ids := range c.HoldStatus {
		for _, id := range ids {
			w.holds[id].Status = status
		}
	}
	for status, ids := range c.OrderStatus {
		for _, o := range w.orders {
			for _, id := range ids {
				if o.ID == id {
					o.Status = status
				}
			}
		}
	}
	for _, h := range c.NewHolds {
		w.lastID++
		w.holds[w.lastID] = &decide.Hold{ID: w.lastID, Qty: h.Qty, Status: api.HoldActive, ExpiresAt: h.ExpiresAt}
	}
	for _, o := range c.NewOrders {
		w.orders[o.HoldID] = &decide.Order{ID: 1000 + o.HoldID, HoldID: o.HoldID, Qty: o.Qty, TotalPrice: o.TotalPrice, Status: api.OrderPending}
	}
	for _, e := range c.NewEvents {
		w.events[e.Key] = decide.Event{OrderID: e.OrderID, Payment: e.Payment, Outcome: e.Outcome}
	}
}

// check holds the rows against the promises.
func (w *world) check() error {
	var held, reserved, sold int64
	paidEvents := map[int64]int{}
	for _, e := range w.events {
		if e.Outcome == api.OutcomePaid {
			paidEvents[e.OrderID]++
		}
	}
	for id, h := range w.holds {
		o := w.orders[id]
		if h.Status == api.HoldActive || h.Status == api.HoldUsed {
			held += h.Qty
			if h.ExpiresAt.After(w.now) {
				reserved += h.Qty
			}
		}
		if (h.Status == api.HoldCompleted) != (o != nil && o.Status == api.OrderPaid) {
			return fmt.Errorf("hold %d is %s and its order %+v", id, h.Status, o)
		}
		if h.Status == api.HoldUsed && o == nil || h.Status == api.HoldActive && o != nil {
			return fmt.Errorf("hold %d is %s and its order %+v", id, h.Status, o)
		}
		if o == nil {
			continue
		}
		want := 0
		if o.Status == api.OrderPaid {
			sold += o.Qty
			want = 1
		}
		if o.TotalPrice != price*h.Qty || paidEvents[o.ID] != want {
			return fmt.Errorf("order %+v of hold %+v has %d paid events", o, h, paidEvents[o.ID])
		}
	}
	p := w.product
	if p.Sold != sold || p.Held != held || p.Sold+p.Held > p.Total || p.Held < 0 || reserved > held {
		return fmt.Errorf("product %+v, but %d sold, %d held", p, sold, held)
	}
	return nil
}

func TestPromisesHoldUnderRandomCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(int64(rapid.IntRange(0, 8).Draw(t, "total")))
		draw := func(label string, max int) int { return rapid.IntRange(0, max-1).Draw(t, label) }
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 6).Draw(t, "seconds")) * time.Second)
			batch := make([]decide.Command, rapid.IntRange(1, 8).Draw(t, "batch"))
			for i := range batch {
				batch[i] = w.command(draw)
			}
			before := w.available()
			answers := w.run(batch)
			if err := w.check(); err != nil {
				t.Fatalf("after %+v: %v", batch, err)
			}
			for i, a := range answers {
				h, isHold := batch[i].(decide.CreateHold)
				if isHold && len(batch) == 1 && (a.Refusal == "") != (before >= h.Qty) {
					t.Fatalf("%d available, hold of %d: %+v", before, h.Qty, a)
				}
				if isHold && len(batch) == 1 && a.Refusal != "" && a.Available != before {
					t.Fatalf("%d available, told %d", before, a.Available)
				}
			}
		}
	})
}

// available by the definition, from the rows alone.
func (w *world) available() int64 {
	available := w.product.Total - w.product.Sold
	for _, h := range w.holds {
		if (h.Status == api.HoldActive || h.Status == api.HoldUsed) && h.ExpiresAt.After(w.now) {
			available -= h.Qty
		}
	}
	return available
}

// FuzzRounds lets the fuzzer write the script: each byte is one draw.
func FuzzRounds(f *testing.F) {
	f.Add([]byte{3, 0, 0, 1, 1, 1, 2, 9, 3, 0, 1, 0})
	f.Add([]byte{1, 0, 0, 0, 1, 1, 7, 3, 1, 1, 1, 250, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 4096 {
			return
		}
		next := func() byte {
			if len(script) == 0 {
				return 0
			}
			b := script[0]
			script = script[1:]
			return b
		}
		w := newWorld(int64(next() % 9))
		for len(script) > 0 {
			w.now = w.now.Add(time.Duration(next()%6) * time.Second)
			batch := make([]decide.Command, next()%8+1)
			for i := range batch {
				batch[i] = w.command(func(_ string, max int) int { return int(next()) % max })
			}
			w.run(batch)
			if err := w.check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
