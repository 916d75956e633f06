// Package checker tells from a run's evidence, and from nothing else, whether the promises of the shop were
// kept. It reads what the clients saw and what the database held, joins the two once, and puts eighteen
// questions to them, one file each. It knows no server and no simulator, so that it cannot share their bugs.
//
// Two rules bind every check. A guilty run should be caught; an innocent run must never be accused, whatever
// was lost, repeated or overtaken on the way: an attempt without an answer may or may not have had its
// effect, at any time after its call; retries share a key; the clocks of client and database are tied by
// probes only. Where evidence is missing the answer is undecided, and having seen nothing is not a pass.
//
// Decision times. The servers under test store with every row the database time at which it was decided, read
// under the product's lock (holds, late payments, cancellations), so that for one product these times are in
// commit order. Checks that build on this say so, and do without it for a stranger's server and after a step
// of the database's clock.
package checker
