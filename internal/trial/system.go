package trial

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"flashsale/internal/binlog"
	"flashsale/internal/database"
	"flashsale/internal/evidence"
	"flashsale/internal/lab"
	"flashsale/simulator"
	"flashsale/simulator/fault"
)

// System is what a run storms: a Lab of our own, or a Target that somebody else runs.
type System interface {
	start(ctx context.Context, o Options, logDir string) (running, error)
	// spares says why a kind of fault cannot befall the system, and what a person does about that; empty: it can.
	spares(fault.Kind) (why string)
}

// running is a system that is up.
type running interface {
	targets() []string
	secret() string
	products() []int64
	clock() simulator.Clock // nil if there is no database to ask
	harm() fault.System     // what faults can act on; empty: nothing
	tables() *sql.DB        // nil if the tables cannot be read
	// commits says with which DSN the database's commits can be followed; if they cannot, missing tells a person
	// why, and what to do about it.
	commits(context.Context) (dsn, missing string, err error)
	describe(*evidence.Run)  // what was under test, for run.json
	failed() <-chan struct{} // closed when the system broke by itself
	failure() error          // why
	close(context.Context) error
	kept() string
}

// Lab is a system of our own on a database of its own.
type Lab struct {
	DSN     string   // database server; empty: a private one
	Image   string   // run the private one in a container of this image
	Kind    string   // lab.KindFlashsale or lab.KindStrawman
	Without []string // guards the strawman goes without
	Keep    bool     // keep the database
}

type runningLab struct {
	*lab.Lab
	options  Lab
	scenario lab.Options
	ids      []int64
	keptAt   string
}

func (l Lab) start(ctx context.Context, o Options, logDir string) (running, error) {
	plan := simulator.NewPlan(o.Scenario, o.Seed)
	settings := o.Scenario.Server
	options := lab.Options{
		RunID: o.RunID, DSN: l.DSN, Image: l.Image, LogDir: logDir, Keep: l.Keep, Kind: l.Kind, Without: l.Without,
		Replicas: settings.Replicas, HoldTTL: settings.HoldTTL, SweepInterval: settings.SweepInterval,
		MaxQty: settings.MaxQty, RequestTimeout: settings.RequestTimeout, Logger: o.Logger,
	}
	prepareFaults(&options, o.Scenario)
	r := &runningLab{options: l}
	for i, p := range plan.Products {
		id := int64(i + 1)
		r.ids = append(r.ids, id)
		options.Products = append(options.Products, lab.Product{ID: id, Name: p.Name, Price: p.Price, StockTotal: p.Stock})
	}
	started, err := lab.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	r.Lab, r.scenario = started, options
	return r, nil
}

func (r *runningLab) targets() []string       { return r.URLs() }
func (r *runningLab) secret() string          { return r.Secret() }
func (r *runningLab) products() []int64       { return r.ids }
func (r *runningLab) clock() simulator.Clock  { return r.Lab }
func (r *runningLab) harm() fault.System      { return harm(r.Lab) }
func (r *runningLab) tables() *sql.DB         { return r.DB() }
func (r *runningLab) failed() <-chan struct{} { return r.Failed() }
func (r *runningLab) failure() error          { return r.Err() }
func (r *runningLab) kept() string            { return r.keptAt }

// commits tells a stranger's database that cannot be followed from one of our own, which always can.
func (r *runningLab) commits(ctx context.Context) (dsn, missing string, err error) {
	err = binlog.Probe(ctx, r.DSN())
	var unfit *binlog.Unfit
	if errors.As(err, &unfit) && r.Database().Source() == database.SourceDSN {
		return "", unfit.Line, nil
	}
	return r.DSN(), "", err
}

func (r *runningLab) close(ctx context.Context) error {
	r.keptAt = r.Kept()
	return r.Close(ctx)
}

func (r *runningLab) describe(run *evidence.Run) {
	run.Server = evidence.Server{
		Kind: r.options.Kind, Without: append([]string{}, r.options.Without...), Replicas: r.scenario.Replicas,
		HoldTTLUS: r.scenario.HoldTTL.Microseconds(), SweepIntervalUS: r.scenario.SweepInterval.Microseconds(),
		MaxQty: r.scenario.MaxQty,
	}
	db := r.Database()
	run.Database = evidence.Database{Source: db.Source(), Version: db.Version(), Settings: db.Settings()}
}

// Target is a server that somebody else runs. Without its database, only what clients see is evidence.
type Target struct {
	URLs          []string
	WebhookSecret string
	ProductID     int64
}

type runningTarget struct{ Target }

// errOneProduct says that a target sells one product and the scenario more.
var errOneProduct = errors.New("a --target run storms one product: choose a scenario with products.count 1, or --set products.count=1")

func (t Target) start(_ context.Context, o Options, _ string) (running, error) {
	if n := o.Scenario.Products.Count; n != 1 {
		return nil, fmt.Errorf("scenario %s has %d products: %w", o.Scenario.Name, n, errOneProduct)
	}
	return runningTarget{t}, nil
}

func (r runningTarget) targets() []string      { return r.URLs }
func (r runningTarget) secret() string         { return r.WebhookSecret }
func (r runningTarget) products() []int64      { return []int64{r.ProductID} }
func (r runningTarget) clock() simulator.Clock { return nil }
func (r runningTarget) harm() fault.System     { return fault.System{} }
func (r runningTarget) tables() *sql.DB        { return nil }
func (r runningTarget) commits(context.Context) (dsn, missing string, err error) {
	return "", "no --dsn: of a --target run only its clients' side is seen; without --target the run has a database whose commits are followed", nil
}

func (r runningTarget) failed() <-chan struct{}     { return nil }
func (r runningTarget) failure() error              { return nil }
func (r runningTarget) close(context.Context) error { return nil }
func (r runningTarget) kept() string                { return "" }

func (r runningTarget) describe(run *evidence.Run) {
	run.Server.Kind, run.Server.Without = "target", []string{}
	run.Server.Replicas = len(r.URLs)
	run.Database = evidence.Database{Source: "none", Settings: map[string]string{}}
}
