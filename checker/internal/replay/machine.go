package replay

import (
	"fmt"

	"flashsale/internal/evidence"
)

// Options say what is known about the log's database.
type Options struct {
	// TTLUS is the time for which a hold is granted, in microseconds; 0: not known.
	TTLUS int64

	// Columns lists "table.column" for every column the database has, as in evidence.Tables. Without
	// products.stock_held that sum is not judged; without payment_events.outcome, not what events led to.
	Columns map[string]bool

	// Timed says that the rows bear the times of their decisions, which can be compared. Without it nothing that
	// depends on time is judged, and no hold ever counts as lapsed.
	Timed bool

	// Overlap says that the rows seeded may be newer than the first commits: the log was joined while the sale
	// went on, before the rows were read. Commits that the rows already contain are skipped (see overlap.go).
	Overlap bool

	// Pruned says that rows which are over may be deleted, as retention does: settled orders with their events, and
	// holds that reserve nothing. What they sold stays sold.
	Pruned bool

	// Recent bounds the memory: how many settled holds, settled orders and keys of each table are remembered
	// (see recent.go for what then cannot be seen). 0: all rows, and no keys (see keys.go for why they can go).
	Recent int

	// Found is called for every finding, during Apply.
	Found func(Finding)
}

// Machine follows the rows of one shop through its commits. It is used by one goroutine.
type Machine struct {
	options  Options
	keeps    keeps
	products []*product
	placeOf  map[int64]uint32 // products by id
	recent   *product         // the one asked for last: the next change is most often of the same
	holds    *rows[hold]
	orders   *rows[order]
	events   eventSum
	memory   *memory // nil: everything is remembered

	joining      bool  // commits that the seeded rows contain may still come
	newestSeeded int64 // the greatest id of a hold that was seeded

	position  int64 // of the commit at hand, and
	at        int64 // its decision time
	touched   touched
	gap       string
	exercised [promises]int64
}

// keeps tells which columns the schema has that not every schema has.
type keeps struct{ held, outcomes bool }

// touched are the rows that the commit at hand concerns; its slices are used again.
type touched struct {
	products []*product
	holds    []touchedHold
	lapsed   []*hold // holds that lapsed meanwhile, if they may be forgotten for it
	orders   []touchedOrder
	steps    []ProductStep
}

// New returns a machine that knows no rows yet: seed it, then apply the commits.
func New(o Options) *Machine {
	m := &Machine{
		options: o,
		keeps:   keeps{held: o.Columns["products.stock_held"], outcomes: o.Columns["payment_events.outcome"]},
		placeOf: make(map[int64]uint32),
		holds:   newRows[hold](),
		orders:  newRows[order](),
		joining: o.Overlap,
	}
	if o.Recent > 0 {
		m.memory = newMemory(o.Recent)
	}
	return m
}

// Apply judges the next commit and takes the machine past it. The step is valid until the next call.
func (m *Machine) Apply(c *evidence.Commit) Step {
	step := Step{Position: c.Position, AtUS: decided(c)}
	m.follow(c.Position)
	if m.gap != "" || m.joining && m.contains(c) {
		return step
	}
	m.at = step.AtUS
	m.touched.clear()
	for i := range c.Changes {
		m.change(&c.Changes[i])
	}
	// Events come after the rows, whatever the transaction did first: they are about orders.
	for i := range c.Changes {
		if c.Changes[i].Table == evidence.TableEvents {
			m.changeEvent(&c.Changes[i])
		}
	}
	if m.gap != "" {
		return step
	}
	m.judge()
	step.Products = m.steps()
	m.forget()
	return step
}

// decided is a commit's decision time: all its decisions were made by the newest time that it stored.
func decided(c *evidence.Commit) (at int64) {
	for i := range c.Changes {
		row := &c.Changes[i].After
		at = max(at, row.CreatedAt, row.UpdatedAt)
	}
	return at
}

// follow takes the commit's position, which is one more than the last. Only a log that was joined on the way may
// begin anywhere.
func (m *Machine) follow(position int64) {
	switch {
	case position == m.position+1 || m.position == 0 && m.options.Overlap:
	case m.position == 0:
		m.miss("the log begins with commit %d", position)
	default:
		m.miss("commit %d is followed by commit %d", m.position, position)
	}
	m.position = position
}

func (m *Machine) change(c *evidence.Change) {
	switch c.Table {
	case evidence.TableProducts:
		m.changeProduct(c)
	case evidence.TableHolds:
		m.changeHold(c)
	case evidence.TableOrders:
		m.changeOrder(c)
	}
}

// judge looks at what the whole commit did. Orders come before holds, for they tell which hold has one.
func (m *Machine) judge() {
	for i := range m.touched.orders {
		m.judgeOrder(&m.touched.orders[i])
	}
	for i := range m.touched.holds {
		m.judgeHold(&m.touched.holds[i])
	}
	for _, p := range m.touched.products {
		m.judgeProduct(p)
	}
}

func (t *touched) clear() {
	t.products, t.holds, t.lapsed = t.products[:0], t.holds[:0], t.lapsed[:0]
	t.orders, t.steps = t.orders[:0], t.steps[:0]
}

// miss notes that the log has a hole. The first one counts: what follows may be its consequence.
func (m *Machine) miss(format string, args ...any) {
	if m.gap == "" {
		m.gap = fmt.Sprintf(format, args...)
	}
}

// Gap tells why the log is not whole, or not this database's; empty if nothing speaks against it. From a gap on
// nothing is judged and steps are empty: whoever wants to go on seeds a new machine.
func (m *Machine) Gap() string { return m.gap }
