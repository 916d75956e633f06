package road

import (
	"strings"
	"testing"
)

func TestWordsAreFoundAcrossPieces(t *testing.T) {
	const text = "UPDATE holds; COMMIT; and so on"
	for size := 1; size <= len(text); size++ {
		var w window
		found := 0
		for rest := text; rest != ""; {
			piece := rest[:min(size, len(rest))]
			rest = rest[len(piece):]
			if w.has(commit, []byte(piece)) {
				found++
			}
			w.move([]byte(piece))
		}
		if found != 1 {
			t.Errorf("in pieces of %d the word was found %d times", size, found)
		}
	}
	var w window
	for _, piece := range []string{"COMM", strings.Repeat("-", 100), "IT"} {
		if w.has(commit, []byte(piece)) {
			t.Errorf("found in %q", piece)
		}
		w.move([]byte(piece))
	}
}

func TestAnswersEndWithTheLastPacket(t *testing.T) {
	more := "\x07\x00\x00\x01\x00\x00\x00\x0b\x00\x00\x00"                                 // done, another answer follows
	long := "\x0f\x00\x00\x02\x00\xfc\xe8\x03\xfe\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x00" // 1000 rows, a large insert id
	done := "\x07\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00"
	failed := "\x09\x00\x00\x02\xff\x48\x04#HY000"
	for name, c := range map[string]struct {
		answer string
		ends   bool
	}{
		"one": {done, true}, "several": {more + long + done, true}, "an error": {more + failed, true},
		"more to come": {more + long, false}, "half": {more + done[:7], false},
	} {
		for size := 1; size <= len(c.answer); size++ {
			var r reply
			over := false
			for rest := c.answer; rest != "" && !over; {
				piece := rest[:min(size, len(rest))]
				rest = rest[len(piece):]
				over = r.over([]byte(piece))
				if over && rest != "" {
					t.Errorf("%s, in pieces of %d: over with %d bytes to come", name, size, len(rest))
				}
			}
			if over != c.ends {
				t.Errorf("%s, in pieces of %d: over %t", name, size, over)
			}
		}
	}
}
