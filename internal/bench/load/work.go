package load

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
	"flashsale/internal/wire"
)

// host is what requests say they are for; the server does not care.
const host = "flashsale"

// post writes a POST; headers are complete lines.
func post(b []byte, path string, headers string, body []byte) []byte {
	b = wire.AppendStart(b, http.MethodPost, path, host)
	return wire.AppendBody(append(b, headers...), api.ContentTypeJSON, body)
}

func holdBody(productID, qty int64) []byte {
	return fmt.Appendf(nil, `{"product_id":%d,"qty":%d}`, productID, qty)
}

// same sends the same request again and again.
func same(request []byte, expect int) func(int) Work {
	return func(int) Work {
		return func(c *Conn) error {
			_, err := c.Do(request, expect)
			return err
		}
	}
}

// Holds takes one unit of a product, with no idempotency key.
func Holds(productID int64) func(connection int) Work {
	return TakeHolds(productID, 1)
}

// TakeHolds takes so many units of a product at once, with no idempotency key.
func TakeHolds(productID, qty int64) func(connection int) Work {
	return same(post(nil, api.PathHolds, "", holdBody(productID, qty)), http.StatusCreated)
}

// SoldOut asks for a unit of a product that has none left.
func SoldOut(productID int64) func(connection int) Work {
	return same(post(nil, api.PathHolds, "", holdBody(productID, 1)), http.StatusConflict)
}

// Reads reads a product.
func Reads(productID int64) func(connection int) Work {
	path := api.PathProducts + strconv.FormatInt(productID, 10)
	return same(wire.AppendEnd(wire.AppendStart(nil, http.MethodGet, path, host)), http.StatusOK)
}

// keyDigits is the room for the number in a key.
const keyDigits = 12

// KeyedHolds takes one unit of a product, each time under a new idempotency key that begins with the run's name. Keys
// must not come again: the name is the caller's to make unique.
func KeyedHolds(productID int64, run string) func(connection int) Work {
	return func(connection int) Work {
		key := fmt.Sprintf("%s: %s-%d-", api.HeaderIdempotencyKey, run, connection)
		header := fmt.Sprintf("%s%0*d\r\n", key, keyDigits, 0)
		request := post(nil, api.PathHolds, header, holdBody(productID, 1))
		at := bytes.Index(request, []byte(key)) + len(key)
		digits := request[at : at+keyDigits]
		return func(c *Conn) error {
			increment(digits)
			_, err := c.Do(request, http.StatusCreated)
			return err
		}
	}
}

// increment adds one to a number in decimal digits.
func increment(digits []byte) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i]++; digits[i] <= '9' {
			return
		}
		digits[i] = '0'
	}
}

// CheckoutAnswers is how many answers a whole checkout takes: hold, order, deliveries.
const CheckoutAnswers = 2 + deliveries

// deliveries is how often the one payment event of a checkout is delivered.
const deliveries = 3

// Checkouts takes one unit of a product, orders it, and delivers one signed success webhook three times.
// Errors: a secret that is not whsec_ and base64.
func Checkouts(productID int64, secret string) (func(connection int) Work, error) {
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("webhook secret: %w", err)
	}
	hold := post(nil, api.PathHolds, "", holdBody(productID, 1))
	return func(int) Work {
		return (&checkout{hold: hold, signer: signer}).do
	}, nil
}

// checkout is one buyer at a time, on one connection.
type checkout struct {
	hold          []byte
	signer        *standardwebhooks.Webhook
	request, body []byte // room to write in
}

func (k *checkout) do(c *Conn) error {
	held, err := c.Do(k.hold, http.StatusCreated)
	if err != nil {
		return err
	}
	k.body = fmt.Appendf(k.body[:0], `{"hold_id":%d}`, number(held, "hold_id"))
	k.request = post(k.request[:0], api.PathOrders, "", k.body)
	ordered, err := c.Do(k.request, http.StatusCreated)
	if err != nil {
		return err
	}
	if err := k.pay(number(ordered, "order_id")); err != nil {
		return err
	}
	for range deliveries {
		if _, err := c.Do(k.request, http.StatusOK); err != nil {
			return err
		}
	}
	return nil
}

// pay writes the webhook of an order's payment.
func (k *checkout) pay(orderID int64) error {
	key, now := "pay-"+strconv.FormatInt(orderID, 10), time.Now()
	k.body = fmt.Appendf(k.body[:0], `{"order_id":%d,"status":"%s","idempotency_key":"%s"}`, orderID, api.PaymentSuccess, key)
	signature, err := k.signer.Sign(key, now, k.body)
	if err != nil {
		return fmt.Errorf("sign a webhook: %w", err)
	}
	headers := fmt.Sprintf("%s: %s\r\n%s: %d\r\n%s: %s\r\n", api.HeaderWebhookID, key, api.HeaderWebhookTimestamp, now.Unix(),
		api.HeaderWebhookSignature, signature)
	k.request = post(k.request[:0], api.PathWebhook, headers, k.body)
	return nil
}
