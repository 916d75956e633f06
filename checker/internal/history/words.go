package history

import "flashsale/internal/evidence"

// The words of the evidence, one byte each. A word that the shop does not use, such as a foreign server's name
// for a state, is one of the Other values; an empty one, or a column that is not kept, is zero.
type (
	Outcome     uint8 // what a client may conclude from an attempt
	Tamper      uint8 // how a webhook was made unacceptable; 0: it is honest
	Problem     uint8 // the problem type of a refusal
	HoldStatus  uint8
	OrderStatus uint8
	Payment     uint8
	Effect      uint8 // the outcome of a payment event
)

// Outcomes of attempts. A word that is none of the three may mean anything, which is what Unknown says.
const (
	Unknown Outcome = iota
	OK
	Refused
)

// Ways to tamper with a delivery.
const (
	Honest Tamper = iota
	Unsigned
	Forged
	Stale
	Altered
	OtherTamper
)

// Problem types that checks tell apart.
const (
	NoProblem Problem = iota
	ProblemNotFound
	ProblemNotEnoughStock
	ProblemHoldAlreadyUsed
	ProblemHoldExpired
	ProblemHoldCanceled
	ProblemKeyReused
	ProblemOverloaded
	OtherProblem
)

// States of a hold. HoldActive and HoldUsed keep stock until they lapse.
const (
	NoHoldStatus HoldStatus = iota
	HoldActive
	HoldUsed
	HoldCompleted
	HoldExpired
	HoldCanceled
	OtherHoldStatus
)

// States of an order.
const (
	NoOrderStatus OrderStatus = iota
	OrderPending
	OrderPaid
	OrderCanceled
	OtherOrderStatus
)

// What a webhook says of a payment.
const (
	NoPayment Payment = iota
	PaymentSuccess
	PaymentFailure
	OtherPayment
)

// What a payment event did.
const (
	NoEffect Effect = iota
	EffectPaid
	EffectCanceled
	EffectRefundDue
	EffectIgnored
	OtherEffect
)

// The texts of the words, by number. The last of each is never read from the evidence, only shown.
var (
	outcomeTexts     = [...]string{evidence.Unknown, evidence.OK, evidence.Refused}
	tamperTexts      = [...]string{"", evidence.Unsigned, evidence.Forged, evidence.Stale, evidence.Altered, other}
	holdStatusTexts  = [...]string{"", "active", "used", "completed", "expired", "canceled", other}
	orderStatusTexts = [...]string{"", "pending", "paid", "canceled", other}
	paymentTexts     = [...]string{"", "success", "failure", other}
	effectTexts      = [...]string{"", "paid", "canceled", "refund_due", "ignored", other}
	problemTexts     = [...]string{
		"", "not-found", "not-enough-stock", "hold-already-used", "hold-expired", "hold-canceled",
		"idempotency-key-reused", "overloaded", other,
	}
)

// other shows a word that the shop does not use.
const other = "a foreign word"

func (w Outcome) String() string     { return outcomeTexts[w] }
func (w Tamper) String() string      { return tamperTexts[w] }
func (w Problem) String() string     { return problemTexts[w] }
func (w HoldStatus) String() string  { return holdStatusTexts[w] }
func (w OrderStatus) String() string { return orderStatusTexts[w] }
func (w Payment) String() string     { return paymentTexts[w] }
func (w Effect) String() string      { return effectTexts[w] }

// Reserves tells whether a hold in this state keeps its stock until it lapses.
func (w HoldStatus) Reserves() bool { return w == HoldActive || w == HoldUsed }

// ParseHoldStatus reads a hold's status.
func ParseHoldStatus(text string) HoldStatus { return parse[HoldStatus](text, holdStatusTexts[:]) }

// ParseOrderStatus reads an order's status.
func ParseOrderStatus(text string) OrderStatus { return parse[OrderStatus](text, orderStatusTexts[:]) }

// ParsePayment reads what a webhook says of a payment.
func ParsePayment(text string) Payment { return parse[Payment](text, paymentTexts[:]) }

// ParseEffect reads the outcome of a payment event.
func ParseEffect(text string) Effect { return parse[Effect](text, effectTexts[:]) }

func parseTamper(text string) Tamper   { return parse[Tamper](text, tamperTexts[:]) }
func parseProblem(text string) Problem { return parse[Problem](text, problemTexts[:]) }

func parseOutcome(text string) Outcome {
	switch text {
	case evidence.OK:
		return OK
	case evidence.Refused:
		return Refused
	default:
		return Unknown
	}
}

// parse numbers a word; the last number stands for all that are not listed. The lists are so short that
// looking through them costs less than hashing the word.
func parse[W ~uint8](text string, texts []string) W {
	last := len(texts) - 1
	for i, known := range texts[:last] {
		if text == known {
			return W(i)
		}
	}
	return W(last)
}
