package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"flashsale/internal/api"
)

// errMalformed marks parse errors that are answered 400; any other one is answered 422.
var errMalformed = errors.New("the body is not acceptable JSON")

// field is a member of a request body that an endpoint asks for; set judges its value. Members that
// nobody asks for are allowed: a provider may add to its webhooks at any time.
type field struct {
	name string
	set  func(jsontext.Value) error
}

// parseBody reads the fields out of a body, in one pass. The body must be JSON that the database stores unchanged, or
// the error is errMalformed; then it must be an object with every field, each as its set wants it.
//
// What both MySQL's and MariaDB's JSON columns store is one value, valid UTF-8, no lone surrogates, no repeated names,
// numbers within a double, at most api.JSONDepthMax deep.
func parseBody(body []byte, fields ...field) error {
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	p.text = *bytes.NewBuffer(body)
	p.decoder.Reset(&p.text)
	bad := p.object(fields)
	if errors.Is(bad, errMalformed) {
		return bad
	}
	if _, err := p.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows it, near byte %d", errMalformed, p.decoder.InputOffset())
	}
	return bad
}

// A parser is what parsing needs memory for.
type parser struct {
	text    bytes.Buffer
	decoder jsontext.Decoder
}

var parsers = sync.Pool{New: func() any { return &parser{} }}

// object reads the body's one value. It reads on when a field is bad: JSON that is malformed is answered as such.
func (p *parser) object(fields []field) (bad error) {
	if p.decoder.PeekKind() != '{' {
		if err := p.skip(); err != nil {
			return err
		}
		return errors.New("the body must be a JSON object")
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return p.malformed()
	}
	found := 0
	for p.decoder.PeekKind() == '"' {
		name, err := p.decoder.ReadValue()
		if err != nil {
			return p.malformed()
		}
		wanted := fieldNamed(fields, name)
		if wanted == nil {
			err = p.skip()
		} else {
			found++
			err = p.take(wanted, &bad)
			wanted.set = nil
		}
		if err != nil {
			return err
		}
	}
	if _, err := p.decoder.ReadToken(); err != nil {
		return p.malformed()
	}
	if bad == nil && found < len(fields) {
		bad = missing(fields)
	}
	return bad
}

// take hands a value to its field; what the field finds bad about it is noted, unless something was before.
func (p *parser) take(f *field, bad *error) error {
	value := jsontext.Value("[]") // stands for whatever is no number and no text
	if kind := p.decoder.PeekKind(); kind == '{' || kind == '[' {
		if err := p.skip(); err != nil {
			return err
		}
	} else {
		var err error
		if value, err = p.decoder.ReadValue(); err != nil {
			return p.malformed()
		}
		if err := checkNumber(value); err != nil {
			return err
		}
	}
	if err := f.set(value); err != nil && *bad == nil {
		*bad = fmt.Errorf("%s %w", f.name, err)
	}
	return nil
}

// skip reads over a value, and sees that the database can store it.
func (p *parser) skip() error {
	for depth := p.decoder.StackDepth(); ; {
		if kind := p.decoder.PeekKind(); kind == '0' {
			number, err := p.decoder.ReadValue()
			if err != nil {
				return p.malformed()
			}
			if err := checkNumber(number); err != nil {
				return err
			}
		} else if _, err := p.decoder.ReadToken(); err != nil {
			return p.malformed()
		}
		switch at := p.decoder.StackDepth(); {
		case at >= api.JSONDepthMax: // the values inside are one level deeper
			return fmt.Errorf("%w: it is nested deeper than %d", errMalformed, api.JSONDepthMax)
		case at == depth:
			return nil
		}
	}
}

func (p *parser) malformed() error {
	return fmt.Errorf("%w, near byte %d", errMalformed, p.decoder.InputOffset())
}

// digitsMax is how many digits of a number without an exponent surely fit a double.
const digitsMax = 300

func checkNumber(value jsontext.Value) error {
	if value.Kind() != '0' || len(value) < digitsMax && !bytes.ContainsAny(value, "eE") {
		return nil
	}
	if _, err := strconv.ParseFloat(string(value), 64); err != nil {
		return fmt.Errorf("%w: a number is too large", errMalformed)
	}
	return nil
}

// fieldNamed finds a field by its quoted name, unless it has had its value.
func fieldNamed(fields []field, quoted jsontext.Value) *field {
	name := []byte(quoted[1 : len(quoted)-1])
	if bytes.ContainsRune(name, '\\') {
		name, _ = jsontext.AppendUnquote(nil, quoted) // the decoder has found it valid
	}
	for i := range fields {
		if fields[i].set != nil && fields[i].name == string(name) {
			return &fields[i]
		}
	}
	return nil
}

func missing(fields []field) error {
	for _, f := range fields {
		if f.set != nil {
			return fmt.Errorf("%s is missing", f.name)
		}
	}
	return nil
}

// integer takes a whole JSON number from low to high.
func integer(name string, low, high int64, into *int64) field {
	return field{name, func(v jsontext.Value) error {
		n, err := strconv.ParseInt(string(v), 10, 64)
		switch {
		case v.Kind() != '0' || errors.Is(err, strconv.ErrSyntax):
			return errors.New("must be a whole number")
		case err != nil || n < low || n > high:
			return fmt.Errorf("must be from %d to %d", low, high)
		}
		*into = n
		return nil
	}}
}

// text takes a JSON string that accept accepts; accept's error says what it must be.
func text(name string, into *string, accept func(string) error) field {
	return field{name, func(v jsontext.Value) error {
		if v.Kind() != '"' {
			return errors.New("must be a string")
		}
		plain, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return errors.New("must be a valid string")
		}
		*into = string(plain)
		return accept(*into)
	}}
}

// keyLength is the rule for idempotency keys, in a header or in a body.
func keyLength(key string) error {
	if len(key) < 1 || len(key) > api.KeyBytesMax {
		return fmt.Errorf("must be 1 to %d bytes", api.KeyBytesMax)
	}
	return nil
}

func paymentStatus(status string) error {
	if status != api.PaymentSuccess && status != api.PaymentFailure {
		return fmt.Errorf("must be %q or %q", api.PaymentSuccess, api.PaymentFailure)
	}
	return nil
}
