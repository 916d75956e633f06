// Package road is a TCP proxy between two parts of a system, which can be harmed: slowed down, blocked, and cut
// around a request, so that the request never arrives or its answer never does. In clear weather it only copies.
//
// It is our own, where toxiproxy could be had, for two reasons. What has to be cut is found by content: a connection to
// the database is reset around its COMMIT, a client's around a request, before it or after it was done. And a road lies
// in the way of every request of a run, also while nothing is harmed, and must cost as little as can be: then whoever
// reads something delivers it as well, with no queue in between.
package road
