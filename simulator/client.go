package simulator

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
	"flashsale/internal/wire"
)

// Recorder takes the history, one operation for every attempt. It is called from many goroutines.
type Recorder interface {
	Append(evidence.Operation) error
}

// A client is the only code that touches the network. It sends one attempt at a time, never repeats
// one on its own, stamps it on the run's monotonic clock, and records it whatever became of it.
type client struct {
	start    time.Time
	targets  []*target
	turn     atomic.Uint32
	ids      atomic.Int64
	recorder Recorder
	observe  func(*evidence.Operation)
	broken   func(error) // told when the history cannot be written
	signer   *signer
	drafts   sync.Pool // of *draft

	closed context.Context // ends when nothing may be sent any more
	close  context.CancelFunc
}

// A draft is where a request is written before it is sent.
type draft struct{ request, body []byte }

// newClient makes a client of the servers at the base URLs.
func newClient(start time.Time, urls []string, r Recorder, s *signer) (*client, error) {
	c := &client{start: start, recorder: r, signer: s, drafts: sync.Pool{New: func() any { return new(draft) }}}
	c.closed, c.close = context.WithCancel(context.Background())
	for _, text := range urls {
		t, err := newTarget(c.closed, text)
		if err != nil {
			return nil, err
		}
		c.targets = append(c.targets, t)
	}
	return c, nil
}

// stop cuts every connection: calls in flight return at once, and are recorded as unknown.
func (c *client) stop() {
	c.close()
	for _, t := range c.targets {
		t.cut()
	}
}

// now is the run's monotonic clock.
func (c *client) now() time.Duration { return time.Since(c.start) }

// send makes one attempt at the request that op describes, waits for its answer at most timeout, and
// fills in the rest of op. It never fails: what went wrong is in op.
func (c *client) send(op *evidence.Operation, timeout time.Duration) {
	turn := int(c.turn.Add(1)-1) % len(c.targets)
	to := c.targets[turn]
	d := c.drafts.Get().(*draft)
	c.compose(d, op, to.host)
	if op.ID == 0 {
		op.ID = c.ids.Add(1)
	}
	if op.Request == 0 {
		op.Request = op.ID
	}
	op.Server = int32(turn)
	c.exchange(op, to, d.request, timeout)
	c.drafts.Put(d)

	c.observe(op)
	if err := c.recorder.Append(*op); err != nil {
		c.broken(fmt.Errorf("record an operation: %w", err))
	}
}

// exchange is the attempt itself: request out, answer in, both stamped.
func (c *client) exchange(op *evidence.Operation, to *target, request []byte, timeout time.Duration) {
	called := c.now()
	op.Call = int64(called)
	deadline := c.deadline(called, timeout)
	conn, err := to.acquire(called, deadline)
	var answer *wire.Answer
	if err == nil {
		answer, err = conn.RoundTrip(request, deadline)
	}
	returned := c.now()
	op.Return = int64(returned)
	if err != nil {
		op.Outcome, op.Error = evidence.Unknown, transportError(err)
	} else {
		op.Replayed = string(answer.Header(api.HeaderIdempotentReplayed)) == "true"
		readAnswer(op, answer.Status, answer.Body)
	}
	if conn != nil {
		to.release(conn, returned)
	}
}

// deadlineSteps says how precise a time-out is: to its 64th part.
const deadlineSteps = 64

// deadline is when a call times out: never early, but so that calls that follow each other have the same
// deadline, which their connection then knows already.
func (c *client) deadline(call, timeout time.Duration) time.Time {
	step := max(timeout/deadlineSteps, 1)
	return c.start.Add((call + timeout + step - 1) / step * step)
}

// compose writes the request that op describes.
func (c *client) compose(d *draft, op *evidence.Operation, host string) {
	switch op.Kind {
	case evidence.ReadProduct:
		d.read(api.PathProducts, op.ProductID, host)
	case evidence.ReadHold:
		d.read(api.PathHolds+"/", op.HoldID, host)
	case evidence.ReadOrder:
		d.read(api.PathOrders+"/", op.OrderID, host)
	case evidence.CreateHold:
		body := strconv.AppendInt(append(d.body[:0], `{"product_id":`...), op.ProductID, 10)
		body = strconv.AppendInt(append(body, `,"qty":`...), op.Qty, 10)
		d.body = append(body, '}')
		d.post(api.PathHolds, host, op.Key)
	case evidence.CreateOrder:
		body := strconv.AppendInt(append(d.body[:0], `{"hold_id":`...), op.HoldID, 10)
		d.body = append(body, '}')
		d.post(api.PathOrders, host, op.Key)
	case evidence.SendWebhook:
		d.body = appendWebhook(d.body[:0], op.OrderID, op.Payment, op.Key)
		d.request = wire.AppendStart(d.request[:0], "POST", api.PathWebhook, host)
		d.request = c.signer.sign(d.request, op, d.body, time.Now())
		d.request = wire.AppendBody(d.request, api.ContentTypeJSON, d.body)
	}
}

func (d *draft) read(path string, id int64, host string) {
	d.body = strconv.AppendInt(append(d.body[:0], path...), id, 10)
	d.request = wire.AppendEnd(wire.AppendStart(d.request[:0], "GET", d.body, host))
}

func (d *draft) post(path, host, key string) {
	d.request = wire.AppendStart(d.request[:0], "POST", path, host)
	if key != "" {
		d.request = wire.AppendHeader(d.request, api.HeaderIdempotencyKey, key)
	}
	d.request = wire.AppendBody(d.request, api.ContentTypeJSON, d.body)
}

// appendWebhook writes a webhook's body. Keys and statuses are the simulator's own, plain ASCII.
func appendWebhook(b []byte, order int64, status, key string) []byte {
	b = strconv.AppendInt(append(b, `{"order_id":`...), order, 10)
	b = append(append(b, `,"status":"`...), status...)
	b = append(append(b, `","idempotency_key":"`...), key...)
	return append(b, `"}`...)
}
