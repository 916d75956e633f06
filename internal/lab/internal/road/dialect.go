package road

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"time"
)

// Dialect is what is spoken on a road. In all of them a client has one request under way at a time on a connection.
type Dialect int

// The dialects.
const (
	HTTP  Dialect = iota // any request can be cut; an answer is known by its first byte
	MySQL                // requests that commit can be cut; an answer is known by its last packet
)

// commit is the word by which a request to the database that commits is known, alone or after the transaction's writes.
var commit = []byte("COMMIT")

// committed is in what a server says when it opens a session, of the isolation level. Nothing is committed there.
var committed = []byte("READ COMMITTED")

// hello is what a client must say to be answered; a database speaks first. No server needs its database for this
// question, and answering takes the process itself.
func (d Dialect) hello() string {
	if d == MySQL {
		return ""
	}
	return "HEAD /openapi.yaml HTTP/1.1\r\nHost: knock\r\nConnection: close\r\n\r\n"
}

// Knock connects to an address as clients of the dialect do, waits for the first word of an answer, and says how long
// that took. The error is what a client meets.
func Knock(ctx context.Context, d Dialect, addr string) (time.Duration, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, fmt.Errorf("knock: %w", err)
	}
	defer conn.Close()
	giveUp := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer giveUp()
	if _, err := conn.Write([]byte(d.hello())); err != nil {
		return 0, fmt.Errorf("knock: %w", err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return 0, fmt.Errorf("knock: %w", err)
	}
	return time.Since(began), nil
}

// Knock goes the whole way, to the first word of an answer, and says how long that took.
func (r *Road) Knock(ctx context.Context) (time.Duration, error) {
	return Knock(ctx, r.dialect, r.Addr())
}

// reply follows a database's answer to statements that return no rows, which is one packet for each of them.
type reply struct {
	unread []byte // the beginning of a packet
}

// over takes the next bytes and says whether the last packet is among them. Several statements sent as one are answered
// one by one, so that the first bytes come long before the COMMIT at their end is done.
func (r *reply) over(said []byte) bool {
	r.unread = append(r.unread, said...)
	for len(r.unread) >= packetHeader {
		length := int(r.unread[0]) | int(r.unread[1])<<8 | int(r.unread[2])<<16
		if len(r.unread) < packetHeader+length {
			return false
		}
		packet := r.unread[packetHeader : packetHeader+length]
		if isLast(packet) {
			return true
		}
		r.unread = r.unread[packetHeader+length:]
	}
	return false
}

// Of MySQL's protocol.
const (
	packetHeader  = 4      // length, 3 bytes, and a sequence number
	okPacket      = 0x00   // the first byte of "done"
	moreResults   = 0x0008 // a status flag: the next statement's answer follows
	integer2Bytes = 0xfc   // the first byte of an integer that needs two more
	integer3Bytes = 0xfd
	integer8Bytes = 0xfe
)

// isLast says whether a packet ends an answer: "done" ends it if nothing follows, and anything else is an error, after
// which nothing follows either.
func isLast(packet []byte) bool {
	if len(packet) == 0 || packet[0] != okPacket {
		return true
	}
	rest := skipInteger(skipInteger(packet[1:])) // rows affected, insert id
	return len(rest) < 2 || binary.LittleEndian.Uint16(rest)&moreResults == 0
}

// skipInteger skips a length-encoded integer.
func skipInteger(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	size := 1
	switch b[0] {
	case integer2Bytes:
		size = 3
	case integer3Bytes:
		size = 4
	case integer8Bytes:
		size = 9
	}
	return b[min(size, len(b)):]
}
