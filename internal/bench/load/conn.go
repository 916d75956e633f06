package load

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"flashsale/internal/wire"
)

// answerBytesMax bounds the body of one answer.
const answerBytesMax = 16 << 10

// Conn is one connection that is kept alive. It is for one goroutine, and after an error it is of no use.
type Conn struct {
	wire     *wire.Conn
	deadline time.Time // of all its calls
	answered atomic.Int64
}

// Do sends a request and reads its answer. The body is valid until the next call. Errors: the connection broke or its
// deadline passed, the answer is not HTTP, its status is not the one expected, or the server is going to close the connection.
func (c *Conn) Do(request []byte, expect int) (body []byte, err error) {
	answer, err := c.wire.RoundTrip(request, c.deadline)
	if err != nil {
		return nil, err
	}
	if answer.Status != expect {
		line, _, _ := bytes.Cut(request, []byte("\r\n"))
		return nil, fmt.Errorf("%s: answered %d, not %d: %s", line, answer.Status, expect, answer.Body)
	}
	if !c.wire.Reusable() {
		return nil, errors.New("the server does not keep the connection alive")
	}
	c.answered.Add(1)
	return answer.Body, nil
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
