// Package counter holds what our server's front is measured over instead of a database: a counter in its own memory,
// which costs next to nothing and shows the ceiling, and one in Redis, which is what people pick for speed. Neither
// survives a crash.
package counter
