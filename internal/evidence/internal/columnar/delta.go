package columnar

import "slices"

// decodeDelta decodes numbers as differences, packed in blocks, and returns what follows them. Arithmetic
// wraps around, as the format has it.
func decodeDelta(into []int64, count int, body []byte) (values []int64, rest []byte, err error) {
	c := &cursor{left: body}
	block, parts, total, last := c.uvarint(), c.uvarint(), c.uvarint(), c.varint()
	switch {
	case c.err != nil:
		return nil, nil, c.err
	case total != uint64(count):
		return nil, nil, corrupt("%d values where %d should be", total, count)
	case block == 0 || block > maxGroupRows || parts == 0 || block%parts != 0 || block/parts%8 != 0:
		return nil, nil, corrupt("blocks of %d in %d parts", block, parts)
	}
	values = sized(into, count)
	if count == 0 {
		return values, c.left, nil
	}
	values[0] = last
	for left := values[1:]; len(left) > 0 && c.err == nil; {
		least := c.varint()
		for _, width := range c.take(parts) {
			if len(left) == 0 {
				break // what is not needed has a width, but no bits
			}
			if width > 64 {
				return nil, nil, corrupt("differences of %d bits", width)
			}
			packed := c.take(block / parts * uint64(width) / 8)
			if c.err != nil {
				break
			}
			part := left[:min(uint64(len(left)), block/parts)]
			last = addDeltas(part, packed, uint(width), least, last)
			left = left[len(part):]
		}
	}
	return values, c.left, c.err
}

// addDeltas fills values with last plus the differences so far, each of which is least plus some bits.
func addDeltas(values []int64, packed []byte, width uint, least, last int64) int64 {
	if width == 0 {
		for i := range values {
			last += least
			values[i] = last
		}
		return last
	}
	unpack(values, packed, width)
	for i := range values {
		last += least + values[i]
		values[i] = last
	}
	return last
}

// decodeDeltaText decodes words, each as the length that it shares with the one before it and the rest. The
// words share one piece of memory.
func (s *Scratch) decodeDeltaText(into []string, count int, body []byte) (words []string, err error) {
	if s.prefixes, body, err = decodeDelta(s.prefixes, count, body); err != nil {
		return nil, err
	}
	if s.suffixes, body, err = decodeDelta(s.suffixes, count, body); err != nil {
		return nil, err
	}
	s.text = s.text[:0]
	var word []byte
	for i, prefix := range s.prefixes {
		suffix := s.suffixes[i]
		if prefix < 0 || prefix > int64(len(word)) || suffix < 0 || suffix > int64(len(body)) {
			return nil, corrupt("word %d: %d bytes of %d, %d of %d", i, prefix, len(word), suffix, len(body))
		}
		start := len(s.text)
		if int64(start)+prefix+suffix > maxPageBytes {
			return nil, corrupt("words of more than %d bytes", maxPageBytes)
		}
		s.text = slices.Grow(s.text, int(prefix+suffix))
		s.text = append(append(s.text, word[:prefix]...), body[:suffix]...)
		word, body = s.text[start:], body[suffix:]
	}
	return s.cutWords(into), nil
}

// cutWords cuts the text into the words whose lengths are known.
func (s *Scratch) cutWords(into []string) []string {
	text, words := string(s.text), sized(into, len(s.prefixes))
	for i := range words {
		length := s.prefixes[i] + s.suffixes[i]
		words[i], text = text[:length], text[length:]
	}
	return words
}
