// Package ledger is the group commit: it turns the commands that arrive for one product while its
// transaction is in flight into the next transaction. Commands come in through Submit; each product has
// a lane, and a caller is answered only after the commit that carries its answer. A transaction locks the
// product row first and takes the commands that wait only then, reads the database's clock after the last
// lock, loads what its commands name, lets package decide judge, and writes with multi-row statements and
// commits in one round trip. While it does so, the next transaction of the lane already waits for the lock.
//
// The rule that must never break: an answer tells the truth about what is committed. An error before
// COMMIT was sent means rolled back; a COMMIT without an answer is looked up, under the product lock,
// before anything is said (see doubt.go).
package ledger
