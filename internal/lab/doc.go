// Package lab sets up one running system and takes it down: a database, N servers as child processes, and
// everything they need (schema, products, webhook secret, ports, logs). Start gives a Lab that is ready
// for load; Close leaves nothing behind.
//
// The rule that must never break: no process and no directory outlives the lab, whatever happens to us.
// So this process starts nothing itself. It starts one keeper, which is our own binary in a session of its
// own, and tells it over a pipe what to run. When the pipe ends, because we closed it or because we were
// killed with SIGKILL, the keeper ends every child, removes every directory and exits. On Linux the
// kernel kills the children if the keeper itself is killed.
//
// A lab is also what is harmed: its servers are Victims, its roads can be slowed, blocked and cut. The roads lie in this
// process, so that they end with it as well.
//
// Several labs run side by side on one machine: each claims a block of ports of its own.
package lab
