package server

import (
	_ "embed"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"flashsale/internal/api"
)

//go:embed openapi.yaml
var openAPI []byte

// Bounds of the HTTP front. Bodies up to bodyBytesRead are read in full, so that one over the API's limit
// gets a proper 413 on a connection that stays usable; beyond that the connection is closed. A body has its
// memory from the moment it is announced, so connectionsMax x bodyBytesRead is what strangers can claim: 2 GiB.
const (
	bodyBytesRead   = 2 * api.BodyBytesMax
	headerBytesMax  = 16 << 10
	connectionsMax  = 16384
	readTimeout     = 10 * time.Second
	writeTimeout    = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	retryAfterValue = "1"
)

func (s *Server) frontServer() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:               s.handle,
		ErrorHandler:          s.unreadable,
		Name:                  "flashsale",
		MaxRequestBodySize:    bodyBytesRead,
		ReadBufferSize:        headerBytesMax,
		Concurrency:           connectionsMax,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		CloseOnShutdown:       true,
		ConnState:             s.clients.follow,
		NoDefaultContentType:  true,
		NoDefaultServerHeader: true,
		Logger:                silent{},
		// A body is what was sent: it is signed, and no type of content takes it apart beforehand.
		DisablePreParseMultipartForm: true,
	}
}

// silent drops fasthttp's own log lines: they tell of clients that hung up, which the metrics count.
type silent struct{}

func (silent) Printf(string, ...any) {}

// handle answers one request and counts it. While a drain is announced, every answer closes its connection: the next
// request on it could arrive when nobody reads any more.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	started := time.Now()
	operation := s.route(ctx)
	if s.phase.Load() == draining {
		ctx.SetConnectionClose()
	}
	s.metrics.answered(operation, ctx.Response.StatusCode(), time.Since(started))
}

// route finds the endpoint, runs it, and names the operation for the metrics. The path counts as it was
// sent: were "//" or "%2f" taken for "/", a proxy that guards some paths could be talked past.
func (s *Server) route(ctx *fasthttp.RequestCtx) (operation string) {
	path := string(ctx.URI().PathOriginal())
	switch path {
	case api.PathHolds:
		return s.only(ctx, fasthttp.MethodPost, "hold", s.createHold)
	case api.PathOrders:
		return s.only(ctx, fasthttp.MethodPost, "order", s.createOrder)
	case api.PathWebhook:
		return s.only(ctx, fasthttp.MethodPost, "webhook", s.payment)
	case api.PathOpenAPI:
		return s.only(ctx, fasthttp.MethodGet, "openapi", func(ctx *fasthttp.RequestCtx) {
			ctx.SetContentType("application/yaml")
			ctx.SetBody(openAPI)
		})
	}
	for _, resource := range []struct {
		prefix, operation string
		read              func(*fasthttp.RequestCtx, int64)
	}{
		{api.PathProducts, "read-product", s.readProduct},
		{api.PathHolds + "/", "read-hold", s.readHold},
		{api.PathOrders + "/", "read-order", s.readOrder},
	} {
		if rest, ok := strings.CutPrefix(path, resource.prefix); ok {
			return s.only(ctx, fasthttp.MethodGet, resource.operation, func(ctx *fasthttp.RequestCtx) {
				id, ok := parseID(rest)
				if !ok {
					answerProblem(ctx, notFound("there is nothing at this path"))
					return
				}
				resource.read(ctx, id)
			})
		}
	}
	answerProblem(ctx, notFound("there is nothing at this path"))
	return "none"
}

// parseID takes a positive decimal id, written the one way that we write it.
func parseID(text string) (int64, bool) {
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0 && strconv.FormatInt(id, 10) == text
}

// only runs the endpoint for its method (HEAD counts as GET) and bodies within the limit.
func (s *Server) only(ctx *fasthttp.RequestCtx, method, operation string, endpoint func(*fasthttp.RequestCtx)) string {
	asked := string(ctx.Method())
	switch {
	case asked != method && (method != fasthttp.MethodGet || asked != fasthttp.MethodHead):
		ctx.Response.Header.Set(fasthttp.HeaderAllow, method)
		answerProblem(ctx, problem{fasthttp.StatusMethodNotAllowed, api.ProblemMethod, "use " + method})
	case len(ctx.Request.Body()) > api.BodyBytesMax:
		answerProblem(ctx, tooLarge())
	default:
		endpoint(ctx)
	}
	return operation
}

// unreadable answers what fasthttp could not read as a request.
func (s *Server) unreadable(ctx *fasthttp.RequestCtx, err error) {
	var smallBuffer *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		answerProblem(ctx, tooLarge())
	case errors.As(err, &smallBuffer):
		answerProblem(ctx, problem{fasthttp.StatusRequestHeaderFieldsTooLarge, api.ProblemTooLarge,
			"the headers are too large"})
	case errors.As(err, &network) && network.Timeout():
		answerProblem(ctx, problem{fasthttp.StatusRequestTimeout, api.ProblemMalformed,
			"the request took too long to arrive"})
	default:
		answerProblem(ctx, problem{fasthttp.StatusBadRequest, api.ProblemMalformed, "this is not an HTTP request"})
	}
	s.metrics.answered("none", ctx.Response.StatusCode(), 0)
}
