package strawman

import (
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
)

// Guard is one protection of the checkout that can be removed by name.
type Guard struct {
	Name     string
	Why      string   // what goes wrong without it
	CaughtBy []string // the checks that must notice, at least
}

// guards says which protections are in place. Each field is consulted at one place; holdsLapse at the few that must
// agree on what has lapsed.
type guards struct {
	productLock         bool
	usedHoldsCount      bool
	latePaymentRecheck  bool
	latePaymentAnswered bool
	uniqueEventKey      bool
	oneTransaction      bool
	holdLock            bool
	expiryCheck         bool
	exactRelease        bool
	paidIsFinal         bool
	commitBeforeAnswer  bool
	commitChecked       bool
	oneRowPerRequest    bool
	signature           bool
	freshReads          bool
	cleanRefusal        bool
	sweeper             bool
	holdsLapse          bool
	sellToTheLast       bool
	exactPrice          bool
}

// entry ties a guard's description to the switch that it names.
type entry struct {
	Guard
	in func(*guards) *bool
}

// entries lists the guards in the order in which people meet them: stock first, then payments, then the rest.
func entries() []entry {
	return []entry{
		{Guard{"product-lock", "availability is read and used with no row lock",
			[]string{"stock-never-oversold"}}, func(g *guards) *bool { return &g.productLock }},
		{Guard{"used-holds-count", "only active holds count as reserved",
			[]string{"stock-never-oversold"}}, func(g *guards) *bool { return &g.usedHoldsCount }},
		{Guard{"late-payment-recheck", "a late success is paid without asking for stock",
			[]string{"stock-never-oversold"}}, func(g *guards) *bool { return &g.latePaymentRecheck }},
		{Guard{"late-payment-answered", "a late success is acknowledged and forgotten",
			[]string{"acknowledged-survives", "payments-settle"}},
			func(g *guards) *bool { return &g.latePaymentAnswered }},
		{Guard{"unique-event-key", "look up, then insert, and no unique index",
			[]string{"event-applied-once"}}, func(g *guards) *bool { return &g.uniqueEventKey }},
		{Guard{"one-transaction", "the event row and its effects commit separately",
			[]string{"event-atomic"}}, func(g *guards) *bool { return &g.oneTransaction }},
		{Guard{"hold-lock", "two orders can use one hold at once",
			[]string{"hold-used-once"}}, func(g *guards) *bool { return &g.holdLock }},
		{Guard{"expiry-check", "a lapsed or expired hold can still be ordered",
			[]string{"expiry-honoured"}}, func(g *guards) *bool { return &g.expiryCheck }},
		{Guard{"exact-release", "a failure lowers stock_sold although nothing was paid",
			[]string{"sold-matches-paid"}}, func(g *guards) *bool { return &g.exactRelease }},
		{Guard{"paid-is-final", "a failure after a success cancels the paid order",
			[]string{"legal-transitions"}}, func(g *guards) *bool { return &g.paidIsFinal }},
		{Guard{"commit-before-answer", "the answer leaves 20 ms before the commit",
			[]string{"reads-true"}}, func(g *guards) *bool { return &g.commitBeforeAnswer }},
		{Guard{"commit-checked", "one acknowledged write in a hundred is rolled back",
			[]string{"acknowledged-survives"}}, func(g *guards) *bool { return &g.commitChecked }},
		{Guard{"one-row-per-request", "one hold in a hundred is written twice",
			[]string{"nothing-from-nowhere"}}, func(g *guards) *bool { return &g.oneRowPerRequest }},
		{Guard{"signature", "webhooks are not verified",
			[]string{"forged-rejected"}}, func(g *guards) *bool { return &g.signature }},
		{Guard{"fresh-reads", "availability is cached for a second",
			[]string{"reads-true"}}, func(g *guards) *bool { return &g.freshReads }},
		{Guard{"clean-refusal", "a refused hold leaves its row behind",
			[]string{"refusal-leaves-no-trace"}}, func(g *guards) *bool { return &g.cleanRefusal }},
		{Guard{"sweeper", "lapsed holds never become expired",
			[]string{"expiry-honoured"}}, func(g *guards) *bool { return &g.sweeper }},
		{Guard{"holds-lapse", "used holds never lapse; an unpaid order keeps its stock",
			[]string{"stock-returns"}}, func(g *guards) *bool { return &g.holdsLapse }},
		{Guard{"sell-to-the-last", "sold out is answered while a few units are left",
			[]string{"refusals-true"}}, func(g *guards) *bool { return &g.sellToTheLast }},
		{Guard{"exact-price", "the total forgets the quantity",
			[]string{"price-exact"}}, func(g *guards) *bool { return &g.exactPrice }},
	}
}

// Guards lists every guard that can be removed.
func Guards() []Guard {
	var all []Guard
	for _, e := range entries() {
		all = append(all, e.Guard)
	}
	return all
}

// CheckGuards says whether every name is that of a guard which can be removed.
func CheckGuards(names []string) error {
	_, err := guardsWithout(names)
	return err
}

// guardsWithout puts every guard in place but those named. A name it does not know is an error that suggests the
// nearest one: a misspelt removal would otherwise pass for a checker that noticed nothing.
func guardsWithout(names []string) (guards, error) {
	var g guards
	all := entries()
	for _, e := range all {
		*e.in(&g) = true
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(e entry) bool { return e.Name == name })
		if i < 0 {
			return guards{}, fmt.Errorf("no guard is called %q; did you mean %q?", name, nearest(name, all))
		}
		*all[i].in(&g) = false
	}
	return g, nil
}

// nearest returns the name that takes the fewest edits to reach.
func nearest(name string, among []entry) string {
	return slices.MinFunc(among, func(a, b entry) int {
		return levenshtein.Distance(name, a.Name, nil) - levenshtein.Distance(name, b.Name, nil)
	}).Name
}
