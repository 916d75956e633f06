package counter

import (
	"fmt"
	"sync/atomic"
)

// Memory counts in this process. It implements server.Counter.
type Memory struct {
	left map[int64]*atomic.Int64 // by product; the map itself never changes
	ids  atomic.Int64
}

// NewMemory counts down from the stock of each product.
func NewMemory(stock map[int64]int64) *Memory {
	m := &Memory{left: map[int64]*atomic.Int64{}}
	for productID, units := range stock {
		m.left[productID] = &atomic.Int64{}
		m.left[productID].Store(units)
	}
	return m
}

// Take takes qty units of a product if as many are left.
func (m *Memory) Take(productID, qty int64) (id, left int64, granted bool, err error) {
	counter, err := m.of(productID)
	if err != nil {
		return 0, 0, false, err
	}
	for {
		left = counter.Load()
		if left < qty {
			return 0, left, false, nil
		}
		if counter.CompareAndSwap(left, left-qty) {
			return m.ids.Add(1), left - qty, true, nil
		}
	}
}

// Left is what is left of a product.
func (m *Memory) Left(productID int64) (int64, error) {
	counter, err := m.of(productID)
	if err != nil {
		return 0, err
	}
	return counter.Load(), nil
}

func (m *Memory) of(productID int64) (*atomic.Int64, error) {
	counter, found := m.left[productID]
	if !found {
		return nil, fmt.Errorf("product %d has no counter", productID)
	}
	return counter, nil
}
