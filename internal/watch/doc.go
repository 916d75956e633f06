// Package watch follows the binlog of a shop that sells and has a sentinel judge every commit as it happens. It is a
// thin shell: the sentinel judges (package checker), the follower follows (internal/binlog), and what is here starts
// them, begins again where the log has a hole, and tells people and Prometheus.
//
// It writes nothing to the database and takes no locks there: it reads one snapshot of the four tables, then the log,
// and asks once a second where the log ends.
package watch
