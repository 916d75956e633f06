package wire

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

const testBodyMax = 1000

// say answers whatever comes on a connection with text, in pieces of so many bytes, and closes it.
func say(t *testing.T, text string, piece int) *Conn {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	go func() {
		_, _ = server.Read(make([]byte, 4096))
		for rest := text; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			if _, err := io.WriteString(server, rest[:min(piece, len(rest))]); err != nil {
				return
			}
		}
		_ = server.Close()
	}()
	return New(client, testBodyMax)
}

func request() []byte { return AppendEnd(AppendStart(nil, "GET", "/x", "here")) }

func soon() time.Time { return time.Now().Add(10 * time.Second) }

func TestAnswers(t *testing.T) {
	long := strings.Repeat("x", testBodyMax)
	for _, test := range []struct {
		name   string
		text   string
		status int
		body   string
		reuse  bool
		err    error
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true, nil},
		{"no reason", "HTTP/1.1 200\r\ncontent-LENGTH:5\r\n\r\nhello", 200, "hello", true, nil},
		{"bare line feeds", "HTTP/1.1 201 Created\nContent-Length: 2\n\nhi", 201, "hi", true, nil},
		{"empty", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, "", true, nil},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true, nil},
		{"to the end", "HTTP/1.1 200 OK\r\n\r\nuntil we part", 200, "until we part", false, nil},
		{"to the end, most", "HTTP/1.1 200 OK\r\n\r\n" + long, 200, long, false, nil},
		{"to the end, too much", "HTTP/1.1 200 OK\r\n\r\n" + long + "x", 0, "", false, ErrTooLarge},
		{"closing", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false, nil},
		{"oldest", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false, nil},
		{"oldest, kept", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true, nil},
		{"more than asked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\n", 200, "hi", false, nil},
		{"early hints", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", true, nil},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n", 200, "hello",
			true, nil},
		{"chunks and length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, "hi",
			false, nil},
		{"small chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("1;"+strings.Repeat("e", 50)+"\r\nx\r\n", testBodyMax) + "0\r\n\r\n", 200, long, true, nil},
		{"many chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
			strings.Repeat("1\r\nx\r\n", testBodyMax+1) + "0\r\n\r\n", 0, "", false, ErrTooLarge},
		{"large chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", 0, "", false, ErrTooLarge},
		{"long chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx!\n0\r\n\r\n", 0, "", false, ErrMalformed},
		{"odd chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 0, "", false, ErrMalformed},
		{"large", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", 0, "", false, ErrTooLarge},
		{"huge", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 0, "", false, ErrMalformed},
		{"negative", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, "", false, ErrMalformed},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi", 0, "", false, ErrMalformed},
		{"other encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 0, "", false, ErrMalformed},
		{"endless headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", headMax), 0, "", false, ErrTooLarge},
		{"endless line", "HTTP/1.1 200 " + strings.Repeat("O", headMax), 0, "", false, ErrTooLarge},
		{"endless hints", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 100), 0, "", false, ErrMalformed},
		{"endless trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: y\r\n", headMax),
			0, "", false, ErrTooLarge},
		{"folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", 0, "", false, ErrMalformed},
		{"spaced header", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", 0, "", false, ErrMalformed},
		{"no header", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", 0, "", false, ErrMalformed},
		{"other protocol", "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", 0, "", false, ErrMalformed},
		{"other version", "HTTP/2.0 200 OK\r\n\r\n", 0, "", false, ErrMalformed},
		{"long status", "HTTP/1.1 2000 OK\r\n\r\n", 0, "", false, ErrMalformed},
		{"switching", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 0, "", false, ErrMalformed},
		{"nothing", "", 0, "", false, io.EOF},
		{"half a head", "HTTP/1.1 200 OK\r\nConte", 0, "", false, io.ErrUnexpectedEOF},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 0, "", false, io.ErrUnexpectedEOF},
		{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", 0, "", false, io.ErrUnexpectedEOF},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			t.Run(fmt.Sprintf("%s by %d", test.name, piece), func(t *testing.T) {
				c := say(t, test.text, piece)
				answer, err := c.RoundTrip(request(), soon())
				if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
					t.Fatalf("error %v, want %v", err, test.err)
				}
				if err == nil && (answer.Status != test.status || string(answer.Body) != test.body) {
					t.Errorf("got %d %q", answer.Status, answer.Body)
				}
				// What comes a byte later cannot be told from what was never sent.
				if c.Reusable() != test.reuse && piece > len(test.text) {
					t.Errorf("reusable: %t", c.Reusable())
				}
			})
		}
	}
}

func TestHeadersAreFoundInAnyCase(t *testing.T) {
	c := say(t, "HTTP/1.1 200 OK\r\nContent-Type:  text/plain \r\nidempotent-replayed: true\r\nContent-Length: 0\r\n\r\n", 5)
	answer, err := c.RoundTrip(request(), soon())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"content-type": "text/plain", "Idempotent-Replayed": "true", "Content": "", "X": ""} {
		if got := string(answer.Header(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestARequestArrivesAsItWasMeant(t *testing.T) {
	b := AppendStart(nil, "POST", []byte("/api/holds"), "shop:80")
	b = AppendHeader(b, "Idempotency-Key", "k1")
	b = AppendBody(b, "application/json", []byte(`{"qty":1}`))
	got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil || string(body) != `{"qty":1}` || got.Method != "POST" || got.RequestURI != "/api/holds" || got.Host != "shop:80" ||
		got.Header.Get("Idempotency-Key") != "k1" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v %+v %q", err, got, body)
	}
}

func dial(t *testing.T, server *httptest.Server) *Conn {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server.TLS != nil {
		pool := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		conn = tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: "example.com"})
	}
	t.Cleanup(func() { _ = conn.Close() })
	return New(conn, 1<<20)
}

