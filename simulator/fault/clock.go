package fault

import (
	"context"
	"fmt"
	"time"
)

// wrongClock restarts a server with its wall clock hours fast or slow, and heals it by another restart. It has
// bitten when the server itself finds that its clock and the database's are apart.
type wrongClock struct {
	clock Clock
	by    time.Duration
}

func newWrongClock(o Order, s System) Fault {
	return &wrongClock{clock: s.Servers[o.Server].Clock, by: o.By}
}

func (c *wrongClock) Inject(ctx context.Context) error { return c.clock.Set(ctx, c.by) }

func (c *wrongClock) Bitten(ctx context.Context) (sign string) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	off, err := c.clock.Off(ctx)
	fast := c.by > 0
	// Half of it: the machine's own clock may be stepped meanwhile, but not by hours.
	if err != nil || (off > 0) != fast || off.Abs() < c.by.Abs()/2 {
		return ""
	}
	word := "slow"
	if fast {
		word = "fast"
	}
	return fmt.Sprintf("by its own account its clock is %s %s", off.Abs().Round(time.Second), word)
}

func (c *wrongClock) Heal(ctx context.Context) error { return c.clock.Set(ctx, 0) }

// Convalesces says that the server goes on with its wrong clock while it drains.
func (c *wrongClock) Convalesces() {}
