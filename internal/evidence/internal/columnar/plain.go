package columnar

import "encoding/binary"

// decodePlain decodes values as they are: little-endian numbers, bits, words after their length.
func decodePlain(page *Page, kind Kind, count int, body []byte) error {
	width := map[Kind]int{Int32: 4, Int64: 8, Text: 4}[kind] // the least that a value takes
	if count*width > len(body) || (count+7)/8 > len(body) {
		return corrupt("%d values in %d bytes", count, len(body))
	}
	switch kind {
	case Text:
		return decodePlainText(page, count, body)
	case Bool, Int32, Int64:
		page.Numbers = sized(page.Numbers, count)
	default:
		return corrupt("values of kind %d", kind)
	}
	for i := range page.Numbers {
		switch kind {
		case Bool:
			page.Numbers[i] = int64(body[i/8] >> (i % 8) & 1)
		case Int32:
			page.Numbers[i] = int64(int32(binary.LittleEndian.Uint32(body[4*i:])))
		case Int64:
			page.Numbers[i] = int64(binary.LittleEndian.Uint64(body[8*i:]))
		}
	}
	return nil
}

func decodePlainText(page *Page, count int, body []byte) error {
	page.Words = sized(page.Words, count)
	for i := range page.Words {
		if len(body) < 4 {
			return corrupt("text is cut off")
		}
		length := uint64(binary.LittleEndian.Uint32(body))
		if body = body[4:]; length > uint64(len(body)) {
			return corrupt("text is cut off")
		}
		page.Words[i], body = string(body[:length]), body[length:]
	}
	return nil
}
