package binlog

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// What a transaction payload's header consists of: type, length and value, up to an end mark.
const (
	payloadEnd         = 0
	payloadCompression = 2

	compressedZstd = 0
	compressedNot  = 255
)

const (
	eventHeader     = 19
	eventSizeOffset = 9 // of its size in an event's header

	// payloadMax bounds what one compressed transaction may unpack to: MySQL's own limit for a packet.
	payloadMax = 1 << 30
)

var errPayload = fmt.Errorf("%w: a compressed transaction is damaged", errUndecodable)

// unpacker takes the events out of a whole transaction that MySQL has compressed
// (binlog_transaction_compression=ON).
type unpacker struct{ decoder *zstd.Decoder }

// unpack hands out the events of a payload, each with its header, in order.
func (u *unpacker) unpack(payload []byte, each func(event []byte) error) error {
	events, err := u.decompress(payload)
	if err != nil {
		return err
	}
	for len(events) > 0 {
		if len(events) < eventHeader {
			return errPayload
		}
		size := int(binary.LittleEndian.Uint32(events[eventSizeOffset:]))
		if size < eventHeader || size > len(events) {
			return errPayload
		}
		if err := each(events[:size:size]); err != nil {
			return err
		}
		events = events[size:]
	}
	return nil
}

// decompress reads the payload's header and returns the bytes of the events behind it.
func (u *unpacker) decompress(payload []byte) ([]byte, error) {
	compression := uint64(compressedZstd)
	for {
		kind, rest, ok := packedNumber(payload)
		if !ok {
			return nil, errPayload
		}
		if kind == payloadEnd {
			payload = rest
			break
		}
		length, value, ok := packedNumber(rest)
		if !ok || length > uint64(len(value)) {
			return nil, errPayload
		}
		if kind == payloadCompression {
			if compression, _, ok = packedNumber(value[:length]); !ok {
				return nil, errPayload
			}
		}
		payload = value[length:]
	}
	switch compression {
	case compressedNot:
		return payload, nil
	case compressedZstd:
		return u.zstd(payload)
	}
	return nil, fmt.Errorf("%w: compression %d is not known", errPayload, compression)
}

func (u *unpacker) zstd(packed []byte) ([]byte, error) {
	if u.decoder == nil {
		decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(payloadMax))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errPayload, err)
		}
		u.decoder = decoder
	}
	events, err := u.decoder.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPayload, err)
	}
	return events, nil
}

// packedNumber reads one of MySQL's length-encoded integers.
func packedNumber(data []byte) (number uint64, rest []byte, ok bool) {
	if len(data) == 0 {
		return 0, nil, false
	}
	bytes := 0
	switch data[0] {
	case 0xfc:
		bytes = 2
	case 0xfd:
		bytes = 3
	case 0xfe:
		bytes = 8
	default:
		return uint64(data[0]), data[1:], data[0] < 0xfb
	}
	if len(data) < 1+bytes {
		return 0, nil, false
	}
	for i := bytes; i > 0; i-- {
		number = number<<8 | uint64(data[i])
	}
	return number, data[1+bytes:], true
}
