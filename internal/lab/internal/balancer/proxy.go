package balancer

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"

	"flashsale/internal/api"
)

// errNobodyReady says that a request was not sent to any server.
var errNobodyReady = errors.New("no server is ready")

// copyBytes is room for any answer but the API's description, which is copied piece by piece.
const copyBytes = 4 << 10

// newProxy makes what passes a request to send and its answer back.
func newProxy(send http.RoundTripper) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: send, ErrorHandler: answerError, ErrorLog: silent(), BufferPool: &buffers{},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.URL.RawQuery = r.In.URL.RawQuery
		},
	}
}

// buffers implements httputil.BufferPool.
type buffers struct{ pool sync.Pool }

// Get is httputil.BufferPool's.
func (b *buffers) Get() []byte {
	if kept, ok := b.pool.Get().(*[]byte); ok {
		return *kept
	}
	return make([]byte, copyBytes)
}

// Put is httputil.BufferPool's.
func (b *buffers) Put(buffer []byte) { b.pool.Put(&buffer) }

// answerError answers a request that could not be passed on, or whose answer was lost.
func answerError(w http.ResponseWriter, _ *http.Request, err error) {
	var timeout net.Error
	switch {
	case errors.Is(err, errNobodyReady):
		w.Header().Set("Retry-After", "1")
		answerProblem(w, http.StatusServiceUnavailable, api.ProblemOverloaded, "Overloaded",
			"no server is ready, so the request had no effect: send it again later")
	case errors.As(err, new(*http.MaxBytesError)):
		w.Header().Set("Connection", "close") // the rest of it was not read
		answerProblem(w, http.StatusRequestEntityTooLarge, api.ProblemTooLarge, "Request too large",
			"the body is far larger than any request's")
	case errors.As(err, &timeout) && timeout.Timeout():
		answerProblem(w, http.StatusGatewayTimeout, api.ProblemOutcomeUnknown, "Outcome unknown",
			"the server did not answer in time: send the request again with the same idempotency key")
	default:
		answerProblem(w, http.StatusBadGateway, api.ProblemOutcomeUnknown, "Outcome unknown",
			"the server hung up before it answered: send the request again with the same idempotency key")
	}
}

func answerProblem(w http.ResponseWriter, status int, kind, title, detail string) {
	w.Header().Set("Content-Type", api.ContentTypeProblem)
	w.WriteHeader(status)
	// What cannot be written has nobody left to read it.
	_ = json.NewEncoder(w).Encode(api.Problem{Type: kind, Title: title, Status: status, Detail: detail})
}
