package binlog

import "fmt"

// Gap says that commits are missing from what a Follower handed out, or that rows changed in a way that the
// log does not show: everything up to After was handed out, and nothing behind it.
type Gap struct {
	After Position
	Why   string // one line
}

func (g *Gap) Error() string {
	return fmt.Sprintf("the commit log breaks off after %s: %s", g.After, g.Why)
}

// unseen is why a Gap begins; the Follower adds where.
type unseen string

func (u unseen) Error() string { return string(u) }

func unseenf(format string, args ...any) error { return unseen(fmt.Sprintf(format, args...)) }
