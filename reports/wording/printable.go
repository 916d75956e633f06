package wording

import (
	"strings"
	"unicode"
)

// Printable replaces what could move a cursor or break a file: keys and answers come from strangers.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || unicode.IsSpace(r) {
			return r
		}
		return '?'
	}, text)
}
