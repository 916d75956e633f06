// Package database is where MySQL comes from. Open answers with a Server, whatever it took: one that the
// user named with a DSN, a private mysqld or mariadbd, started in a temporary directory, or a Docker
// container; the last two are gone when the Server is closed. Two rules hold for all. A Server is durable,
// or Open refuses it: a run on a database that may forget commits proves nothing, so the settings are read
// back and kept as evidence; only a benchmark of what that costs asks for UnsafeNoFlush. And nobody else's
// data is touched: Create never takes over an existing database, Drop drops only what this Server created.
//
// The package starts no process itself. It hands a Program to a Starter, which internal/lab implements
// with a keeper that ends everything even if this process dies. Containers are Docker's to run; a Guardian,
// the same keeper, removes them if this process cannot.
package database
