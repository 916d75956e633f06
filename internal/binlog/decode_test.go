package binlog

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/klauspost/compress/zstd"

	"flashsale/internal/evidence"
)

// event makes the bytes of an event without a checksum.
func event(kind replication.EventType, body []byte) []byte {
	packet := make([]byte, eventHeader, eventHeader+len(body))
	packet[4] = byte(kind)
	binary.LittleEndian.PutUint32(packet[eventSizeOffset:], uint32(eventHeader+len(body)))
	return append(packet, body...)
}

func payload(t testing.TB, compression byte, events ...[]byte) []byte {
	var inner []byte
	for _, e := range events {
		inner = append(inner, e...)
	}
	if compression == compressedZstd {
		encoder, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		inner = encoder.EncodeAll(inner, nil)
		encoder.Close()
	}
	// A field that nobody knows, the kind of compression, the end of the header.
	return append([]byte{9, 3, 1, 2, 3, payloadCompression, 1, compression, payloadEnd}, inner...)
}

func TestUnpack(t *testing.T) {
	first, second := event(replication.XID_EVENT, make([]byte, 8)), event(replication.QUERY_EVENT, []byte("BEGIN"))
	whole := payload(t, compressedZstd, first, second)
	var u unpacker
	var got [][]byte
	err := u.unpack(whole, func(e []byte) error {
		got = append(got, e)
		return nil
	})
	if err != nil || len(got) != 2 || string(got[0]) != string(first) || string(got[1]) != string(second) {
		t.Errorf("got %x, %v", got, err)
	}
	plain := []byte{payloadCompression, 3, 0xfc, compressedNot, 0, payloadEnd}
	if err := u.unpack(append(plain, first...), func([]byte) error { return nil }); err != nil {
		t.Errorf("not compressed: %v", err)
	}
	for name, bad := range map[string][]byte{
		"empty":     {},
		"no end":    {payloadCompression, 1, 0},
		"cut":       whole[:len(whole)-3],
		"unknown":   payload(t, 7, first),
		"half":      payload(t, compressedZstd, first[:10]),
		"too long":  payload(t, compressedZstd, first[:25]),
		"no number": {payloadCompression, 0xff},
	} {
		if err := u.unpack(bad, func([]byte) error { return nil }); !errors.Is(err, errUndecodable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Whatever comes over the wire is an event or an error, never a panic and never without end.
func FuzzDecode(f *testing.F) {
	f.Add(event(replication.TRANSACTION_PAYLOAD_EVENT, payload(f, compressedZstd, event(replication.XID_EVENT, make([]byte, 8)))))
	f.Add(event(replication.ROTATE_EVENT, append(make([]byte, 8), "binlog.000001"...)))
	f.Add(describesHolds())
	f.Add(event(replication.WRITE_ROWS_EVENTv2,
		[]byte("\x01\x00\x00\x00\x00\x00\x01\x00\x02\x00\x02\xff\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00ok")))
	f.Fuzz(func(t *testing.T, packet []byte) {
		l := &layouts{schema: "shop", byID: map[uint64]*layout{}}
		d := newDecoder(l, &unpacker{})
		events := &transactions{
			layouts: l, passed: func(Position) {}, commit: func([]evidence.Change, Position) error { return nil },
		}
		for _, p := range [][]byte{format(), describesHolds(), packet, packet} { // what was before matters
			_ = d.decode(p, events.take)
		}
	})
}

// format describes the events of a MySQL 8.4 without checksums.
func format() []byte {
	body := make([]byte, 0, 110)
	body = append(body, 4, 0)
	body = append(body, "8.4.0"...)
	body = append(body, make([]byte, 45+4)...)
	body = append(body, eventHeader)
	lengths := make([]byte, 42)
	for _, kind := range []replication.EventType{
		replication.TABLE_MAP_EVENT, replication.WRITE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv1,
		replication.DELETE_ROWS_EVENTv1, replication.WRITE_ROWS_EVENTv2, replication.UPDATE_ROWS_EVENTv2,
		replication.DELETE_ROWS_EVENTv2, replication.PARTIAL_UPDATE_ROWS_EVENT,
	} {
		lengths[kind-1] = 8
	}
	return event(replication.FORMAT_DESCRIPTION_EVENT, append(append(body, lengths...), 0, 0, 0, 0, 0))
}

// describesHolds is shop.holds, table 1 of the log, with a column id and one of text.
func describesHolds() []byte {
	return event(replication.TABLE_MAP_EVENT, []byte("\x01\x00\x00\x00\x00\x00\x01\x00\x04shop\x00\x05holds\x00"+
		"\x02\x08\x0f\x02\x40\x00\x00"+"\x01\x01\x00"+"\x04\x0a\x02id\x06status"))
}
