package simulator

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
	"flashsale/internal/wire"
)

func TestAnswersAreClassified(t *testing.T) {
	for _, test := range []struct {
		name    string
		kind    evidence.Kind
		status  int
		body    string
		outcome evidence.Outcome
		problem string
		fault   string
	}{
		{"granted", evidence.CreateHold, 201, `{"hold_id":4,"expires_at":"2026-01-02T03:04:05Z"}`, evidence.OK, "", ""},
		{"no hold id", evidence.CreateHold, 201, `{"expires_at":"2026-01-02T03:04:05Z"}`, evidence.Unknown, "", "unreadable"},
		{"no expiry", evidence.CreateHold, 201, `{"hold_id":4}`, evidence.Unknown, "", "unreadable"},
		{"not JSON", evidence.CreateOrder, 201, `<html>`, evidence.Unknown, "", "unreadable"},
		{"odd message", evidence.SendWebhook, 200, `{"message":"ok","order_status":"paid","outcome":"paid"}`,
			evidence.Unknown, "", "unreadable"},
		{"sold out", evidence.CreateHold, 409, `{"type":"not-enough-stock","available_stock":0}`, evidence.Refused,
			"not-enough-stock", ""},
		{"bare 404", evidence.CreateHold, 404, `nothing here`, evidence.Refused, "", ""},
		{"overloaded", evidence.CreateHold, 503, `{"type":"overloaded"}`, evidence.Refused, "overloaded", ""},
		{"somebody's 503", evidence.CreateHold, 503, `busy`, evidence.Unknown, "", ""},
		{"unknown outcome", evidence.CreateHold, 504, `{"type":"outcome-unknown"}`, evidence.Unknown, "outcome-unknown", ""},
		{"500", evidence.CreateHold, 500, ``, evidence.Unknown, "", ""},
		{"redirect", evidence.CreateHold, 302, ``, evidence.Unknown, "", "unreadable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			op := evidence.Operation{Kind: test.kind}
			readAnswer(&op, test.status, []byte(test.body))
			if op.Outcome != test.outcome || op.Problem != test.problem || op.Error != test.fault ||
				int(op.HTTPStatus) != test.status {
				t.Errorf("got %+v", op)
			}
		})
	}
}

func TestAnswersAreKeptFieldByField(t *testing.T) {
	expires := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC).UnixMicro()
	for _, test := range []struct {
		body string
		want evidence.Operation
	}{
		{`{"id":3,"name":"x","price":9,"available_stock":2}`,
			evidence.Operation{Kind: evidence.ReadProduct, GotProductID: 3, GotPrice: 9, GotAvailable: 2}},
		{`{"hold_id":4,"expires_at":"2026-01-02T03:04:05.000006Z"}`,
			evidence.Operation{Kind: evidence.CreateHold, GotHoldID: 4, GotExpiresAt: expires}},
		{`{"hold_id":4,"product_id":3,"qty":2,"status":"used","expires_at":"2026-01-02T03:04:05.000006Z"}`,
			evidence.Operation{Kind: evidence.ReadHold, GotHoldID: 4, GotProductID: 3, GotQty: 2, GotStatus: "used",
				GotExpiresAt: expires}},
		{`{"order_id":5,"status":"pending","qty":2,"total_price":18}`,
			evidence.Operation{Kind: evidence.CreateOrder, GotOrderID: 5, GotStatus: "pending", GotQty: 2, GotTotal: 18}},
		{`{"order_id":5,"product_id":3,"hold_id":4,"qty":2,"total_price":18,"status":"paid"}`,
			evidence.Operation{Kind: evidence.ReadOrder, GotOrderID: 5, GotProductID: 3, GotHoldID: 4, GotQty: 2, GotTotal: 18,
				GotStatus: "paid"}},
		{`{"message":"Payment handled","order_status":"paid","outcome":"paid"}`,
			evidence.Operation{Kind: evidence.SendWebhook, GotStatus: "paid", GotOutcome: "paid", GotHandled: true}},
		{`{"message":"Already processed","order_status":"paid","outcome":"refund_due"}`,
			evidence.Operation{Kind: evidence.SendWebhook, GotStatus: "paid", GotOutcome: "refund_due"}},
	} {
		got := evidence.Operation{Kind: test.want.Kind}
		readAnswer(&got, 200, []byte(test.body))
		test.want.Outcome, test.want.HTTPStatus = evidence.OK, 200
		if got != test.want {
			t.Errorf("%s\ngot  %+v\nwant %+v", test.body, got, test.want)
		}
	}
}

