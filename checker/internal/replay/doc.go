// Package replay is a state machine over the commit log. It is fed every committed transaction in the order in
// which the database made them visible, judges each the moment it comes, and tells what it did to the stock of
// the products it touched. It knows the shop's rules and no server: rows and their changes are all it sees.
//
// `check` lets it remember every row; `watch` lets it forget rows that are settled, so that it can follow a live
// sale for days (see Options.Recent).
//
// Why it cannot accuse an innocent run. It judges what other sessions can see, so a commit as a whole: what a row
// was before it and is after it, however the transaction got there, and several steps of the table may share a
// transaction. Times are those stored with the rows, all of the database's one clock, and never those of the log.
// A decision's time lies before its commit, so when a commit comes, every time stored by it or by an earlier one
// has passed: lapses are counted up to the newest of them for the product. A promise that was broken before the
// log began is not held against the commits that follow: a commit answers for what it made worse.
//
// What it cannot see is a decision that changed nothing, or left lawful rows for a wrong reason: a refusal, or a
// refund although stock was left. Those are judged with what the clients were told, within the bounds of its steps.
//
// What it needs is a log without a hole. Every change carries the row as it was before; where that is not the row
// as the log left it, something is missing: Gap says so, and nothing is judged from there on.
package replay
