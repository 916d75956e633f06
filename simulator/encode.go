package simulator

import (
	"encoding/binary"

	"flashsale/internal/api"
)

// The two statuses of payment events, in short.
const (
	success = api.PaymentSuccess
	failure = api.PaymentFailure
)

// encodingVersion changes whenever the canonical encoding does, so that hashes of different encodings
// never pass for each other.
const encodingVersion = 1

// The canonical encoding writes every field of the plan, in order of declaration: numbers as varints,
// texts and lists after their length. Two plans are equal if and only if their encodings are.

func (p *Plan) appendHeader(b []byte) []byte {
	b = binary.AppendUvarint(b, encodingVersion)
	b = binary.AppendUvarint(b, p.Seed)
	b = binary.AppendUvarint(b, uint64(len(p.Products)))
	for _, product := range p.Products {
		b = appendText(b, product.Name)
		b = binary.AppendVarint(b, product.Price)
		b = binary.AppendVarint(b, product.Stock)
	}
	return b
}

func (b *Buyer) appendTo(to []byte) []byte {
	to = binary.AppendVarint(to, b.Number)
	to = binary.AppendVarint(to, int64(b.Arrival))
	to = binary.AppendVarint(to, int64(b.Product))
	to = binary.AppendVarint(to, b.Qty)
	to = append(to, flag(b.Browse), flag(b.DoubleSend), flag(b.Steal), flag(b.Abandon), flag(b.ReadBack))
	to = binary.AppendVarint(to, int64(b.Think))
	to = binary.AppendVarint(to, int64(b.Orders))
	return b.Payment.appendTo(to)
}

func (p *Payment) appendTo(to []byte) []byte {
	to = binary.AppendVarint(to, p.Ahead)
	to = binary.AppendUvarint(to, uint64(len(p.Events)))
	for _, e := range p.Events {
		to = appendText(to, e.Status)
		to = append(to, byte(e.Base), byte(e.Rekey), flag(e.ReadBack))
		to = binary.AppendVarint(to, int64(e.Replay))
		to = binary.AppendUvarint(to, uint64(len(e.Deliveries)))
		for _, d := range e.Deliveries {
			to = binary.AppendVarint(to, int64(d))
		}
	}
	to = binary.AppendUvarint(to, uint64(len(p.Tampered)))
	for _, t := range p.Tampered {
		to = appendText(to, t.How)
		to = appendText(to, t.Status)
		to = binary.AppendVarint(to, int64(t.After))
	}
	return to
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}
