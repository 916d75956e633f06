package history

import (
	"errors"
	"fmt"
	"hash/maphash"
)

// KeyID stands for an idempotency key: equal numbers of one Keys are equal keys, byte for byte. 0 is no key.
type KeyID uint32

// Group is the number of a key's group where records are grouped by key: None without a key.
func (id KeyID) Group() uint32 { return uint32(id) - 1 }

const (
	keyBytesMax   = 1<<16 - 1 // more than any database column for keys holds
	keyBlockBytes = 1 << 20
	slotsMin      = 1 << 8
)

// Keys numbers the keys of one endpoint: each endpoint has a space of its own. The bytes stand in large blocks,
// one after the other, and an open-addressing table of numbers finds them again. The hash is seeded, so that no
// target can choose keys that collide, and only ever picks candidates: the bytes decide.
type Keys struct {
	blocks [][]byte
	spans  List[span] // of key 1, 2, ...
	seed   maphash.Seed
	slots  []slot // a power of two of them, at most three quarters taken
	sealed bool
}

// span says where a key stands.
type span struct {
	block, offset uint32
	length        uint16
}

// slot is a place in the table: the key's hash, and its number; number 0 is free.
type slot struct {
	hash uint32
	key  KeyID
}

// Len is the number of keys; their ids are 1 to Len.
func (k *Keys) Len() int { return k.spans.Len() }

// Intern returns the number of a key, a new one if it has none. The text is copied.
func (k *Keys) Intern(text string) (KeyID, error) {
	switch {
	case text == "":
		return 0, nil
	case k.sealed:
		return 0, errors.New("an idempotency key after all were numbered")
	}
	if err := tellable(text); err != nil {
		return 0, err
	}
	if 4*k.Len() >= 3*len(k.slots) {
		k.grow()
	}
	hash := k.hash(text)
	at := k.seek(hash, text)
	if k.slots[at].key == 0 {
		k.slots[at] = slot{hash, k.store(text)}
	}
	return k.slots[at].key, nil
}

// tellable tells whether a key is short enough to be told apart from others.
func tellable(text string) error {
	if len(text) > keyBytesMax {
		return fmt.Errorf("an idempotency key of %d bytes, at most %d can be told apart", len(text), keyBytesMax)
	}
	return nil
}

// Seal gives the table back, which nobody needs once all keys are numbered. No key can be added afterwards.
func (k *Keys) Seal() { k.slots, k.sealed = nil, true }

// Text returns a key's bytes.
func (k *Keys) Text(id KeyID) string {
	if id == 0 {
		return ""
	}
	return string(k.bytes(id))
}

func (k *Keys) hash(text string) uint32 { return uint32(maphash.String(k.seed, text)) }

func (k *Keys) bytes(id KeyID) []byte { return k.bytesAt(*k.spans.At(uint32(id - 1))) }

func (k *Keys) bytesAt(s span) []byte { return k.blocks[s.block][s.offset:][:s.length] }

// seek finds the slot of a key, or the free one where it belongs.
func (k *Keys) seek(hash uint32, text string) uint32 {
	mask := uint32(len(k.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := k.slots[at]
		if s.key == 0 || s.hash == hash && string(k.bytes(s.key)) == text {
			return at
		}
	}
}

// store appends a key's bytes to the last block.
func (k *Keys) store(text string) KeyID {
	last := len(k.blocks) - 1
	if last < 0 || len(k.blocks[last])+len(text) > keyBlockBytes {
		size := keyBlockBytes
		if last < 0 {
			size = slotsMin // a small run needs no large block
		}
		k.blocks = append(k.blocks, make([]byte, 0, size))
		last++
	}
	offset := len(k.blocks[last])
	k.blocks[last] = append(k.blocks[last], text...)
	k.spans.Add(span{uint32(last), uint32(offset), uint16(len(text))})
	return KeyID(k.spans.Len())
}

// grow doubles the table; the stored hashes say where each number goes.
func (k *Keys) grow() {
	if len(k.slots) == 0 {
		k.seed = maphash.MakeSeed()
	}
	old := k.slots
	k.slots = make([]slot, max(slotsMin, 2*len(old)))
	mask := uint32(len(k.slots) - 1)
	for _, s := range old {
		if s.key == 0 {
			continue
		}
		at := s.hash & mask
		for k.slots[at].key != 0 {
			at = (at + 1) & mask
		}
		k.slots[at] = s
	}
}
