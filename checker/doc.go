// Package checker tells from a run's evidence, and from nothing else, whether the promises of the shop were
// kept. It reads what the clients saw, every commit that the database made and what it held in the end, joins them
// once, and puts eighteen questions to them, one file each. It knows no server and no simulator, so that it cannot
// share their bugs.
//
// The way of the evidence: a source streams it (source.go); the intake makes it small, and replays the commits,
// each of which is judged as it comes (intake.go, follow.go, internal/replay); the index joins rows and requests
// (index.go); the checks judge, side by side (judge.go, ruling.go), three of them in one pass over all answers
// (joint.go, internal/realtime). What shows a violation is only named then, and fetched from the source at the end
// (exhibit.go, fetch.go). So ten million operations fit into two gigabytes.
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
