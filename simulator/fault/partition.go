package fault

import (
	"context"
	"fmt"
)

// blockedRoad lets nothing pass on a road, while both its ends live: connections stay open and say nothing. It has
// bitten when whoever goes that way waits in vain.
type blockedRoad struct{ road Road }

func databasePartition(o Order, s System) Fault { return blockedRoad{s.Servers[o.Server].Database} }

func clientPartition(o Order, s System) Fault { return blockedRoad{s.Servers[o.Server].Clients} }

func (r blockedRoad) Inject(context.Context) error {
	r.road.Block(true)
	return nil
}

func (r blockedRoad) Bitten(ctx context.Context) (sign string) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	if _, err := r.road.Knock(ctx); !timedOut(ctx, err) {
		return ""
	}
	return fmt.Sprintf("no answer within %s", patience)
}

func (r blockedRoad) Heal(context.Context) error {
	r.road.Block(false)
	return nil
}
