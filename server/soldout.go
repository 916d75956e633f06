package server

import (
	"time"

	"flashsale/server/internal/recent"
)

// scarce are the products that had less than somebody asked for. After a sale is sold out thousands still ask, and a
// refusal needs no lock: a read that began after the request came says as well that there is not enough. So those
// who come too late do not stand in the way of those who order and pay.
type scarce struct {
	reads    *reads
	products recent.Map[int64, struct{}]
}

// short says how much is available if that is surely less than qty, and if no request was granted under the key. The
// product is read before the key is looked up: keys are never given up, so one that is not in use then was not in use
// when there was not enough. The other way round, the request's own first attempt could take the last unit in between.
func (s *scarce) short(until time.Time, productID, qty int64, key string) (available int64, short bool) {
	if _, known := s.products.Get(productID); !known {
		return 0, false
	}
	p, found, err := s.reads.products.Get(until, productID)
	if err != nil || !found {
		return 0, false
	}
	if p.AvailableStock >= qty {
		s.products.Forget(productID)
		return 0, false
	}
	if key != "" {
		if used, err := s.reads.holdKeyUsed(until, key); err != nil || used {
			return 0, false
		}
	}
	return p.AvailableStock, true
}

// learn notes that a product had less than somebody asked for.
func (s *scarce) learn(productID int64) { s.products.Put(productID, struct{}{}) }
