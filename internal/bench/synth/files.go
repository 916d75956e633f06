package synth

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"flashsale/internal/evidence"
)

// files are the evidence on its way to disk.
type files struct {
	runID      string
	options    Options
	operations *evidence.OperationWriter
	commits    *evidence.CommitWriter
	start      *evidence.TableWriter[evidence.Product]
	products   *evidence.TableWriter[evidence.Product]
	holds      *evidence.TableWriter[evidence.Hold]
	orders     *evidence.TableWriter[evidence.Order]
	events     *evidence.TableWriter[evidence.PaymentEvent]
}

func createFiles(dir string, o Options) (*files, error) {
	f := &files{options: o, runID: fmt.Sprintf("bench-%d-seed-%d", o.Operations, o.Seed)}
	columns := columns()
	// The other starting tables are empty.
	err := evidence.WriteTables(dir, evidence.Start, f.runID, &evidence.Tables{Columns: columns})
	var errs [7]error
	f.operations, errs[0] = evidence.CreateOperations(dir, f.runID)
	f.commits, errs[1] = evidence.CreateCommits(dir, f.runID)
	f.start, errs[2] = evidence.CreateTable[evidence.Product](dir, evidence.Start, f.runID, columns)
	f.products, errs[3] = evidence.CreateTable[evidence.Product](dir, evidence.Final, f.runID, columns)
	f.holds, errs[4] = evidence.CreateTable[evidence.Hold](dir, evidence.Final, f.runID, columns)
	f.orders, errs[5] = evidence.CreateTable[evidence.Order](dir, evidence.Final, f.runID, columns)
	f.events, errs[6] = evidence.CreateTable[evidence.PaymentEvent](dir, evidence.Final, f.runID, columns)
	return f, errors.Join(err, errors.Join(errs[:]...))
}

// columns are those of our own schema.
func columns() map[string]bool {
	all := make(map[string]bool)
	for table, names := range map[string][]string{
		evidence.TableProducts: {"name", "price", "stock_total", "stock_sold", "stock_held"},
		evidence.TableHolds:    {"product_id", "qty", "status", "expires_at", "idempotency_key", "batch"},
		evidence.TableOrders: {"product_id", "hold_id", "qty", "total_price", "status", "idempotency_key",
			"batch"},
		evidence.TableEvents: {"order_id", "idempotency_key", "status", "outcome", "raw_payload", "batch"},
	} {
		for _, name := range append(names, "id", "created_at", "updated_at") {
			all[table+"."+name] = true
		}
	}
	return all
}

// close completes the files and declares what they hold.
func (f *files) close() (declared evidence.Declared, err error) {
	var errs [7]error
	declared = evidence.Declared{
		StartTables: map[string]int64{evidence.TableHolds: 0, evidence.TableOrders: 0, evidence.TableEvents: 0},
		FinalTables: map[string]int64{}, Commits: new(int64),
	}
	declared.Operations, errs[0] = f.operations.Close()
	*declared.Commits, errs[1] = f.commits.Close()
	declared.StartTables[evidence.TableProducts], errs[2] = f.start.Close()
	declared.FinalTables[evidence.TableProducts], errs[3] = f.products.Close()
	declared.FinalTables[evidence.TableHolds], errs[4] = f.holds.Close()
	declared.FinalTables[evidence.TableOrders], errs[5] = f.orders.Close()
	declared.FinalTables[evidence.TableEvents], errs[6] = f.events.Close()
	return declared, errors.Join(errs[:]...)
}

// describe is run.json's content.
func (f *files) describe(s *sale, declared evidence.Declared) *evidence.Run {
	return &evidence.Run{
		Version: evidence.RunVersion, ID: f.runID, Scenario: "synthetic", Seed: f.options.Seed,
		StartedAt: time.UnixMicro(epochUS).UTC(), ElapsedNS: s.now * 1000,
		Build:    evidence.Build{Flashsale: "synthetic", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH},
		Server:   evidence.Server{Kind: "flashsale", Replicas: 1, HoldTTLUS: ttlUS, SweepIntervalUS: sweepUS, MaxQty: 1000},
		Database: evidence.Database{Source: "none", Version: "made up"},
		Declared: declared, Probes: probes(s.now), Faults: []evidence.Fault{}, Gaps: []string{},
		Sends: evidence.Sends{Total: declared.Operations, LateAfterNS: time.Second.Nanoseconds(), WorstLateNS: openMaxNS},
		Thresholds: []evidence.Threshold{
			{Text: "hold.p99 < 1s", Metric: evidence.CreateHold, Stat: "p99", Op: "<", Value: 1000},
			{Text: "run.errors <= 1%", Metric: "run", Stat: "errors", Op: "<=", Value: 0.01},
		},
	}
}

// probes ask the database for the time once a second, and at the end.
func probes(endUS int64) []evidence.ClockProbe {
	const everyUS, backUS, forthUS = 1_000_000, 150, 100
	var all []evidence.ClockProbe
	for at := int64(forthUS); at < endUS+everyUS; at += everyUS {
		all = append(all, evidence.ClockProbe{
			Before: (at - forthUS) * 1000, Database: epochUS + at, After: (at + backUS) * 1000,
		})
	}
	return all
}
