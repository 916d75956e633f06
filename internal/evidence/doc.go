// Package evidence is the run directory: what a run leaves behind so that it can be judged later, by
// somebody else, from files alone. Operations are what the clients saw, commits are what the database did,
// in its order, tables are what it held at the start and at the end, run.json says how the run was made
// and what evidence it declares. Everything is written before anything is judged. Times of two kinds
// appear and never mix: client times are nanoseconds on the simulator's monotonic clock since the run's
// start; database times are microseconds since the Unix epoch on the database's clock. Clock probes tie
// the two together.
package evidence
