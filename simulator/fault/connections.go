package fault

import (
	"context"
	"fmt"
	"strings"
)

// exhaustion takes every connection that the database has to give. It has bitten when the database has refused
// others than us, and refuses us too.
type exhaustion struct {
	process  Process
	sessions Sessions
	before   int64 // refused before those that count
	knocks   int64 // our own that were refused since
}

// tooMany is what both databases say to whom they refuse (error 1040).
const tooMany = "Too many connections"

func newExhaustion(_ Order, s System) Fault {
	return &exhaustion{process: s.Database.Process, sessions: s.Database.Sessions}
}

// Inject counts from when all are taken: to see that, one must have been refused oneself.
func (e *exhaustion) Inject(ctx context.Context) (err error) {
	if err := e.sessions.Exhaust(ctx); err != nil {
		return err
	}
	e.before, err = e.sessions.Refused(ctx)
	return err
}

func (e *exhaustion) Bitten(ctx context.Context) (sign string) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	if met := e.process.Knock(ctx); met == nil || !strings.Contains(met.Error(), tooMany) {
		return ""
	}
	e.knocks++
	refused, err := e.sessions.Refused(ctx)
	others := refused - e.before - e.knocks
	if err != nil || others <= 0 {
		return ""
	}
	return fmt.Sprintf("%s; %d refused", strings.ToLower(tooMany), others)
}

func (e *exhaustion) Heal(ctx context.Context) error { return e.sessions.Release(ctx) }
