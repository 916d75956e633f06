package checker

import (
	"cmp"
	"slices"

	"flashsale/internal/evidence"
)

// exhibitsMax bounds the operations and the rows that are shown with one violation.
const exhibitsMax = 8

// findings is what a check reports: how often the promise was put to the test, and how it was broken.
type findings struct {
	exercised int64
	doubt     string // why a clean result proves nothing; violations stand all the same
	note      string // how the check was limited, if it was
	kinds     map[string]*Violation
}

func newFindings() *findings { return &findings{kinds: make(map[string]*Violation)} }

// exhibit fetches what shows a case. It is only called for the first case of its kind: searching the
// operations for each of a million violations would take hours.
type exhibit func() ([]Operation, []Row)

// violate reports one case of a violation; what is the sentence that all cases of a kind share.
func (f *findings) violate(what string, c Case, show exhibit) {
	v := f.kinds[what]
	if v == nil {
		v = &Violation{What: what, First: c, Worst: c}
		v.Operations, v.Rows = show()
		f.kinds[what] = v
	}
	v.Count++
	if c.severity > v.Worst.severity || c.severity == v.Worst.severity && earlier(c, v.Worst) {
		v.Worst = c
	}
	if earlier(c, v.First) {
		v.First = c
		v.Operations, v.Rows = show()
	}
}

// earlier compares cases by the clock that both have.
func earlier(a, b Case) bool {
	if a.AtUS != 0 && b.AtUS != 0 {
		return a.AtUS < b.AtUS
	}
	return a.AtNS != 0 && b.AtNS != 0 && a.AtNS < b.AtNS
}

// list returns the violations, the most frequent first.
func (f *findings) list() []Violation {
	list := make([]Violation, 0, len(f.kinds))
	for _, v := range f.kinds {
		list = append(list, *v)
	}
	slices.SortFunc(list, func(a, b Violation) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.What, b.What))
	})
	return list
}

// show makes an exhibit of some rows and of the first operations that match; match may be nil.
func (ix *index) show(match func(*evidence.Operation) bool, rows ...Row) exhibit {
	return func() ([]Operation, []Row) {
		ops := []Operation{}
		for i := range ix.Operations {
			if match == nil || len(ops) == exhibitsMax {
				break
			}
			if op := &ix.Operations[i]; match(op) {
				ops = append(ops, Operation(*op))
			}
		}
		slices.SortFunc(ops, func(a, b Operation) int { return cmp.Compare(a.Call, b.Call) })
		return ops, append([]Row{}, rows[:min(len(rows), exhibitsMax)]...)
	}
}

// showOps makes an exhibit of given operations.
func showOps(ops []*evidence.Operation, rows ...Row) exhibit {
	return func() ([]Operation, []Row) {
		shown := make([]Operation, 0, exhibitsMax)
		for _, op := range ops[:min(len(ops), exhibitsMax)] {
			shown = append(shown, Operation(*op))
		}
		return shown, append([]Row{}, rows[:min(len(rows), exhibitsMax)]...)
	}
}

func oneOp(op *evidence.Operation, rows ...Row) exhibit {
	return showOps([]*evidence.Operation{op}, rows...)
}

// aboutHold matches the writes that concern a hold: those that made it, by answer or key, and its orders.
func aboutHold(id int64, key string) func(*evidence.Operation) bool {
	return func(op *evidence.Operation) bool {
		switch op.Kind {
		case evidence.CreateHold:
			return op.GotHoldID == id || key != "" && op.Key == key
		case evidence.CreateOrder:
			return op.HoldID == id
		default:
			return false
		}
	}
}

// aboutOrder matches the writes that concern an order: those that made it, and its webhooks.
func aboutOrder(o *evidence.Order) func(*evidence.Operation) bool {
	return func(op *evidence.Operation) bool {
		switch op.Kind {
		case evidence.CreateOrder:
			return op.GotOrderID == o.ID || op.HoldID == o.HoldID
		case evidence.SendWebhook:
			return op.OrderID == o.ID
		default:
			return false
		}
	}
}

// aboutKey matches the attempts under one idempotency key.
func aboutKey(kind evidence.Kind, key string) func(*evidence.Operation) bool {
	return func(op *evidence.Operation) bool { return op.Kind == kind && op.Key == key }
}
