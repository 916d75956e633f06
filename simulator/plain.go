package simulator

import (
	"bytes"
	"time"

	"flashsale/internal/api"
)

// The scanners below read the answers that a shop gives a million times, several times faster than
// encoding/json and without garbage. They take an answer only if it is plain: one flat object with none but
// the members they know, whole numbers, and texts of printable ASCII without escapes. Whatever they take
// they read as encoding/json does; whatever they do not take is left to it.

func scanProduct(body []byte) (a api.Product, plain bool) {
	plain = eachMember(body, func(m member) bool {
		switch string(m.name) {
		case "id":
			return m.number(&a.ID)
		case "name":
			return m.text(&a.Name)
		case "price":
			return m.number(&a.Price)
		case "available_stock":
			return m.number(&a.AvailableStock)
		}
		return false
	})
	return a, plain
}

func scanHoldCreated(body []byte) (a api.HoldCreated, plain bool) {
	plain = eachMember(body, func(m member) bool {
		switch string(m.name) {
		case "hold_id":
			return m.number(&a.HoldID)
		case "expires_at":
			return m.time(&a.ExpiresAt)
		}
		return false
	})
	return a, plain
}

func scanHold(body []byte) (a api.Hold, plain bool) {
	plain = eachMember(body, func(m member) bool {
		switch string(m.name) {
		case "hold_id":
			return m.number(&a.HoldID)
		case "product_id":
			return m.number(&a.ProductID)
		case "qty":
			return m.number(&a.Qty)
		case "status":
			return m.text(&a.Status)
		case "expires_at":
			return m.time(&a.ExpiresAt)
		}
		return false
	})
	return a, plain
}

func scanOrderCreated(body []byte) (a api.OrderCreated, plain bool) {
	plain = eachMember(body, func(m member) bool {
		switch string(m.name) {
		case "order_id":
			return m.number(&a.OrderID)
		case "status":
			return m.text(&a.Status)
		case "qty":
			return m.number(&a.Qty)
		case "total_price":
			return m.number(&a.TotalPrice)
		}
		return false
	})
	return a, plain
}

func scanOrder(body []byte) (a api.Order, plain bool) {
	plain = eachMember(body, func(m member) bool {
		switch string(m.name) {
		case "order_id":
			return m.number(&a.OrderID)
		case "product_id":
			return m.number(&a.ProductID)
		case "hold_id":
			return m.number(&a.HoldID)
		case "qty":
			return m.number(&a.Qty)
		case "total_price":
			return m.number(&a.TotalPrice)
		case "status":
			return m.text(&a.Status)
		}
		return false
	})
	return a, plain
}

func scanWebhookAnswer(body []byte) (a api.WebhookAnswer, plain bool) {
	plain = eachMember(body, func(m member) bool {
		switch string(m.name) {
		case "message":
			return m.text(&a.Message)
		case "order_status":
			return m.text(&a.OrderStatus)
		case "outcome":
			return m.text(&a.Outcome)
		}
		return false
	})
	return a, plain
}

func scanProblem(body []byte) (a api.Problem, plain bool) {
	var available, order int64
	plain = eachMember(body, func(m member) bool {
		switch string(m.name) {
		case "type":
			return m.text(&a.Type)
		case "title", "detail": // said to people, and not kept
			return m.quoted
		case "status":
			var status int64
			return m.number(&status)
		case "available_stock":
			a.AvailableStock = &available
			return m.number(&available)
		case "order_id":
			a.OrderID = &order
			return m.number(&order)
		}
		return false
	})
	return a, plain
}

// A member is one of an object's, its value a number's digits or, if quoted, what stands between the quotes.
type member struct {
	name, value []byte
	quoted      bool
}

// eachMember calls take for each member of a plain object, and says whether that is what the body is
// and take took every one.
func eachMember(body []byte, take func(member) bool) bool {
	rest := bytes.TrimRight(body, "\r\n")
	if len(rest) < 2 || rest[0] != '{' || rest[len(rest)-1] != '}' {
		return false
	}
	for rest = rest[1:]; ; rest = rest[1:] {
		var m member
		var ok bool
		if m.name, rest, ok = cutText(rest); !ok || len(rest) < 2 || rest[0] != ':' {
			return false
		}
		if rest = rest[1:]; rest[0] == '"' {
			m.quoted = true
			m.value, rest, ok = cutText(rest)
		} else {
			m.value, rest, ok = cutNumber(rest)
		}
		if !ok || len(rest) == 0 || !take(m) {
			return false
		}
		if rest[0] != ',' {
			return len(rest) == 1 // it is the last brace
		}
	}
}

// cutText cuts a quoted text off.
func cutText(b []byte) (text, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil, false
	}
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '"':
			return b[1:i], b[i+1:], true
		case b[i] < ' ' || b[i] > '~' || b[i] == '\\':
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// digitsMax is how many digits surely make an int64.
const digitsMax = 18

// cutNumber cuts a whole number off.
func cutNumber(b []byte) (digits, rest []byte, ok bool) {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return b[:n], b[n:], n > 0 && n <= digitsMax && (n == 1 || b[0] != '0')
}

func (m member) number(to *int64) bool {
	n := int64(0)
	for _, d := range m.value {
		n = n*10 + int64(d-'0')
	}
	*to = n
	return !m.quoted
}

func (m member) time(to *time.Time) bool { return m.quoted && to.UnmarshalText(m.value) == nil }

// text keeps a copy of a text. The words that the API says all the time are kept once.
func (m member) text(to *string) bool {
	switch string(m.value) {
	case api.HoldActive:
		*to = api.HoldActive
	case api.HoldUsed:
		*to = api.HoldUsed
	case api.OrderPending:
		*to = api.OrderPending
	case api.OrderPaid:
		*to = api.OrderPaid
	case api.OrderCanceled:
		*to = api.OrderCanceled
	case api.OutcomeRefundDue:
		*to = api.OutcomeRefundDue
	case api.MessagePaymentHandled:
		*to = api.MessagePaymentHandled
	case api.MessageAlreadyProcessed:
		*to = api.MessageAlreadyProcessed
	case api.ProblemNotEnoughStock:
		*to = api.ProblemNotEnoughStock
	default:
		*to = string(m.value)
	}
	return m.quoted
}