func TestOneConnectionServesManyCallsPlainAndSecure(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(bytes.Repeat(body, 5000)) // chunked: net/http gives up counting
	})
	for name, start := range map[string]func(http.Handler) *httptest.Server{
		"http": httptest.NewServer, "https": httptest.NewTLSServer,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(echo)
			defer server.Close()
			c := dial(t, server)
			for i := range 20 {
				body := fmt.Appendf(nil, "call %d;", i)
				answer, err := c.RoundTrip(AppendBody(AppendStart(nil, "POST", "/", "x"), "text/plain", body), soon())
				if err != nil || answer.Status != 200 || !bytes.Equal(answer.Body, bytes.Repeat(body, 5000)) || !c.Reusable() {
					t.Fatalf("call %d: %v, %d bytes", i, err, len(answer.Body))
				}
			}
		})
	}
}

// A server that does not answer.
func deaf(t *testing.T) *Conn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return New(conn, testBodyMax)
}

func TestTheDeadlineEndsACall(t *testing.T) {
	c := deaf(t)
	_, err := c.RoundTrip(request(), time.Now().Add(20*time.Millisecond))
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() || c.Reusable() {
		t.Errorf("got %v", err)
	}
}

func TestCloseEndsACall(t *testing.T) {
	c := deaf(t)
	failed := make(chan error, 1)
	go func() { _, err := c.RoundTrip(request(), soon()); failed <- err }()
	_ = c.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestALargeAnswersBufferIsLetGo(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		_, _ = w.Write(make([]byte, 1000000))
	}))
	defer server.Close()
	c := dial(t, server)
	for range 2 {
		if answer, err := c.RoundTrip(request(), soon()); err != nil || len(answer.Body) != 1000000 {
			t.Fatal(err)
		}
	}
	if c.reset(); cap(c.buffer) > bufferKept {
		t.Errorf("%d bytes are kept", cap(c.buffer))
	}
}

// FuzzAnswer: whatever a server says, the parser ends, keeps within its bounds, and gives the same answer
// however the bytes were cut.
func FuzzAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", uint8(3))
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n", uint8(1))
	f.Add("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 409 Conflict\nConnection: keep-alive\n\nno", uint8(2))
	f.Fuzz(func(t *testing.T, text string, piece uint8) {
		whole := New(&script{text: text, piece: len(text) + 1}, testBodyMax)
		parts := New(&script{text: text, piece: int(piece) + 1}, testBodyMax)
		a, errA := whole.RoundTrip(nil, time.Time{})
		b, errB := parts.RoundTrip(nil, time.Time{})
		if (errA == nil) != (errB == nil) {
			t.Fatalf("whole: %v; in parts: %v", errA, errB)
		}
		if errA != nil {
			return
		}
		if a.Status != b.Status || !bytes.Equal(a.Body, b.Body) || !bytes.Equal(a.headers, b.headers) {
			t.Errorf("whole: %+v; in parts: %+v", a, b)
		}
		if a.Status < 200 || a.Status > 999 || len(a.Body) > testBodyMax || len(a.headers) > headMax {
			t.Errorf("out of bounds: %+v", a)
		}
		_ = a.Header("content-type")
	})
}

// A script is a connection on which the server's part is written beforehand.
type script struct {
	net.Conn
	text  string
	piece int
}

func (s *script) Write(b []byte) (int, error) { return len(b), nil }
func (s *script) SetDeadline(time.Time) error { return nil }
func (s *script) Close() error                { return nil }
func (s *script) Read(b []byte) (n int, err error) {
	if s.text == "" {
		return 0, io.EOF
	}
	n = copy(b, s.text[:min(s.piece, len(s.text))])
	s.text = s.text[n:]
	return n, nil
}

// BenchmarkRoundTrip is one call over loopback, the server's share of the time included.
func BenchmarkRoundTrip(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go serveCanned(listener)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c, r := New(conn, testBodyMax), request()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.RoundTrip(r, soon()); err != nil {
			b.Fatal(err)
		}
	}
}

const canned = "HTTP/1.1 201 Created\r\nServer: x\r\nDate: Sun, 02 Aug 2026 10:00:00 GMT\r\nContent-Type: application/json\r\n" +
	"Content-Length: 57\r\n\r\n{\"hold_id\":12345,\"expires_at\":\"2026-01-02T03:04:05.000006Z\"}"

func serveCanned(listener net.Listener) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	out := []byte(canned)
	for in := make([]byte, 4096); ; {
		if _, err := conn.Read(in); err != nil {
			return
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// BenchmarkParse is our own share of a call: a canned answer without a network.
func BenchmarkParse(b *testing.B) {
	s := &script{piece: len(canned)}
	c := New(s, testBodyMax)
	b.ReportAllocs()
	for b.Loop() {
		s.text = canned
		if _, err := c.RoundTrip(nil, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}
