package binlog

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"flashsale/internal/evidence"
)

// layout tells how to read the rows of one table.
type layout struct {
	table  string // one of evidence's names
	logged []byte // the event that described the table, to tell when it has changed
	slots  []slot // the columns that an image keeps
}

// slot is one column that an image keeps.
type slot struct {
	column
	index    int
	number   func(*evidence.Image) *int64 // one of these two
	text     func(*evidence.Image) *string
	unsigned uint64 // mask that takes the sign off an unsigned number; 0: it is signed
}

// layouts knows the tables of one schema, by the names and the descriptions that the log gives them.
type layouts struct {
	schema   string
	anyCase  bool                // the server does not tell Shop from shop
	fallback map[string][]column // of a schema whose log has no column names
	byID     map[uint64]*layout  // ids of the log; they hold until a table is described again
}

// covers returns evidence's name of a table that is followed, or "".
func (l *layouts) covers(m *replication.TableMapEvent) string {
	schema := string(m.Schema)
	if schema != l.schema && !(l.anyCase && strings.EqualFold(schema, l.schema)) {
		return ""
	}
	table := strings.ToLower(string(m.Table))
	if !slices.Contains(tables(), table) {
		return ""
	}
	return table
}

// describe takes note of a table before its rows come. body is the whole event behind its header: as long as
// it is the same, so is the table.
func (l *layouts) describe(m *replication.TableMapEvent, body []byte) error {
	table := l.covers(m)
	if table == "" {
		return nil
	}
	if known := l.byID[m.TableID]; known != nil && bytes.Equal(known.logged, body) {
		return nil
	}
	columns := loggedColumns(m)
	if columns == nil {
		columns = l.fallback[table]
	}
	if len(columns) != int(m.ColumnCount) {
		return unseenf("table %s has %d columns in the log and %d in the schema, so their order is not known; "+
			"binlog_row_metadata=FULL makes the log say it", table, m.ColumnCount, len(columns))
	}
	found := &layout{table: table, logged: bytes.Clone(body), slots: slotsOf(table, columns, m.ColumnType)}
	if !slices.ContainsFunc(found.slots, func(s slot) bool { return s.name == "id" }) {
		return unseenf("table %s has no column id", table)
	}
	l.byID[m.TableID] = found
	return nil
}

func slotsOf(table string, columns []column, types []byte) []slot {
	var slots []slot
	for i, c := range columns {
		s := slot{column: c, index: i, number: numberOf(table, c.name), text: textOf(table, c.name)}
		if c.unsigned {
			s.unsigned = unsignedMask(types[i])
		}
		if s.number != nil || s.text != nil {
			slots = append(slots, s)
		}
	}
	return slots
}

// image reads one row.
func (l *layout) image(row []any, missing []int) (evidence.Image, error) {
	var image evidence.Image
	for i := range l.slots {
		s := &l.slots[i]
		if len(missing) > 0 && slices.Contains(missing, s.index) {
			return image, unseenf("a session logged a row of %s without its %s: "+
				"binlog_row_image must be FULL in every session", l.table, s.name)
		}
		value := row[s.index]
		if value == nil {
			continue
		}
		if s.number != nil {
			number, ok := s.toNumber(value)
			if !ok {
				return image, unseenf("%s.%s holds a %T, which is no number and no time", l.table, s.name, value)
			}
			*s.number(&image) = number
		} else {
			*s.text(&image) = s.toText(value)
		}
	}
	return image, nil
}

// toNumber makes an int64 of whatever type a stranger's schema gives to a number or an instant, as a
// snapshot's CAST to SIGNED and TIMESTAMPDIFF in microseconds do.
func (s *slot) toNumber(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true // every bit of an unsigned one, as CAST keeps them
	case time.Time:
		return v.UnixMicro(), true
	case int32:
		return s.sign(int64(v)), true
	case int16:
		return s.sign(int64(v)), true
	case int8:
		return s.sign(int64(v)), true
	case int:
		return int64(v), true
	case float32:
		return int64(math.Round(float64(v))), true
	case float64:
		return int64(math.Round(v)), true
	case string:
		return parseNumber(v)
	}
	return 0, false
}

// parseNumber reads a DECIMAL, or a time that Go's calendar has no place for, as 0000-00-00.
func parseNumber(text string) (int64, bool) {
	if number, err := strconv.ParseFloat(text, 64); err == nil {
		return int64(math.Round(number)), true
	}
	if at, err := time.Parse(time.DateTime, text); err == nil {
		return at.UnixMicro(), true
	}
	return 0, strings.HasPrefix(text, "0000-")
}

func (s *slot) sign(number int64) int64 {
	if s.unsigned != 0 {
		return int64(uint64(number) & s.unsigned)
	}
	return number
}

// toText takes bytes as they are, whatever their character set, and the label of an ENUM. The library's
// strings are parts of a whole event: who keeps one would keep all of it.
func (s *slot) toText(value any) string {
	switch v := value.(type) {
	case string:
		return strings.Clone(v)
	case []byte:
		return string(v)
	case int64:
		if v >= 1 && int(v) <= len(s.labels) {
			return s.labels[v-1]
		}
		if s.labels != nil {
			return "" // what MySQL stores for a label that it does not know
		}
	}
	return fmt.Sprint(value)
}
