package checker

// Need is a kind of evidence that a check cannot do without.
type Need string

// The kinds of evidence.
const (
	NeedOperations Need = "operations"
	NeedCommits    Need = "commits"
	NeedStart      Need = "starting tables"
	NeedFinal      Need = "final tables"
)

// Info describes a check.
type Info struct {
	Name    string
	Promise string // one sentence
	Needs   []Need
}

// check is one promise and how it is judged.
type check struct {
	name    string
	promise string
	needs   []Need

	// whole says that the check argues from what is NOT among the operations: where the record has gaps, or
	// was cut off, it cannot be asked at all.
	whole bool

	// joint says that the promise is decided together with others, in one pass over all answers.
	joint bool

	// judge puts the promise to the test and reports what it finds.
	judge func(*index, *findings)

	// standing judges the tables of a living shop alone, of which nothing was recorded; nil: they do not tell.
	standing func(*index, *findings)
}

// registry lists the checks in the order in which they are shown: worst consequences first.
func registry() []check {
	return []check{
		stockNeverOversold(),
		soldMatchesPaid(),
		holdUsedOnce(),
		eventAppliedOnce(),
		eventAtomic(),
		legalTransitions(),
		priceExact(),
		refusalLeavesNoTrace(),
		acknowledgedSurvives(),
		nothingFromNowhere(),
		realTimeOrder(),
		readsTrue(),
		refusalsTrue(),
		expiryHonoured(),
		duplicatesAnswerAlike(),
		forgedRejected(),
		paymentsSettle(),
		stockReturns(),
	}
}

// Checks lists every check, in order.
func Checks() []Info {
	checks := registry()
	infos := make([]Info, len(checks))
	for i, c := range checks {
		infos[i] = Info{Name: c.name, Promise: c.promise, Needs: c.needs}
	}
	return infos
}
