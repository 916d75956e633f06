package binlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/go-mysql-org/go-mysql/replication"
)

// errUndecodable says that an event is not what it should be. Its maker is at fault, not the connection.
var errUndecodable = errors.New("an event of the binlog cannot be decoded")

// decoder turns the packets of one connection into events.
type decoder struct {
	parser   *replication.BinlogParser
	inner    *replication.BinlogParser // of compressed transactions, whose events have no checksums
	unpacker *unpacker
	checked  bool // events of this file end with a checksum
}

func newDecoder(l *layouts, u *unpacker) *decoder {
	return &decoder{parser: newParser(l), inner: newParser(l), unpacker: u}
}

// newParser makes a parser that leaves rows of tables that are not followed as they are.
func newParser(l *layouts) *replication.BinlogParser {
	parser := replication.NewBinlogParser()
	parser.SetVerifyChecksum(true)
	parser.SetParseTime(true)
	parser.SetIgnoreJSONDecodeError(true) // the tables' JSON is nothing that an image keeps
	parser.SetRowsEventDecodeFunc(func(rows *replication.RowsEvent, body []byte) error {
		at, err := rows.DecodeHeader(body)
		if err != nil || l.covers(rows.Table) == "" {
			return err
		}
		if n := rows.ColumnCount; n != rows.Table.ColumnCount || !anyOf(n, rows.ColumnBitmap1) ||
			rows.ColumnBitmap2 != nil && !anyOf(n, rows.ColumnBitmap2) {
			return errors.New("rows without columns") // the library would read them for ever
		}
		return rows.DecodeData(at, body)
	})
	return parser
}

// anyOf says whether a bitmap has one of the first n bits.
func anyOf(n uint64, bitmap []byte) bool {
	for i := range n {
		if bitmap[i/8]>>(i%8)&1 == 1 {
			return true
		}
	}
	return false
}

// decode hands out the event of a packet; of a compressed transaction those inside it, then its own.
func (d *decoder) decode(packet []byte, each func(*replication.BinlogEvent) error) error {
	if len(packet) < eventHeader {
		return fmt.Errorf("%w: it has %d bytes", errUndecodable, len(packet))
	}
	switch replication.EventType(packet[4]) {
	case replication.TRANSACTION_PAYLOAD_EVENT:
		return d.decodePayload(packet, each)
	case replication.FORMAT_DESCRIPTION_EVENT:
		if err := d.describeInner(packet); err != nil {
			return err
		}
	}
	event, err := parse(d.parser, packet)
	if err != nil {
		return err
	}
	if d.checked { // what is left of it is the same whenever the same is said again
		event.RawData = packet[:max(eventHeader, len(packet)-replication.BinlogChecksumLength)]
	}
	return each(event)
}

// parse reads those events that matter, and of others the header. It makes an error of the library's panics,
// which trusts the lengths that an event gives.
func parse(parser *replication.BinlogParser, packet []byte) (event *replication.BinlogEvent, err error) {
	if !matters(replication.EventType(packet[4])) {
		event = &replication.BinlogEvent{Header: &replication.EventHeader{}, Event: &replication.GenericEvent{}}
		if err := event.Header.Decode(packet); err != nil {
			return nil, undecodable(err)
		}
		return event, nil
	}
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("%w: %.100v", errUndecodable, broken)
		}
	}()
	if event, err = parser.Parse(packet); err != nil {
		return nil, undecodable(err)
	}
	return event, nil
}

// matters says whether there is more to an event than that it is there.
func matters(kind replication.EventType) bool {
	switch kind {
	case replication.FORMAT_DESCRIPTION_EVENT, replication.ROTATE_EVENT, replication.QUERY_EVENT,
		replication.MARIADB_QUERY_COMPRESSED_EVENT, replication.MARIADB_GTID_EVENT, replication.TABLE_MAP_EVENT,
		replication.WRITE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv1, replication.DELETE_ROWS_EVENTv1,
		replication.WRITE_ROWS_EVENTv2, replication.UPDATE_ROWS_EVENTv2, replication.DELETE_ROWS_EVENTv2,
		replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1, replication.MARIADB_UPDATE_ROWS_COMPRESSED_EVENT_V1,
		replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1, replication.PARTIAL_UPDATE_ROWS_EVENT:
		return true
	}
	return false
}

// decodePayload gives the offset of the whole to the events inside, which have none of their own.
func (d *decoder) decodePayload(packet []byte, each func(*replication.BinlogEvent) error) error {
	if d.checked {
		body := packet[:max(eventHeader, len(packet)-replication.BinlogChecksumLength)]
		sum := packet[len(body):]
		if len(sum) < replication.BinlogChecksumLength || crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(sum) {
			return undecodable(replication.ErrChecksumMismatch)
		}
		packet = body
	}
	var whole replication.EventHeader
	if err := whole.Decode(packet); err != nil {
		return undecodable(err)
	}
	return d.unpacker.unpack(packet[eventHeader:], func(inner []byte) error {
		event, err := parse(d.inner, inner)
		if err != nil {
			return err
		}
		event.Header.LogPos = whole.LogPos
		return each(event)
	})
}

// checksumKind is where an event that describes the format says how the others are checked, from its end.
const checksumKind = 5

// describeInner tells the parser of compressed transactions what it tells of the others, checksums aside.
func (d *decoder) describeInner(packet []byte) error {
	if len(packet) < eventHeader+checksumKind {
		return fmt.Errorf("%w: it has %d bytes", errUndecodable, len(packet))
	}
	unchecked := bytes.Clone(packet)
	kind := &unchecked[len(unchecked)-checksumKind]
	d.checked = *kind == replication.BINLOG_CHECKSUM_ALG_CRC32
	*kind = replication.BINLOG_CHECKSUM_ALG_OFF
	_, err := parse(d.inner, unchecked)
	return err
}

// undecodable leaves out the event's bytes, which the library quotes: they are rows.
func undecodable(err error) error {
	var event *replication.EventError
	if errors.As(err, &event) {
		return fmt.Errorf("%w: %s: %.100s", errUndecodable, event.Header.EventType, event.Err)
	}
	return fmt.Errorf("%w: %w", errUndecodable, err)
}
