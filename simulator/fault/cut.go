package fault

import (
	"context"
	"fmt"
)

// cutRoad resets connections at the worst moment: when a request is on its way, or when it was done and the
// answer is. The road counts a cut once it has seen the request, or swallowed its answer, and reset the connection.
//
// On the clients' road it has bitten when calls went unanswered as well. On the database's road the count is all
// there is: finding out what became of a lost COMMIT, so that no client notices, is a server's job.
type cutRoad struct {
	road    Road
	cut     Cut
	clients Clients // nil: nobody need notice

	cuts, unanswered int64 // before the first
}

func commitLost(o Order, s System) Fault { return databaseCut(o, s, BeforeSent) }

func commitUnanswered(o Order, s System) Fault { return databaseCut(o, s, AfterDone) }

func requestLost(o Order, s System) Fault { return clientCut(o, s, BeforeSent) }

func answerLost(o Order, s System) Fault { return clientCut(o, s, AfterDone) }

func databaseCut(o Order, s System, when When) Fault {
	return &cutRoad{road: s.Servers[o.Server].Database, cut: Cut{When: when, Share: o.Share, Seed: o.Seed}}
}

func clientCut(o Order, s System, when When) Fault {
	return &cutRoad{road: s.Servers[o.Server].Clients, cut: Cut{When: when, Share: o.Share, Seed: o.Seed}, clients: s.Clients}
}

func (r *cutRoad) Inject(context.Context) error {
	r.cuts = r.road.Cuts()
	if r.clients != nil {
		r.unanswered = r.clients.Unanswered()
	}
	r.road.Cut(r.cut)
	return nil
}

func (r *cutRoad) Bitten(context.Context) (sign string) {
	cuts := r.road.Cuts() - r.cuts
	switch {
	case cuts == 0:
		return ""
	case r.clients == nil:
		return fmt.Sprintf("connections cut: %d", cuts)
	}
	unanswered := r.clients.Unanswered() - r.unanswered
	if unanswered == 0 {
		return ""
	}
	return fmt.Sprintf("connections cut: %d; calls unanswered: %d", cuts, unanswered)
}

func (r *cutRoad) Heal(context.Context) error {
	r.road.Cut(Cut{})
	return nil
}
