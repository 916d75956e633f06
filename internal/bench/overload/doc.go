// Package overload loads a server with more than its database can commit. Commits of a real database are made slow,
// so that a load of three times the capacity is cheap to send and shares no bottleneck with what it measures; holds
// then come in an open loop at steps below and above the capacity. What is asked: does goodput stay at its peak, is
// everybody else refused at once, do those who are served wait a bounded time, and how soon is all well again when
// the commits are fast again.
package overload
