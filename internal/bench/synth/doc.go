// Package synth makes the evidence of a sale that never took place: a run directory of any size, whole and
// innocent, for measuring what it costs to judge one. A database would need the better part of an hour for
// ten million operations; this takes a minute, and the same seed gives the same run again.
//
// It is a simulation on one agenda of events (agenda.go), in the run's own time. Buyers arrive, look, hold,
// think, order, give up or come too late (buyer.go); a payment provider delivers every event three times, and
// some late, twice, in conflict or forged (provider.go). Their calls take time on the way; some are lost, some
// answers are, and then they are made again under the same key (client.go). A shop of several products, some
// of them hot, some scarce, groups what arrives while a product's commit is under way into the next one
// (lane.go), decides it by the transition table at one instant of the database's clock (decide.go), and
// logs what changed (transaction.go, commit.go). Reads see the shop as the last commit before them left it.
//
// Memory does not grow with the run: rows leave it for the final tables once nothing can change them any
// more (window.go). Nothing here is shared with the checker, or with the server.
package synth
