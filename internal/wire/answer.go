package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// An Answer is what a server said. Its bytes are the connection's: copy what is to outlive the next call.
type Answer struct {
	Status int    // 200 to 999
	Body   []byte // without framing

	headers []byte // the lines after the status line, line ends included
	framing framing
}

// framing is what the head says of where the body ends, and of what becomes of the connection.
type framing struct {
	length    int // of the body; -1 if not told
	chunked   bool
	close     bool
	keepAlive bool
	oldest    bool // HTTP/1.0, which closes unless it says otherwise
}

// Header is the value of the first header of that name, whatever its case; nil if there is none.
func (a *Answer) Header(name string) []byte {
	for rest := a.headers; len(rest) > 0; {
		var line []byte
		line, rest = cut(rest, '\n')
		if len(line) > len(name) && line[len(name)] == ':' && fold(line[:len(name)], name) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}

// readHead reads a status line and headers.
func (c *Conn) readHead() error {
	end := c.parsed + headMax
	line, err := c.readLine(end)
	if err != nil {
		return err
	}
	c.answer = Answer{framing: framing{length: -1}}
	if err := c.answer.readStatus(line); err != nil {
		return err
	}
	start := c.parsed
	for {
		if line, err = c.readLine(end); err != nil {
			return err
		}
		if len(line) == 0 {
			c.answer.headers = c.buffer[start:c.parsed]
			return nil
		}
		if err := c.answer.framing.readHeader(line); err != nil {
			return err
		}
	}
}

// readLine reads a line that must end before the buffer's byte end, and returns it without its line end.
func (c *Conn) readLine(end int) ([]byte, error) {
	for seen := c.parsed; ; {
		if i := bytes.IndexByte(c.buffer[seen:min(len(c.buffer), end)], '\n'); i >= 0 {
			line := c.buffer[c.parsed : seen+i]
			c.parsed = seen + i + 1
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			return line, nil
		}
		seen = min(len(c.buffer), end)
		if err := c.fill(end); err != nil {
			return nil, err
		}
	}
}

// readStatus reads "HTTP/1.1 201 Created".
func (a *Answer) readStatus(line []byte) error {
	const before = "HTTP/1.1 "
	if len(line) < len(before)+3 || string(line[:7]) != before[:7] || line[8] != ' ' ||
		line[7] != '1' && line[7] != '0' || len(line) > len(before)+3 && line[len(before)+3] != ' ' {
		return fmt.Errorf("%w: it begins with %.40q", ErrMalformed, line)
	}
	status, ok := decimal(line[len(before):len(before)+3], 999)
	if !ok || status < 100 || status == 101 { // nobody asked to switch protocols
		return fmt.Errorf("%w: status %.3q", ErrMalformed, line[len(before):])
	}
	a.Status, a.framing.oldest = status, line[7] == '0'
	return nil
}

// readHeader takes from a header what concerns framing.
func (f *framing) readHeader(line []byte) error {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || line[0] == ' ' || line[0] == '\t' || line[colon-1] == ' ' || line[colon-1] == '\t' {
		return fmt.Errorf("%w: header %.40q", ErrMalformed, line)
	}
	name := line[:colon]
	switch {
	case fold(name, "content-length"):
		n, ok := decimal(bytes.TrimSpace(line[colon+1:]), lengthMax)
		if !ok || f.length >= 0 && f.length != n {
			return fmt.Errorf("%w: header %.40q", ErrMalformed, line)
		}
		f.length = n
	case fold(name, "transfer-encoding"):
		if f.chunked || !fold(bytes.TrimSpace(line[colon+1:]), "chunked") {
			return fmt.Errorf("%w: header %.40q", ErrMalformed, line)
		}
		f.chunked = true
	case fold(name, "connection"):
		for rest := line[colon+1:]; len(rest) > 0; {
			var option []byte
			option, rest = cut(rest, ',')
			option = bytes.TrimSpace(option)
			f.close = f.close || fold(option, "close")
			f.keepAlive = f.keepAlive || fold(option, "keep-alive")
		}
	}
	return nil
}

// lengthMax is the largest Content-Length that is understood, on machines of 32 bits too.
const lengthMax = 1 << 30

// readBody reads what the head announced, and decides whether the connection can go on.
func (c *Conn) readBody() (err error) {
	f, again := &c.answer.framing, true
	switch {
	case c.answer.Status == 204 || c.answer.Status == 304:
	case f.chunked:
		again = f.length < 0 // told two ways, it may have been read in another way by somebody in between
		err = c.readChunks()
	case f.length >= 0:
		if f.length > c.bodyMax {
			return ErrTooLarge
		}
		c.answer.Body, err = c.readBytes(f.length)
	default:
		again = false
		err = c.readToEnd()
	}
	// What follows the answer was not asked for, and must not pass for the answer to the next request.
	c.reuse = again && err == nil && !f.close && (f.keepAlive || !f.oldest) && c.parsed == len(c.buffer)
	return err
}

func (c *Conn) readBytes(n int) ([]byte, error) {
	start := c.parsed
	for len(c.buffer)-start < n {
		if err := c.fill(start + n); err != nil {
			return nil, err
		}
	}
	c.parsed += n
	return c.buffer[start:c.parsed], nil
}

// readToEnd reads a body that ends with the connection.
func (c *Conn) readToEnd() error {
	start := c.parsed
	for {
		err := c.fill(start + c.bodyMax + 1)
		if len(c.buffer)-start > c.bodyMax {
			return ErrTooLarge
		}
		if errors.Is(err, io.EOF) {
			c.parsed = len(c.buffer)
			c.answer.Body = c.buffer[start:]
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readChunks reads a chunked body, and its trailers, which say nothing to us.
func (c *Conn) readChunks() error {
	c.chunks = c.chunks[:0]
	for start := c.parsed; ; c.forget(start) {
		line, err := c.readLine(c.parsed + headMax)
		if err != nil {
			return err
		}
		digits, _ := cut(line, ';') // then extensions, which nobody uses
		size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if err != nil {
			return fmt.Errorf("%w: chunk size %.40q", ErrMalformed, line)
		}
		if size == 0 {
			c.answer.Body = c.chunks
			return c.skipTrailers()
		}
		if int(size) > c.bodyMax-len(c.chunks) {
			return ErrTooLarge
		}
		chunk, err := c.readBytes(int(size))
		if err != nil {
			return err
		}
		c.chunks = append(c.chunks, chunk...)
		if line, err = c.readLine(c.parsed + len("\r\n")); err != nil {
			return err
		}
		if len(line) > 0 {
			return fmt.Errorf("%w: a chunk is longer than it said", ErrMalformed)
		}
	}
}

func (c *Conn) skipTrailers() error {
	for end := c.parsed + headMax; ; {
		line, err := c.readLine(end)
		if err != nil || len(line) == 0 {
			return err
		}
	}
}

// forget makes room by giving up what was parsed since start, so that however a body is cut into chunks,
// the buffer stays small. The head before start stays where it is.
func (c *Conn) forget(start int) {
	if c.parsed-start < bufferMin {
		return
	}
	rest := copy(c.buffer[start:], c.buffer[c.parsed:])
	c.buffer, c.parsed = c.buffer[:start+rest], start
}

// cut parts text at the first separator; without one all of it comes before.
func cut(text []byte, separator byte) (before, after []byte) {
	if i := bytes.IndexByte(text, separator); i >= 0 {
		return text[:i], text[i+1:]
	}
	return text, nil
}

// decimal reads a whole number of at most limit, digits only.
func decimal(digits []byte, limit int) (n int, ok bool) {
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		if n = n*10 + int(d-'0'); n > limit {
			return 0, false
		}
	}
	return n, len(digits) > 0
}

// fold tells whether text is the lower-case ASCII word but for its case.
func fold(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i := range text {
		if lower(text[i]) != lower(word[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
