package binlog

import (
	"regexp"
	"strings"

	"flashsale/internal/evidence"
)

// meaning is what a statement in the log means to whoever follows rows: it bounds a transaction, or it
// changed something outside row events.
type meaning int

const (
	remark    meaning = iota // nothing of ours changed
	begins                   // a transaction
	commits                  // it
	rollsBack                // it: logged only where tables without transactions took part
	undoes                   // a part of it
	hidden                   // our rows changed, and the log does not say how
)

var (
	words   = regexp.MustCompile("[0-9A-Za-z_$\u0080-\uffff]+")
	leading = regexp.MustCompile(`(?s)^(\s|/\*([^!].*?)?\*/)+`) // space and comments that the server skips as well
)

// understand tells what a logged statement means for the four tables of a schema; current is the schema in
// which it ran. In doubt it is hidden: an undecided run is better than a wrong verdict.
func understand(statement, current, schema string) meaning {
	text := leading.ReplaceAllString(statement, "")
	said := words.FindAllString(text, 3)
	said = append(said, "", "", "")
	here := strings.EqualFold(current, schema) || mentions(text, schema)
	switch first, second := strings.ToUpper(said[0]), strings.ToUpper(said[1]); first {
	case "BEGIN":
		return begins
	case "COMMIT":
		return commits
	case "ROLLBACK":
		if second == "TO" {
			return undoes
		}
		return rollsBack
	case "XA":
		if second == "START" || second == "BEGIN" {
			return begins
		}
		return remark // the rows of a prepared one were logged before, and ended with an event of their own
	case "", "SAVEPOINT", "RELEASE", "GRANT", "REVOKE", "ANALYZE", "OPTIMIZE", "CHECK", "FLUSH", "SET":
		return remark
	case "INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD", "CALL", "WITH", "DO":
		if here {
			return hidden // views and triggers reach the tables under other names
		}
		return remark
	case "DROP":
		if (second == "DATABASE" || second == "SCHEMA") && mentions(text, schema) {
			return hidden
		}
	}
	if here && mentions(text, tables()...) {
		return hidden
	}
	return remark
}

// mentions says whether a statement has one of the names as a word of its own.
func mentions(text string, names ...string) bool {
	for _, word := range words.FindAllString(text, -1) {
		for _, name := range names {
			if strings.EqualFold(word, name) {
				return true
			}
		}
	}
	return false
}

// tables are the names of the tables that are followed.
func tables() []string {
	return []string{evidence.TableProducts, evidence.TableHolds, evidence.TableOrders, evidence.TableEvents}
}
