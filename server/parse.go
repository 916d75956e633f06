package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

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

// parseBody reads the fields out of a body. The body must be JSON that the database stores unchanged, or
// the error is errMalformed; then it must be an object with every field, each as its set wants it.
func parseBody(body []byte, fields ...field) error {
	if err := checkJSON(body); err != nil {
		return err
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	if opening, err := decoder.ReadToken(); err != nil || opening.Kind() != '{' {
		return errors.New("the body must be a JSON object")
	}
	found := 0
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
		wanted := fieldNamed(fields, name.String())
		value, err := decoder.ReadValue()
		if err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
		if wanted == nil {
			continue
		}
		if err := wanted.set(value); err != nil {
			return fmt.Errorf("%s %w", wanted.name, err)
		}
		wanted.set = nil
		found++
	}
	if found < len(fields) {
		for _, f := range fields {
			if f.set != nil {
				return fmt.Errorf("%s is missing", f.name)
			}
		}
	}
	return nil
}

func fieldNamed(fields []field, name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

// checkJSON accepts what both MySQL's and MariaDB's JSON columns accept, and no more: one value, valid
// UTF-8, no lone surrogates, no repeated names, numbers within a double, at most api.JSONDepthMax deep.
func checkJSON(body []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return fmt.Errorf("%w, near byte %d", errMalformed, decoder.InputOffset())
		}
		if decoder.StackDepth() >= api.JSONDepthMax { // the values inside are one level deeper
			return fmt.Errorf("%w: it is nested deeper than %d", errMalformed, api.JSONDepthMax)
		}
		if token.Kind() == '0' {
			if _, err := strconv.ParseFloat(token.String(), 64); err != nil {
				return fmt.Errorf("%w: a number is too large", errMalformed)
			}
		}
		if decoder.StackDepth() == 0 {
			break
		}
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows it, near byte %d", errMalformed, decoder.InputOffset())
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
