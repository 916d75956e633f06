package synth

import (
	"net/http"

	"flashsale/internal/evidence"
)

// How long things take on the way, and how often they get lost there. Times are microseconds.
const (
	wayMinUS, wayMaxUS   = 80, 400
	slowMinUS, slowMaxUS = 1_000, 400_000 // a request whose answer gets lost may arrive after its client gave up
	timeoutUS            = 250_000
	backMinUS, backMaxUS = 10_000, 60_000 // before the next attempt
	openMaxNS            = 900_000        // from the intended start to the call
	attemptsMax          = 4

	requestLost = 0.0008
	answerLost  = 0.0008
	overloaded  = 0.0004
)

// keyed is an idempotency key and the row that it has made: the shop's unique indexes.
type keyed struct {
	hold  *hold
	order *order
	event *event
}

// request is one thing that somebody wants of the shop. Its attempts share body, key and the first one's id.
type request struct {
	ask  evidence.Operation
	key  *keyed                    // shared by all requests under the key; nil for reads
	then func(*evidence.Operation) // once it is answered, or given up
}

// send makes one more attempt.
func (s *sale) send(r *request) {
	s.attempts++
	r.ask.Attempt++
	if r.ask.Attempt == 1 {
		r.ask.Request = s.attempts
	}
	op := r.ask
	op.ID, op.Phase, op.Call = s.attempts, s.phase, s.now*1000
	op.Intended = op.Call - s.between(0, openMaxNS)
	switch luck := s.random.Float64(); {
	case luck < requestLost:
		s.giveUp(r, op)
	case luck < requestLost+answerLost:
		s.giveUp(r, op)
		s.in(s.between(slowMinUS, slowMaxUS), func() { s.arrive(r, &op, func() {}) })
	case luck < requestLost+answerLost+overloaded:
		refuse(&op, http.StatusServiceUnavailable, "overloaded")
		s.in(s.between(wayMinUS, wayMaxUS), func() { s.hear(r, &op) })
	default:
		s.in(s.between(wayMinUS, wayMaxUS), func() {
			s.arrive(r, &op, func() { s.in(s.between(wayMinUS, wayMaxUS), func() { s.hear(r, &op) }) })
		})
	}
}

// hear records an attempt when it returns, and makes another one if nothing is known of its effect.
func (s *sale) hear(r *request, op *evidence.Operation) {
	op.Return = s.now * 1000
	s.keep(s.out.operations.Append(*op))
	if (op.Outcome == evidence.Unknown || op.HTTPStatus == http.StatusServiceUnavailable) && op.Attempt < attemptsMax {
		s.in(s.between(backMinUS, backMaxUS), func() { s.send(r) })
		return
	}
	r.then(op)
}

// giveUp is what a client knows of an attempt without an answer.
func (s *sale) giveUp(r *request, unheard evidence.Operation) {
	unheard.Outcome, unheard.Error = evidence.Unknown, "timeout"
	s.in(timeoutUS, func() { s.hear(r, &unheard) })
}

// arrive is the shop's door: reads are answered as things stand, writes enter their product's lane.
func (s *sale) arrive(r *request, op *evidence.Operation, answered func()) {
	var to *product
	switch op.Kind {
	case evidence.CreateHold:
		to = s.products[op.ProductID-1]
	case evidence.CreateOrder:
		to = s.productOfHold(op.HoldID)
	case evidence.SendWebhook:
		if op.Tamper != "" {
			refuse(op, http.StatusUnauthorized, "invalid-signature")
			answered()
			return
		}
		if o := find(s, &s.orders, op.OrderID); o != nil {
			to = s.products[o.ProductID-1]
		}
	default:
		s.read(op)
		answered()
		return
	}
	if to == nil {
		refuse(op, http.StatusNotFound, "not-found")
		answered()
		return
	}
	s.enter(to, &command{key: r.key, op: op, answered: answered})
}

func (s *sale) productOfHold(id int64) *product {
	if h := find(s, &s.holds, id); h != nil {
		return s.products[h.ProductID-1]
	}
	return nil
}

// read answers a read.
func (s *sale) read(op *evidence.Operation) {
	accept(op, http.StatusOK)
	switch op.Kind {
	case evidence.ReadProduct:
		p := s.products[op.ProductID-1]
		op.GotProductID, op.GotPrice, op.GotAvailable = p.ID, p.Price, p.available(s.clock())
	case evidence.ReadHold:
		if h := find(s, &s.holds, op.HoldID); h != nil {
			op.GotHoldID, op.GotProductID, op.GotQty = h.ID, h.ProductID, h.Qty
			op.GotStatus, op.GotExpiresAt = h.Status, h.ExpiresAt
		}
	case evidence.ReadOrder:
		if o := find(s, &s.orders, op.OrderID); o != nil {
			op.GotOrderID, op.GotHoldID, op.GotProductID = o.ID, o.HoldID, o.ProductID
			op.GotQty, op.GotTotal, op.GotStatus = o.Qty, o.TotalPrice, o.Status
		}
	}
}
