package decide

import "flashsale/internal/api"

func (r *Round) hold(c CreateHold) (Answer, bool) {
	s := r.state
	if c.Key != "" {
		if used, ok := s.HoldKeys[c.Key]; ok {
			return r.replayHold(c, used), true
		}
	}
	if s.Product == nil {
		return Answer{Refusal: api.ProblemNotFound}, true
	}
	enough, known := r.makeRoom(c.Qty)
	if !known {
		return Answer{}, false
	}
	if !enough {
		return Answer{Refusal: api.ProblemNotEnoughStock, Available: s.Product.Available()}, true
	}
	s.Product.Held += c.Qty
	expires := s.Now.Add(s.TTL)
	r.changes.NewHolds = append(r.changes.NewHolds, NewHold{Qty: c.Qty, Key: c.Key, ExpiresAt: expires})
	place := len(r.changes.NewHolds)
	if c.Key != "" {
		s.HoldKeys[c.Key] = KeyedHold{ProductID: s.Product.ID, Qty: c.Qty, ExpiresAt: expires, New: place}
	}
	return Answer{NewHold: place, ExpiresAt: expires}, true
}

// replayHold answers a key that has made a hold before: the same request gets the same answer, whatever
// has become of the hold since.
func (r *Round) replayHold(c CreateHold, used KeyedHold) Answer {
	if r.state.Product == nil || used.ProductID != r.state.Product.ID || used.Qty != c.Qty {
		return Answer{Refusal: api.ProblemKeyReused}
	}
	return Answer{HoldID: used.ID, NewHold: used.New, ExpiresAt: used.ExpiresAt, Replayed: true}
}
