// Package scale measures how the server's speed changes while one thing grows and all else stays as it is:
// connections, active holds, products, servers on one database, commands a batch may hold; and what the
// durability of every commit costs. Each of these is a sweep: its points are measured in interleaved rounds, in
// a closed loop, and the figures of the server's own metrics tell why a curve bends where it does.
package scale
