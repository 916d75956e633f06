package columnar

import "encoding/binary"

// wire types of the Thrift compact protocol
const (
	wireTrue   = 1
	wireFalse  = 2
	wireByte   = 3
	wireI16    = 4
	wireI32    = 5
	wireI64    = 6
	wireDouble = 7
	wireBinary = 8
	wireList   = 9
	wireSet    = 10
	wireStruct = 12
)

// maxDepth bounds how deep structures nest: the format's own go to six.
const maxDepth = 16

// cursor walks over a message of the Thrift compact protocol. The first trouble sticks in err, and from
// then on there is nothing left to read.
type cursor struct {
	left  []byte
	wire  byte // type of the value that comes next
	depth int
	err   error
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = corrupt(format, args...)
	}
	c.left = nil
}

// take cuts off the next n bytes.
func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.left)) {
		c.fail("%d bytes where %d are left", n, len(c.left))
		return nil
	}
	taken := c.left[:n]
	c.left = c.left[n:]
	return taken
}

func (c *cursor) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	value, n := binary.Uvarint(c.left)
	if n <= 0 {
		c.fail("a number without an end")
		return 0
	}
	c.left = c.left[n:]
	return value
}

func (c *cursor) varint() int64 {
	value := c.uvarint()
	return int64(value>>1) ^ -int64(value&1)
}

// object reads a struct: field takes the value of a field by its number, or returns false to skip it.
func (c *cursor) object(field func(number int64) bool) {
	if c.wire != wireStruct {
		c.fail("wire type %d where a struct should be", c.wire)
	}
	if c.depth++; c.depth > maxDepth {
		c.fail("structures nest too deep")
	}
	number := int64(0)
	for c.err == nil {
		head := c.byte()
		if head == 0 {
			break
		}
		if delta := head >> 4; delta != 0 {
			number += int64(delta)
		} else {
			number = c.varint()
		}
		if c.wire = head & 15; !field(number) {
			c.skip()
		}
	}
	c.depth--
}

// list reads a list: element takes each of its values.
func (c *cursor) list(element func()) {
	if c.wire != wireList && c.wire != wireSet {
		c.fail("wire type %d where a list should be", c.wire)
	}
	head := c.byte()
	count := uint64(head >> 4)
	if count == 15 {
		count = c.uvarint()
	}
	for ; count > 0 && c.err == nil; count-- {
		c.wire = head & 15
		element()
	}
}

func (c *cursor) int() int64 {
	if c.wire < wireI16 || c.wire > wireI64 {
		c.fail("wire type %d where a number should be", c.wire)
	}
	return c.varint()
}

func (c *cursor) text() string {
	if c.wire != wireBinary {
		c.fail("wire type %d where text should be", c.wire)
	}
	return string(c.take(c.uvarint()))
}

// bool reads a field's value, which its type carries.
func (c *cursor) bool() bool {
	if c.wire != wireTrue && c.wire != wireFalse {
		c.fail("wire type %d where a truth value should be", c.wire)
	}
	return c.wire == wireTrue
}

// skip passes over a field's value, whatever it is.
func (c *cursor) skip() {
	switch c.wire {
	case wireTrue, wireFalse:
	case wireByte:
		c.take(1)
	case wireI16, wireI32, wireI64:
		c.uvarint()
	case wireDouble:
		c.take(8)
	case wireBinary:
		c.take(c.uvarint())
	case wireList, wireSet:
		c.skipList()
	case wireStruct:
		c.object(func(int64) bool { return false })
	default: // maps too: the format has none
		c.fail("wire type %d", c.wire)
	}
}

func (c *cursor) skipList() {
	if c.depth++; c.depth > maxDepth {
		c.fail("structures nest too deep")
	}
	c.list(func() {
		if c.wire == wireTrue || c.wire == wireFalse {
			c.wire = wireByte // alone in a list it needs a byte
		}
		c.skip()
	})
	c.depth--
}
