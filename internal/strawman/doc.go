// Package strawman is the plain checkout: the same API as the server, built the way every tutorial builds it. One
// transaction per request, SELECT ... FOR UPDATE on the product, SUM over the holds that still reserve stock, in a
// schema of its own. It is as fast as that design gets: covering indexes, prepared statements, a tuned pool, READ
// COMMITTED. A variant counts what is reserved in a column instead of adding it up, which is what one does next to make
// such a checkout faster; it too is there to be measured against.
//
// It has two jobs. Whole, it is correct, and so the honest baseline that the server is measured against. With a guard
// removed by name (see Guards) it has one bug, often one that public flash-sale servers really have, and the checker
// must name the promise that the bug breaks. A removal deletes behaviour at one place and nothing else.
//
// Locks are taken in one order: product, hold, order. Everything that takes stock or gives it back holds the product's
// row: holds, payments, the sweep. An order takes no stock, it turns one reservation into another, so it locks only the
// hold; with the counter column, one that meets a lapsed hold marks it in a second transaction. The time that decides is
// the database's, read by a statement that starts after the last lock was granted, and is stored with the rows it
// decided.
package strawman
