package strawman

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"flashsale/internal/api"
)

// badRequest is a request that cannot be right: what is wrong with it, as a problem type and a sentence.
type badRequest struct{ kind, detail string }

func (b *badRequest) Error() string { return b.kind + ": " + b.detail }

func malformed(format string, args ...any) error {
	return &badRequest{api.ProblemMalformed, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &badRequest{api.ProblemInvalid, fmt.Sprintf(format, args...)}
}

// member is the value of a top-level member: its kind, and the text of a string or number.
type member struct {
	kind jsontext.Kind
	text string
}

// object is a request body by member names. Members that nobody asks for are allowed.
type object map[string]member

// parseObject reads a body that must be one JSON object. It refuses everything that one of the databases would refuse
// in raw_payload although Go's own decoder accepts it: too deep, lone surrogates, numbers past a double's range. Names
// given twice are refused too: the parties could read them differently.
func parseObject(body []byte) (object, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	members := object{}
	var name string
	var top jsontext.Kind
	for done := false; ; done = dec.StackDepth() == 0 {
		tok, err := dec.ReadToken()
		if done && errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, malformed("not JSON: %v", err)
		}
		if done {
			return nil, malformed("more than one JSON value")
		}
		if top == 0 {
			top = tok.Kind()
		}
		if err := acceptable(dec, tok); err != nil {
			return nil, err
		}
		name = members.take(dec, tok, name)
	}
	if top != '{' {
		return nil, invalid("the body must be an object")
	}
	return members, nil
}

// acceptable refuses tokens that are JSON but that a database would not store. MariaDB counts what is inside the
// innermost container as a level of its own, empty or not, so one container less than the limit is the most.
func acceptable(dec *jsontext.Decoder, tok jsontext.Token) error {
	if dec.StackDepth() >= api.JSONDepthMax {
		return malformed("more than %d levels deep", api.JSONDepthMax)
	}
	if tok.Kind() == '0' {
		if _, err := strconv.ParseFloat(tok.String(), 64); err != nil {
			return malformed("the number %.20s... is out of range", tok.String())
		}
	}
	return nil
}

// take keeps the top-level members: a name when one is read, then its value. A container as a value is noted when it
// opens; what is inside is of no interest.
func (o object) take(dec *jsontext.Decoder, tok jsontext.Token, name string) string {
	kind := tok.Kind()
	opens := kind == '{' || kind == '['
	closes := kind == '}' || kind == ']'
	depth := dec.StackDepth()
	if container, n := dec.StackIndex(depth); depth == 1 && container == '{' && !opens && !closes {
		if n%2 == 1 {
			return tok.String()
		}
		o[name] = member{kind, tok.String()}
	}
	if depth == 2 && opens {
		o[name] = member{kind: kind}
	}
	return name
}

// integer reads a member that must be a whole number from low to high.
func (o object) integer(name string, low, high int64) (int64, error) {
	m, ok := o[name]
	switch {
	case !ok:
		return 0, invalid("%s is missing", name)
	case m.kind != '0':
		return 0, invalid("%s must be a number", name)
	}
	n, err := strconv.ParseInt(m.text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, invalid("%s must be a whole number from %d to %d", name, low, high)
	}
	return n, nil
}

// text reads a member that must be a string.
func (o object) text(name string) (string, error) {
	m, ok := o[name]
	switch {
	case !ok:
		return "", invalid("%s is missing", name)
	case m.kind != '"':
		return "", invalid("%s must be a string", name)
	}
	return m.text, nil
}

func parseHold(body []byte, qtyMax int64) (req api.HoldRequest, err error) {
	o, err := parseObject(body)
	if err != nil {
		return req, err
	}
	if req.ProductID, err = o.integer("product_id", 1, math.MaxInt64); err != nil {
		return req, err
	}
	req.Qty, err = o.integer("qty", 1, qtyMax)
	return req, err
}

func parseOrder(body []byte) (req api.OrderRequest, err error) {
	o, err := parseObject(body)
	if err != nil {
		return req, err
	}
	req.HoldID, err = o.integer("hold_id", 1, math.MaxInt64)
	return req, err
}

func parseWebhook(body []byte) (ev api.Webhook, err error) {
	o, err := parseObject(body)
	if err != nil {
		return ev, err
	}
	if ev.OrderID, err = o.integer("order_id", 1, math.MaxInt64); err != nil {
		return ev, err
	}
	if ev.Status, err = o.text("status"); err != nil {
		return ev, err
	}
	if ev.Status != api.PaymentSuccess && ev.Status != api.PaymentFailure {
		return ev, invalid("status must be %s or %s", api.PaymentSuccess, api.PaymentFailure)
	}
	if ev.IdempotencyKey, err = o.text("idempotency_key"); err != nil {
		return ev, err
	}
	return ev, checkKey(len(ev.IdempotencyKey))
}

// parseKey reads the Idempotency-Key headers of a request: none is no key, more than one is a mistake.
func parseKey(headers [][]byte) ([]byte, error) {
	switch len(headers) {
	case 0:
		return nil, nil
	case 1:
		return bytes.Clone(headers[0]), checkKey(len(headers[0])) // the request's memory is used again
	}
	return nil, invalid("more than one idempotency key")
}

func checkKey(length int) error {
	if length < 1 || length > api.KeyBytesMax {
		return invalid("an idempotency key has 1 to %d bytes", api.KeyBytesMax)
	}
	return nil
}

// parseID reads the id at the end of a path: decimal digits only.
func parseID(text string) (id int64, ok bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err == nil && n > 0
}
