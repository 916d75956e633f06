package binlog

import (
	"slices"

	"github.com/go-mysql-org/go-mysql/replication"

	"flashsale/internal/evidence"
)

// transactions puts the events of one connection together to what was committed.
type transactions struct {
	layouts *layouts
	log     string // the file that is being read
	offset  int64  // and how far, on this connection
	at      Position
	begun   bool // a transaction
	grouped bool // the events since at belong together: at must wait for their end
	changes []evidence.Change

	// commit is told of every transaction that changed rows of ours, and where it ends.
	commit func(changes []evidence.Change, end Position) error
	// passed is told of every place between two transactions.
	passed func(Position)
}

// restart is for a new connection, which begins between two transactions.
func (t *transactions) restart() {
	t.drop()
	t.offset = 0
	t.layouts.byID = map[uint64]*layout{}
}

// take follows one event.
func (t *transactions) take(e *replication.BinlogEvent) error {
	if err := t.advance(e.Header); err != nil {
		return err
	}
	switch event := e.Event.(type) {
	case *replication.RotateEvent:
		t.drop()
		t.log, t.offset = string(event.NextLogName), 0
		t.pass(Position{t.log, int64(event.Position)})
		return nil
	case *replication.FormatDescriptionEvent:
		t.drop() // a server that died in the middle of a transaction goes on in another file
	case *replication.MariadbGTIDEvent:
		t.drop()
		t.grouped, t.begun = true, !event.IsStandalone()
		return nil
	case *replication.TableMapEvent:
		return t.layouts.describe(event, e.RawData[eventHeader:])
	case *replication.RowsEvent:
		return t.rows(event)
	case *replication.QueryEvent:
		return t.statement(event, e.Header)
	case *replication.GenericEvent:
		switch e.Header.EventType {
		case replication.GTID_EVENT, replication.ANONYMOUS_GTID_EVENT, replication.GTID_TAGGED_LOG_EVENT:
			t.drop()
			t.grouped = true
			return nil
		case replication.XID_EVENT:
			return t.end(e.Header, true)
		case replication.XA_PREPARE_LOG_EVENT:
			return t.prepared(e.Header)
		}
	}
	if !t.grouped && placed(e.Header) {
		t.pass(Position{t.log, int64(e.Header.LogPos)})
	}
	return nil
}

// placed says whether an event is in the log, where its header says; others are made up for the connection.
func placed(h *replication.EventHeader) bool {
	switch h.EventType {
	case replication.HEARTBEAT_EVENT, replication.HEARTBEAT_LOG_EVENT_V2:
		return false
	}
	return h.LogPos > 0 && h.Flags&replication.LOG_EVENT_ARTIFICIAL_F == 0
}

// advance makes sure that offsets grow: they have 32 bits, and a huge transaction can be too much for them.
func (t *transactions) advance(h *replication.EventHeader) error {
	if !placed(h) {
		return nil
	}
	if int64(h.LogPos) < t.offset {
		return unseenf("offsets in %s go back from %d to %d: it is larger than 4 GiB", t.log, t.offset, h.LogPos)
	}
	t.offset = int64(h.LogPos)
	return nil
}

// drop forgets a transaction that did not come to its end.
func (t *transactions) drop() { t.begun, t.grouped, t.changes = false, false, nil }

// pass moves forward, never back: where a connection begins in a file is told again at its start.
func (t *transactions) pass(to Position) {
	if t.at.Before(to) {
		t.at = to
		t.passed(to)
	}
}

func (t *transactions) statement(q *replication.QueryEvent, h *replication.EventHeader) error {
	meant := begins
	if text := string(q.Query); text != "BEGIN" {
		meant = understand(text, string(q.Schema), t.layouts.schema)
	}
	switch meant {
	case begins:
		t.drop()
		t.grouped, t.begun = true, true
		return nil
	case commits:
		return t.end(h, true)
	case rollsBack:
		return t.end(h, false)
	case undoes:
		if len(t.changes) > 0 {
			return unseenf("a transaction on our tables and on some without transactions was rolled back in part")
		}
	case hidden:
		return unseenf("a statement on the tables was logged as text, not as rows: %s", shorten(string(q.Query)))
	}
	if t.begun {
		return nil
	}
	return t.end(h, false) // DDL and the like are transactions by themselves
}

// statementMax is how much of a statement a line quotes.
const statementMax = 60

func shorten(statement string) string {
	if len(statement) > statementMax {
		return statement[:statementMax] + "..."
	}
	return statement
}

// rows notes what an event did to rows of ours.
func (t *transactions) rows(e *replication.RowsEvent) error {
	l := t.layouts.byID[e.TableID]
	if l == nil || t.layouts.covers(e.Table) == "" {
		return nil
	}
	step := 1
	if e.Type() == replication.EnumRowsEventTypeUpdate {
		step = 2
	}
	t.changes = slices.Grow(t.changes, len(e.Rows)/step)
	for i := 0; i+step <= len(e.Rows); i += step {
		first, err := l.image(e.Rows[i], e.SkippedColumns[i])
		if err != nil {
			return err
		}
		switch e.Type() {
		case replication.EnumRowsEventTypeInsert:
			t.note(evidence.Change{Table: l.table, After: first})
		case replication.EnumRowsEventTypeDelete:
			t.note(evidence.Change{Table: l.table, Before: first})
		default:
			second, err := l.image(e.Rows[i+1], e.SkippedColumns[i+1])
			if err != nil {
				return err
			}
			t.update(l.table, first, second)
		}
	}
	if len(t.changes) > evidence.MaxChanges {
		return unseenf("a transaction changed more than %d rows", evidence.MaxChanges)
	}
	return nil
}

// update notes a row's change; one that got another id is a row that went and one that came.
func (t *transactions) update(table string, before, after evidence.Image) {
	if before.ID == after.ID {
		t.note(evidence.Change{Table: table, Before: before, After: after})
		return
	}
	t.note(evidence.Change{Table: table, Before: before})
	t.note(evidence.Change{Table: table, After: after})
}

func (t *transactions) note(c evidence.Change) { t.changes = append(t.changes, c) }

// end closes a transaction. One that changed nothing of ours only moves the position.
func (t *transactions) end(h *replication.EventHeader, committed bool) error {
	changes := t.changes
	t.drop()
	if h.LogPos == 0 {
		return unseenf("the log does not say where transactions end: binlog_legacy_event_pos=ON makes it")
	}
	to := Position{t.log, int64(h.LogPos)}
	if !t.at.Before(to) {
		return nil // delivered again
	}
	if committed && len(changes) > 0 {
		if err := t.commit(changes, to); err != nil {
			return err
		}
	}
	t.pass(to)
	return nil
}

// prepared ends the first half of an XA transaction, whose fate is decided elsewhere and later.
func (t *transactions) prepared(h *replication.EventHeader) error {
	if len(t.changes) > 0 {
		return unseenf("an XA transaction changed the tables, and the log does not keep its rows with its commit")
	}
	return t.end(h, false)
}
