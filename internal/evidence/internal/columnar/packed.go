package columnar

import "encoding/binary"

// unpack unpacks as many numbers of width bits, least significant bit first. What is beyond the end of packed
// reads as anything.
func unpack(into []int64, packed []byte, width uint) {
	const room = 8
	packed = packed[:min(len(packed)+room, cap(packed))] // a load may reach over the end; the mask drops that
	mask, bit, quick := int64(1)<<width-1, uint(0), 0
	if width > 0 && width <= 57 && len(packed) >= room { // one load has all bits, as long as it ends with packed
		quick = min(len(into), int(uint(len(packed)-room)*8/width)+1)
	}
	for i := range into[:quick] {
		into[i] = int64(binary.LittleEndian.Uint64(packed[bit/8:])>>(bit%8)) & mask
		bit += width
	}
	for i := quick; i < len(into); i++ {
		into[i] = int64(bitsAt(packed, bit, width)) & mask
		bit += width
	}
}

// bitsAt loads at least width bits from the given one on, however many they are. What is beyond the end reads
// as zeros.
func bitsAt(packed []byte, bit, width uint) uint64 {
	var bytes [9]byte
	if at := bit / 8; at < uint(len(packed)) {
		copy(bytes[:], packed[at:])
	}
	shift := bit % 8
	value := binary.LittleEndian.Uint64(bytes[:]) >> shift
	if shift+width > 64 {
		value |= uint64(bytes[8]) << (64 - shift)
	}
	return value
}

// decodeIndexes decodes indexes into a dictionary, and looks them up: runs of one index, and runs of
// packed ones, alternate.
func decodeIndexes[V any](into []V, count int, dictionary []V, body []byte) ([]V, error) {
	into = sized(into, count)
	if len(body) == 0 {
		return nil, corrupt("a page of indexes without their width")
	}
	width := uint(body[0])
	if width > 32 {
		return nil, corrupt("indexes of %d bits", width)
	}
	c := &cursor{left: body[1:]}
	for left := into; len(left) > 0; {
		var err error
		if head := c.uvarint(); head&1 == 1 {
			groups := min(head>>1, maxGroupRows) // of eight values each
			left, err = lookUpPacked(left, dictionary, groups*8, c.take(groups*uint64(width)), width)
		} else {
			left, err = lookUpRun(left, dictionary, head>>1, c.take(uint64(width+7)/8))
		}
		if c.err != nil {
			return nil, c.err
		}
		if err != nil {
			return nil, err
		}
	}
	return into, nil
}

// lookUpPacked looks up a number of packed indexes, and returns what is still to be filled.
func lookUpPacked[V any](into, dictionary []V, count uint64, packed []byte, width uint) ([]V, error) {
	const some = 64 // a multiple of eight: they end with a byte
	var indexes [some]int64
	run := into[:min(count, uint64(len(into)))]
	for left := run; len(left) > 0; {
		part := left[:min(some, len(left))]
		unpack(indexes[:len(part)], packed, width)
		for i := range part {
			if indexes[i] >= int64(len(dictionary)) {
				return nil, corrupt("index %d into a dictionary of %d", indexes[i], len(dictionary))
			}
			part[i] = dictionary[indexes[i]]
		}
		left, packed = left[len(part):], packed[min(some/8*width, uint(len(packed))):]
	}
	return into[len(run):], nil
}

// lookUpRun repeats the value of one index.
func lookUpRun[V any](into, dictionary []V, count uint64, packed []byte) ([]V, error) {
	index := bitsAt(packed, 0, 32)
	if count == 0 || index >= uint64(len(dictionary)) {
		return nil, corrupt("%d times index %d into a dictionary of %d", count, index, len(dictionary))
	}
	run := into[:min(count, uint64(len(into)))]
	for i := range run {
		run[i] = dictionary[index]
	}
	return into[len(run):], nil
}
