// Package server is the checkout: HTTP in, group commit out. A request is read and judged by itself
// first (size, signature, JSON, ranges), then routed to its product, whose lane in package ledger takes
// it into the next transaction; the answer leaves when that transaction is committed. Reads are single
// statements, shared among the callers that wait for them. A sweeper returns lapsed holds through the
// same transactions. The server holds nothing that a crash could lose, so any number of replicas may run
// over one database. The rule that must never break: what it answers is true of what is committed.
package server
