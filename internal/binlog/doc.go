// Package binlog follows the row binlog of a MySQL or MariaDB server, as a replica does, and hands out what
// every transaction did to the four tables of one schema, in the order of the commits.
//
// That order is exact: MariaDB always makes transactions visible in the order of its binlog, MySQL with
// binlog_order_commits=ON. The log's time stamps are not: MariaDB stamps the second in which a statement
// began. Nothing here reads them to tell when something happened.
//
// A Follower survives whatever happens to the server or to the connection: it comes back and goes on after
// the last complete transaction. It either hands out every commit once, or it ends with a Gap that says what
// is missing. One goroutine reads, decodes and hands out; while it is held up, the log waits in the server,
// where it is anyway: nothing is queued here, nothing dropped.
package binlog
