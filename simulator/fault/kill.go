package fault

import "context"

// kill ends a process with SIGKILL, as a crash does, and starts it again. It has bitten when the kernel says so
// and nobody listens any more.
type kill struct {
	process Process
	end     string // how it ended; empty: it was not killed
}

func serverKill(o Order, s System) Fault { return &kill{process: s.Servers[o.Server].Process} }

// databaseCrash is a kill of the database, which replays its logs when it is started again.
type databaseCrash struct{ *kill }

func databaseKill(_ Order, s System) Fault { return databaseCrash{&kill{process: s.Database.Process}} }

// Convalesces says that its recovery is part of the harm.
func (databaseCrash) Convalesces() {}

func (k *kill) Inject(ctx context.Context) (err error) {
	k.end, err = k.process.Kill(ctx)
	return err
}

func (k *kill) Bitten(ctx context.Context) (sign string) {
	ctx, cancel := patiently(ctx)
	defer cancel()
	if !killed(k.end) || !refused(k.process.Knock(ctx)) {
		return ""
	}
	return k.end + "; connection refused"
}

// Heal starts the process, unless it never died: one that answers is well.
func (k *kill) Heal(ctx context.Context) error {
	if k.process.Knock(ctx) == nil {
		return nil
	}
	return k.process.Start(ctx)
}
