package realtime

import "slices"

const (
	digitBits = 11 // so few that the counts of a digit's values stay in the processor's nearest cache
	digits    = 1 << digitBits
)

// sortByCall sorts writes by call, and keeps the order of equal ones: digit by digit, the last one first. The calls of
// a run have four digits, so that each of millions of writes is moved four times, where comparing would look at it
// more than twenty times.
func sortByCall(writes []Write) {
	if len(writes) == 0 {
		return
	}
	low, high := writes[0].Call, writes[0].Call
	for i := range writes {
		low, high = min(low, writes[i].Call), max(high, writes[i].Call)
	}
	from, to := writes, make([]Write, len(writes))
	for shift := 0; (uint64(high)-uint64(low))>>shift != 0; shift += digitBits {
		sortByDigit(to, from, low, shift)
		from, to = to, from
	}
	if &from[0] != &writes[0] {
		copy(writes, from)
	}
}

// sortByDigit moves writes to where one digit of their calls puts them: that at shift, counted from the lowest call.
func sortByDigit(to, from []Write, low int64, shift int) {
	digit := func(w *Write) uint64 { return (uint64(w.Call) - uint64(low)) >> shift % digits }
	var ends [digits]int
	for i := range from {
		ends[digit(&from[i])]++
	}
	sum := 0
	for d, n := range ends {
		sum += n
		ends[d] = sum
	}
	for i, w := range slices.Backward(from) {
		d := digit(&from[i])
		ends[d]--
		to[ends[d]] = w
	}
}
