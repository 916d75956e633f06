package overload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/bench"
	"flashsale/internal/lab"
)

// The product on sale: its stock is ample, so that nobody is refused for another reason than overload, and its holds
// outlast the experiment.
const (
	productID = 1
	stock     = 1 << 40
	holdTTL   = time.Hour
)

// Run makes the experiment on a database of its own.
func Run(ctx context.Context, o Options) (result *Result, err error) {
	l, err := lab.Start(ctx, lab.Options{DSN: o.DSN, Image: o.Image, HoldTTL: holdTTL, BatchMax: o.BatchMax,
		Products: []lab.Product{{ID: productID, Name: "Overload", Price: 1, StockTotal: stock}}})
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	defer func() { err = errors.Join(err, bench.TakeDown(l)) }()
	e := &experiment{Options: o, lab: l, result: &Result{Machine: bench.ThisMachine(), Database: l.Database().Version(),
		CommitDelayMS: milliseconds(o.CommitDelay), BatchMax: o.BatchMax}}
	parts := []func(context.Context) error{e.prepare, e.capacity}
	for range o.Rounds {
		parts = append(parts, e.steps, e.recovery)
	}
	for _, part := range append(parts, e.account) {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	e.result.summarize()
	return e.result, nil
}

// experiment is a running one.
type experiment struct {
	Options
	lab     *lab.Lab
	result  *Result
	granted int // holds, by all loads together
}

// A trigger makes the statement that changes the product sleep. The server sends it together with its COMMIT and holds
// the product's lock meanwhile: it cannot tell that from a slow commit. The databases' own delays of group commit are
// of no use here: MariaDB cuts its wait short when another transaction waits for a lock of the one that commits.
var slowCommits = []string{
	"CREATE TABLE commit_delay (seconds DOUBLE NOT NULL)",
	"INSERT INTO commit_delay VALUES (0)",
	"CREATE TRIGGER slow_commit BEFORE UPDATE ON products FOR EACH ROW DO SLEEP((SELECT seconds FROM commit_delay))",
}

// prepare makes it possible to slow commits down.
func (e *experiment) prepare(ctx context.Context) error {
	for _, statement := range slowCommits {
		if _, err := e.lab.DB().ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("prepare slow commits: %w", err)
		}
	}
	return nil
}

// delay has every commit take so much longer from now on.
func (e *experiment) delay(ctx context.Context, delay time.Duration) error {
	if _, err := e.lab.DB().ExecContext(ctx, "UPDATE commit_delay SET seconds = ?", delay.Seconds()); err != nil {
		return fmt.Errorf("set how long commits take: %w", err)
	}
	return nil
}

// load fires at a rate and counts what was granted.
func (e *experiment) load(ctx context.Context, rate float64, lasts time.Duration) ([]shot, error) {
	shots, err := fire(ctx, e.lab.URLs()[0], e.Connections, rate, lasts)
	for _, s := range shots {
		switch s.outcome {
		case granted:
			e.granted++
		case other:
			e.result.Others++
		}
	}
	return shots, err
}

// step fires at slow commits and measures when the queue had time to fill.
func (e *experiment) step(ctx context.Context, rate float64) (Step, error) {
	shots, err := e.load(ctx, rate, e.warmUp()+e.Measure)
	return measured(shots, span{e.warmUp(), e.warmUp() + e.Measure}), err
}

// capacity finds what slow commits allow. Full batches one after another, without any time between them, are more
// than can be: half as much again is a load that exceeds the capacity, and goodput under it is the capacity.
func (e *experiment) capacity(ctx context.Context) error {
	if err := e.delay(ctx, e.CommitDelay); err != nil {
		return err
	}
	const jitter = 1.2 // far less than half as much again, and more than a short measurement is wrong by
	most := float64(e.BatchMax) / e.CommitDelay.Seconds()
	step, err := e.step(ctx, 1.5*most)
	if err != nil {
		return err
	}
	if step.Goodput > jitter*most || step.Goodput == 0 {
		return fmt.Errorf("slow commits do not cap the server: %.0f holds/s, and %d in %v are %.0f/s",
			step.Goodput, e.BatchMax, e.CommitDelay, most)
	}
	e.result.Capacity = step.Goodput
	e.Report(fmt.Sprintf("commits of %v and more, %d holds in each at most: the capacity is %.0f holds/s",
		e.CommitDelay, e.BatchMax, step.Goodput))
	return nil
}

// steps offers one load after another.
func (e *experiment) steps(ctx context.Context) error {
	if err := e.delay(ctx, e.CommitDelay); err != nil {
		return err
	}
	var round []Step
	for _, multiple := range e.Multiples {
		step, err := e.step(ctx, multiple*e.result.Capacity)
		if err != nil {
			return err
		}
		step.Multiple = multiple
		round = append(round, step)
		e.Report(fmt.Sprintf("%4.1fx  offered %6.0f/s  served %6.0f/s, p99 %7.1f ms  refused %6.0f/s, p99 %7.1f ms",
			multiple, step.Offered, step.Goodput, step.ServedP99MS, step.Refused, step.RefusedP99MS))
	}
	e.result.Rounds = append(e.result.Rounds, round)
	return nil
}

// recovery keeps one load up while commits become slow and fast again.
func (e *experiment) recovery(ctx context.Context) error {
	if err := e.delay(ctx, 0); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lasts := e.fast() + e.slow() + e.fast()
	var slowAt, healedAt time.Duration
	started, turned := time.Now(), make(chan struct{})
	go func() {
		defer close(turned)
		if err := e.slowAndHeal(ctx, started, &slowAt, &healedAt); err != nil {
			cancel(err)
		}
	}()
	shots, err := e.load(ctx, e.Recovery*e.result.Capacity, lasts)
	<-turned
	if err != nil {
		return err
	}
	r := Recovery{Multiple: e.Recovery, Offered: e.Recovery * e.result.Capacity, SlowAtMS: milliseconds(slowAt),
		HealedAtMS: milliseconds(healedAt), Windows: course(shots, lasts)}
	r.RecoveredMS = recovered(r.Windows, slowAt, healedAt, e.fast()/3)
	e.result.Recoveries = append(e.result.Recoveries, r)
	e.Report(r.verdict())
	return nil
}

// slowAndHeal turns the slow commits on and off, and tells when they were.
func (e *experiment) slowAndHeal(ctx context.Context, started time.Time, slowAt, healedAt *time.Duration) error {
	for _, turn := range []struct {
		after, delay time.Duration
		at           *time.Duration
	}{{e.fast(), e.CommitDelay, slowAt}, {e.fast() + e.slow(), 0, healedAt}} {
		if err := waitUntil(ctx, started.Add(turn.after)); err != nil {
			return err
		}
		if err := e.delay(ctx, turn.delay); err != nil {
			return err
		}
		*turn.at = time.Since(started)
	}
	return nil
}

// account holds the answers against the database: a hold for every grant, and none for a refusal.
func (e *experiment) account(ctx context.Context) error {
	var holds, held int
	row := e.lab.DB().QueryRowContext(ctx,
		"SELECT (SELECT COUNT(*) FROM holds), stock_held FROM products WHERE id = ?", productID)
	if err := row.Scan(&holds, &held); err != nil {
		return fmt.Errorf("count the holds: %w", err)
	}
	// An answer that says neither may stand for a hold or for none.
	if least, most := e.granted, e.granted+e.result.Others; holds < least || holds > most || held != holds {
		return fmt.Errorf("the answers are not true: %d holds were granted, the database has %d and counts %d units held",
			e.granted, holds, held)
	}
	return nil
}
