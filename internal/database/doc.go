// Package database is where MySQL comes from. Open answers with a Server, whatever it took: one that the
// user named with a DSN, or a private mysqld or mariadbd, started in a temporary directory and gone when
// the Server is closed. Two rules hold for both. A Server is durable, or Open refuses it: a run on a
// database that may forget commits proves nothing, so the settings are read back and kept as evidence.
// And nobody else's data is touched: Create never takes over an existing database, Drop drops only what
// this Server created.
//
// The package starts no process itself. It hands a Program to a Starter, which internal/lab implements
// with a keeper that ends everything even if this process dies.
package database
