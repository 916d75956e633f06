package server

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

// verifier checks webhook signatures as Standard Webhooks 1.0.0 says: over the raw body, with any of the
// secrets, and with a timestamp within five minutes of the database's clock.
type verifier struct {
	hooks []*standardwebhooks.Webhook // empty: unsigned webhooks are allowed
	clock *clock
}

func newVerifier(cfg Config, clock *clock) (*verifier, error) {
	v := &verifier{clock: clock}
	if cfg.AllowUnsigned {
		return v, nil
	}
	for _, secret := range cfg.Secrets {
		hook, err := parseSecret(secret)
		if err != nil {
			return nil, err
		}
		v.hooks = append(v.hooks, hook)
	}
	return v, nil
}

// Reasons for a 401.
var (
	errSignatureMissing = errors.New("the headers webhook-id, webhook-timestamp and webhook-signature are required")
	errSignatureTime    = errors.New("webhook-timestamp must be whole seconds since the Unix epoch")
	errSignatureStale   = errors.New("webhook-timestamp is more than 5 minutes away from now")
	errSignatureWrong   = errors.New("no signature matches the body")
)

func (v *verifier) verify(body []byte, header *fasthttp.RequestHeader) error {
	if len(v.hooks) == 0 {
		return nil
	}
	headers := http.Header{}
	for _, name := range []string{api.HeaderWebhookID, api.HeaderWebhookTimestamp, api.HeaderWebhookSignature} {
		value := header.Peek(name)
		if len(value) == 0 {
			return errSignatureMissing
		}
		headers.Set(name, string(value))
	}
	seconds, err := strconv.ParseInt(headers.Get(api.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return errSignatureTime
	}
	if away := v.clock.now().Sub(time.Unix(seconds, 0)); away > api.WebhookTolerance || away < -api.WebhookTolerance {
		return errSignatureStale
	}
	for _, hook := range v.hooks {
		if hook.VerifyIgnoringTimestamp(body, headers) == nil {
			return nil
		}
	}
	return errSignatureWrong
}
