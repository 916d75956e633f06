package load

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
)

// answerBytesMax bounds one answer, headers included.
const answerBytesMax = 16 << 10

// Conn is one HTTP/1.1 connection that is kept alive. It is for one goroutine, and after an error it is of no use.
type Conn struct {
	net      net.Conn
	in       []byte // room for one answer
	read     int    // bytes in it
	answered atomic.Int64
}

// Do sends a request and reads its answer. The body is valid until the next call. Errors: the connection broke or its
// deadline passed, the answer is not HTTP with a Content-Length, or its status is not the one expected.
func (c *Conn) Do(request []byte, expect int) (body []byte, err error) {
	if _, err := c.net.Write(request); err != nil {
		return nil, err
	}
	status, body, err := c.answer()
	if err != nil {
		return nil, err
	}
	if status != expect {
		line, _, _ := bytes.Cut(request, []byte("\r\n"))
		return nil, fmt.Errorf("%s: answered %d, not %d: %s", line, status, expect, body)
	}
	c.answered.Add(1)
	return body, nil
}

// answer reads until one answer is complete.
func (c *Conn) answer() (status int, body []byte, err error) {
	c.read = 0
	head, total := 0, 0
	for total == 0 || c.read < total {
		if c.read == len(c.in) {
			return 0, nil, fmt.Errorf("an answer of more than %d bytes", len(c.in))
		}
		n, err := c.net.Read(c.in[c.read:])
		if err != nil {
			return 0, nil, err
		}
		c.read += n
		if total > 0 {
			continue
		}
		end := bytes.Index(c.in[:c.read], []byte("\r\n\r\n"))
		if end < 0 {
			continue
		}
		head = end + len("\r\n\r\n")
		length := 0
		if status, length, err = parseHead(c.in[:end]); err != nil {
			return 0, nil, err
		}
		total = head + length
	}
	if c.read > total {
		return 0, nil, errors.New("more bytes than the answer has")
	}
	return status, c.in[head:total], nil
}

// contentLength is the header that says how long a body is, lower case.
var contentLength = []byte("content-length:")

// parseHead takes the status and the body's length from the lines before the body.
func parseHead(head []byte) (status, length int, err error) {
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, 0, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, fmt.Errorf("not an answer: %q", line)
	}
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		if len(line) < len(contentLength) || !bytes.EqualFold(line[:len(contentLength)], contentLength) {
			continue
		}
		length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):])))
		if err != nil || length < 0 {
			return 0, 0, fmt.Errorf("not a length: %q", line)
		}
		return status, length, nil
	}
	return 0, 0, fmt.Errorf("an answer %d without Content-Length", status)
}

// number is the value of an answer's numeric member, as in {"hold_id":17}; 0: there is none.
func number(body []byte, member string) int64 {
	at := bytes.Index(body, []byte(`"`+member+`":`))
	if at < 0 {
		return 0
	}
	value := int64(0)
	for _, digit := range body[at+len(member)+len(`"":`):] {
		if digit < '0' || digit > '9' {
			break
		}
		value = 10*value + int64(digit-'0')
	}
	return value
}
