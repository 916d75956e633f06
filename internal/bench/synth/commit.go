package synth

import (
	"fmt"

	"flashsale/internal/evidence"
)

// The size of binlog files and, roughly, of what is in them.
const (
	logBytes      = 1 << 30
	logHeadBytes  = 256 // of a file
	eventBytes    = 120 // of a transaction
	rowImageBytes = 90
)

// binlog numbers commits and gives them places in log files.
type binlog struct {
	position int64
	file     int
	end      int64
}

func (b *binlog) write(changes []evidence.Change) evidence.Commit {
	if b.file == 0 || b.end > logBytes {
		b.file, b.end = b.file+1, logHeadBytes
	}
	b.position++
	b.end += eventBytes
	for _, c := range changes {
		b.end += rowImageBytes
		if c.Before.ID != 0 && c.After.ID != 0 {
			b.end += rowImageBytes
		}
	}
	return evidence.Commit{Position: b.position, Log: fmt.Sprintf("bin.%06d", b.file), End: b.end, Changes: changes}
}

func productImage(p *product) evidence.Image {
	return evidence.Image{
		ID: p.ID, Price: p.Price, StockTotal: p.StockTotal, StockSold: p.StockSold, StockHeld: p.StockHeld,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

func holdImage(h *hold) evidence.Image {
	return evidence.Image{
		ID: h.ID, ProductID: h.ProductID, Qty: h.Qty, Status: h.Status, Key: h.Key, ExpiresAt: h.ExpiresAt,
		CreatedAt: h.CreatedAt, UpdatedAt: h.UpdatedAt,
	}
}

func orderImage(o *order) evidence.Image {
	return evidence.Image{
		ID: o.ID, ProductID: o.ProductID, HoldID: o.HoldID, Qty: o.Qty, TotalPrice: o.TotalPrice, Status: o.Status,
		Key: o.Key, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
}

func eventImage(e *event) evidence.Image {
	return evidence.Image{
		ID: e.ID, OrderID: e.OrderID, Key: e.Key, Payment: e.Payment, Outcome: e.Outcome,
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
}
