package replay

// promise numbers the promises that a commit can be seen to break.
type promise int

const (
	stockNeverOversold promise = iota
	soldMatchesPaid
	holdUsedOnce
	eventAppliedOnce
	eventAtomic
	legalTransitions
	priceExact
	expiryHonoured
	promises // how many there are
)

// String is the promise's name in the list of checks.
func (p promise) String() string {
	return [promises]string{"stock-never-oversold", "sold-matches-paid", "hold-used-once", "event-applied-once",
		"event-atomic", "legal-transitions", "price-exact", "expiry-honoured"}[p]
}

// ids names the rows that a finding is about, by column.
type ids = map[string]int64

// Finding is one broken promise, found in one commit.
type Finding struct {
	Check     string // the name of the check whose promise it is
	What      string // one sentence, the same for all findings of its kind
	Position  int64  // of the commit that broke it
	AtUS      int64  // the commit's decision time; 0 if not known
	IDs       map[string]int64
	Values    map[string]string
	Expected  string
	Found     string
	Severity  int64   // orders findings of one kind; the greatest is the worst
	Positions []int64 // earlier commits that help to show it
}

// accuse reports a finding of the commit at hand. earlier are positions of commits that changed the same rows
// before; 0, a row that was there from the start, is left out.
func (m *Machine) accuse(p promise, f Finding, earlier ...int64) {
	f.Check, f.Position, f.AtUS = p.String(), m.position, m.at
	for _, position := range earlier {
		if position > 0 && position != m.position {
			f.Positions = append(f.Positions, position)
		}
	}
	if m.options.Found != nil {
		m.options.Found(f)
	}
}

// Judges tells whether a check's promise is one that commits can be seen to break.
func Judges(check string) bool {
	for p := range promises {
		if p.String() == check {
			return true
		}
	}
	return false
}

// Exercised tells how often a check's promise was put to the test.
func (m *Machine) Exercised(check string) int64 {
	for p := range promises {
		if p.String() == check {
			return m.exercised[p]
		}
	}
	return 0
}
