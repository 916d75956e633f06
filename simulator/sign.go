package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
	"flashsale/internal/wire"
)

// staleBy is how old a stale delivery claims to be: twice what the shop may tolerate.
const staleBy = 2 * api.WebhookTolerance

// A signer signs webhooks as Standard Webhooks 1.0.0 says, or wrongly in one of four ways. It does by hand
// what the standard's library does, which makes a new hash for every message.
type signer struct {
	honest *secret
	forger *secret
}

// newSigner takes the secret that the shop knows, as whsec_ and base64.
func newSigner(text string) (*signer, error) {
	known, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err == nil && len(known) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("webhook secret: %w", err)
	}
	guess := sha256.Sum256([]byte(text + " is not known to a forger"))
	return &signer{honest: newSecret(known), forger: newSecret(guess[:])}, nil
}

// sign adds the signature headers of a webhook to its request, or spoils them as op.Tamper says. The message
// id is the event's key: all deliveries of one event are one message.
func (s *signer) sign(request []byte, op *evidence.Operation, body []byte, now time.Time) []byte {
	by := s.honest
	switch op.Tamper {
	case evidence.Unsigned:
		return request
	case evidence.Forged:
		by = s.forger
	case evidence.Stale:
		now = now.Add(-staleBy)
	case evidence.Altered:
		// Signed when it said the opposite; what is sent is what op says.
		body = appendWebhook(nil, op.OrderID, opposite(op.Payment), op.Key)
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	request = wire.AppendHeader(request, api.HeaderWebhookID, op.Key)
	request = wire.AppendHeader(request, api.HeaderWebhookTimestamp, stamp)
	return by.appendSignature(request, op.Key, stamp, body)
}

// A secret signs messages, from any goroutine.
type secret struct {
	hashes sync.Pool // of *signing
}

// A signing is what it takes to sign one message, used again and again.
type signing struct {
	mac     hash.Hash
	message []byte
	sum     []byte
}

func newSecret(key []byte) *secret {
	return &secret{hashes: sync.Pool{New: func() any { return &signing{mac: hmac.New(sha256.New, key)} }}}
}

// appendSignature adds the signature header of a message.
func (s *secret) appendSignature(request []byte, id, stamp string, body []byte) []byte {
	w := s.hashes.Get().(*signing)
	defer s.hashes.Put(w)
	w.message = append(append(w.message[:0], id...), '.')
	w.message = append(append(w.message, stamp...), '.')
	w.message = append(w.message, body...)
	w.mac.Reset()
	w.mac.Write(w.message)
	w.sum = w.mac.Sum(w.sum[:0])
	request = append(append(request, api.HeaderWebhookSignature...), ": v1,"...)
	request = base64.StdEncoding.AppendEncode(request, w.sum)
	return append(request, "\r\n"...)
}

func opposite(status string) string {
	if status == success {
		return failure
	}
	return success
}
