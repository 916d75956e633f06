package simulator

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
)

// staleBy is how old a stale delivery claims to be: twice what the shop may tolerate.
const staleBy = 2 * api.WebhookTolerance

// A signer signs webhooks as Standard Webhooks 1.0.0 says, or wrongly in one of four ways.
type signer struct {
	honest *standardwebhooks.Webhook
	forger *standardwebhooks.Webhook
}

// newSigner takes the secret that the shop knows, as whsec_ and base64.
func newSigner(secret string) (*signer, error) {
	honest, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("webhook secret: %w", err)
	}
	guess := sha256.Sum256([]byte(secret + " is not known to a forger"))
	forger, err := standardwebhooks.NewWebhookRaw(guess[:])
	if err != nil {
		return nil, fmt.Errorf("forger's secret: %w", err)
	}
	return &signer{honest: honest, forger: forger}, nil
}

// sign adds the signature headers to a webhook, or spoils it as op.Tamper says. The message id is the
// event's key: all deliveries of one event are one message.
func (s *signer) sign(req *fasthttp.Request, op *evidence.Operation, now time.Time) {
	by, body := s.honest, req.Body()
	switch op.Tamper {
	case evidence.Unsigned:
		return
	case evidence.Forged:
		by = s.forger
	case evidence.Stale:
		now = now.Add(-staleBy)
	case evidence.Altered:
		// Signed when it said the opposite; what is sent is what op says.
		body = appendWebhook(nil, op.OrderID, opposite(op.Payment), op.Key)
	}
	// Sign has an error to return and no way to fail: it only hashes.
	signature, _ := by.Sign(op.Key, now, body)
	req.Header.Set(api.HeaderWebhookID, op.Key)
	req.Header.Set(api.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(api.HeaderWebhookSignature, signature)
}

func opposite(status string) string {
	if status == success {
		return failure
	}
	return success
}