func TestTransportErrorsAreNamed(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, "timeout"},
		{os.ErrDeadlineExceeded, "timeout"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "refused"},
		{&net.OpError{Op: "dial", Err: syscall.EADDRNOTAVAIL}, "refused"},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "reset"},
		{&net.OpError{Op: "dial", Err: context.Canceled}, "reset"},
		{io.EOF, "reset"},
		{io.ErrUnexpectedEOF, "reset"},
		{net.ErrClosed, "reset"},
		{wire.ErrTooLarge, "unreadable"},
		{fmt.Errorf("%w: no header", wire.ErrMalformed), "unreadable"},
	} {
		if got := transportError(test.err); got != test.want {
			t.Errorf("%v: got %s, want %s", test.err, got, test.want)
		}
	}
}

func TestSignaturesAreWhatTheirTamperSays(t *testing.T) {
	s, err := newSigner(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := standardwebhooks.NewWebhook(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	for tamper, want := range map[evidence.Tamper]error{
		"":                nil,
		evidence.Unsigned: standardwebhooks.ErrRequiredHeaders,
		evidence.Forged:   standardwebhooks.ErrNoMatchingSignature,
		evidence.Stale:    standardwebhooks.ErrMessageTooOld,
		evidence.Altered:  standardwebhooks.ErrNoMatchingSignature,
	} {
		op := &evidence.Operation{Kind: evidence.SendWebhook, OrderID: 7, Payment: success, Key: "k", Tamper: tamper}
		body := appendWebhook(nil, op.OrderID, op.Payment, op.Key)
		request := wire.AppendStart(nil, "POST", api.PathWebhook, "shop")
		request = wire.AppendBody(s.sign(request, op, body, time.Now()), api.ContentTypeJSON, body)
		sent, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(body, sent.Header); !errors.Is(err, want) {
			t.Errorf("%q: the shop says %v, want %v", tamper, err, want)
		}
		if want == nil && sent.Header.Get(api.HeaderWebhookID) != "k" {
			t.Errorf("message id %v", sent.Header)
		}
	}
}

func TestBackoffDoublesUpToItsLimitAndJitters(t *testing.T) {
	first, limit := 100*time.Millisecond, time.Second
	for attempt, full := range map[int32]time.Duration{1: first, 2: 2 * first, 3: 4 * first, 4: 8 * first, 5: limit,
		99: limit} {
		got := backoff(1, "key", attempt, first, limit)
		if got < full/2 || got > full {
			t.Errorf("after attempt %d: %s, want %s to %s", attempt, got, full/2, full)
		}
		if got != backoff(1, "key", attempt, first, limit) {
			t.Error("not reproducible")
		}
		if got == backoff(1, "other", attempt, first, limit) {
			t.Error("two requests wait in step")
		}
	}
}

func TestSampleIsBoundedAndFair(t *testing.T) {
	s := sample{max: 100, rng: stream(1, "sample", 0)}
	for id := range int64(10000) {
		s.add(id)
	}
	low := 0
	for _, id := range s.ids {
		if id < 5000 {
			low++
		}
	}
	if len(s.ids) != 100 || low < 30 || low > 70 {
		t.Errorf("%d ids, %d from the first half", len(s.ids), low)
	}
}
