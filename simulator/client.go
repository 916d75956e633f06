package simulator

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
)

// Bounds of a connection's life and of an answer's size.
const (
	dialTimeout    = 3 * time.Second
	idleConnMax    = 10 * time.Second // shorter than any sensible server's, so that the client closes first
	answerBytesMax = 1 << 20
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

	closed context.Context // ends when nothing may be sent any more
	close  context.CancelFunc

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// A target is one server.
type target struct {
	host string
	http *fasthttp.HostClient
}

// newClient makes a client of the servers at the base URLs, with at most connsMax connections each.
func newClient(start time.Time, urls []string, connsMax int, r Recorder, s *signer) (*client, error) {
	c := &client{start: start, recorder: r, signer: s, conns: make(map[net.Conn]struct{})}
	c.closed, c.close = context.WithCancel(context.Background())
	for _, text := range urls {
		base, err := url.Parse(text)
		if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
			return nil, fmt.Errorf("target %q is not a base URL like http://127.0.0.1:8080", text)
		}
		c.targets = append(c.targets, &target{host: base.Host, http: c.hostClient(base, connsMax)})
	}
	return c, nil
}

func (c *client) hostClient(base *url.URL, connsMax int) *fasthttp.HostClient {
	secure := base.Scheme == "https"
	return &fasthttp.HostClient{
		Addr:        fasthttp.AddMissingPort(base.Host, secure),
		IsTLS:       secure,
		DialTimeout: c.dial,
		MaxConns:    connsMax,
		// A repetition that nobody recorded would be a request from nowhere.
		MaxIdemponentCallAttempts: 1,
		RetryIfErr:                func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
		MaxIdleConnDuration:       idleConnMax,
		MaxResponseBodySize:       answerBytesMax,
		ConnPoolStrategy:          fasthttp.LIFO,
		NoDefaultUserAgentHeader:  true,
		DisablePathNormalizing:    true,
	}
}

// dial opens a connection that stop can cut.
func (c *client) dial(addr string, timeout time.Duration) (net.Conn, error) {
	if timeout <= 0 || timeout > dialTimeout {
		timeout = dialTimeout
	}
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(c.closed, "tcp", addr)
	if err != nil {
		return nil, err
	}
	tracked := &trackedConn{Conn: conn, client: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Err() != nil {
		_ = conn.Close() // it was never used
		return nil, net.ErrClosed
	}
	c.conns[tracked] = struct{}{}
	return tracked, nil
}

// A trackedConn takes itself off the client's list when it is closed.
type trackedConn struct {
	net.Conn
	client *client
}

// Close is net.Conn's.
func (t *trackedConn) Close() error {
	t.client.mu.Lock()
	delete(t.client.conns, t)
	t.client.mu.Unlock()
	return t.Conn.Close()
}

// stop cuts every connection: calls in flight return at once, and are recorded as unknown.
func (c *client) stop() {
	c.close()
	c.mu.Lock()
	open := make([]net.Conn, 0, len(c.conns))
	for conn := range c.conns {
		open = append(open, conn)
	}
	c.mu.Unlock()
	for _, conn := range open {
		_ = conn.Close() // the only use left for it is to fail
	}
	for _, t := range c.targets {
		t.http.CloseIdleConnections()
	}
}

// now is the run's monotonic clock.
func (c *client) now() time.Duration { return time.Since(c.start) }

// send makes one attempt at the request that op describes, waits for its answer at most timeout, and
// fills in the rest of op. It never fails: what went wrong is in op.
func (c *client) send(op *evidence.Operation, timeout time.Duration) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)

	turn := int(c.turn.Add(1)-1) % len(c.targets)
	to := c.targets[turn]
	compose(req, op, to)
	if op.Kind == evidence.SendWebhook {
		c.signer.sign(req, op, time.Now())
	}
	if op.ID == 0 {
		op.ID = c.ids.Add(1)
	}
	if op.Request == 0 {
		op.Request = op.ID
	}
	op.Server = int32(turn)
	op.Call = int64(c.now())
	err := to.http.DoTimeout(req, resp, timeout)
	op.Return = int64(c.now())
	readAnswer(op, resp, err)

	c.observe(op)
	if err := c.recorder.Append(*op); err != nil {
		c.broken(fmt.Errorf("record an operation: %w", err))
	}
}

// compose writes the request that op describes.
func compose(req *fasthttp.Request, op *evidence.Operation, to *target) {
	path := make([]byte, 0, 64)
	body := req.Body()[:0]
	switch op.Kind {
	case evidence.ReadProduct:
		path = strconv.AppendInt(append(path, api.PathProducts...), op.ProductID, 10)
	case evidence.ReadHold:
		path = strconv.AppendInt(append(path, api.PathHolds+"/"...), op.HoldID, 10)
	case evidence.ReadOrder:
		path = strconv.AppendInt(append(path, api.PathOrders+"/"...), op.OrderID, 10)
	case evidence.CreateHold:
		path = append(path, api.PathHolds...)
		body = strconv.AppendInt(append(body, `{"product_id":`...), op.ProductID, 10)
		body = strconv.AppendInt(append(body, `,"qty":`...), op.Qty, 10)
		body = append(body, '}')
	case evidence.CreateOrder:
		path = append(path, api.PathOrders...)
		body = strconv.AppendInt(append(body, `{"hold_id":`...), op.HoldID, 10)
		body = append(body, '}')
	case evidence.SendWebhook:
		path = append(path, api.PathWebhook...)
		body = appendWebhook(body, op.OrderID, op.Payment, op.Key)
	}
	req.Header.SetRequestURIBytes(path)
	req.Header.SetHost(to.host)
	if to.http.IsTLS {
		req.URI().SetScheme("https")
	}
	if len(body) == 0 {
		return
	}
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType(api.ContentTypeJSON)
	req.SetBody(body)
	if op.Key != "" && op.Kind != evidence.SendWebhook {
		req.Header.Set(api.HeaderIdempotencyKey, op.Key)
	}
}

// appendWebhook writes a webhook's body. Keys and statuses are the simulator's own, plain ASCII.
func appendWebhook(b []byte, order int64, status, key string) []byte {
	b = strconv.AppendInt(append(b, `{"order_id":`...), order, 10)
	b = append(append(b, `,"status":"`...), status...)
	b = append(append(b, `","idempotency_key":"`...), key...)
	return append(b, `"}`...)
}
