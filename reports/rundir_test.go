package reports

import (
	"fmt"
	"testing"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// startUS is the database's time at the run's start.
const startUS = int64(1_740_825_000_000_000)

// saveRun writes a run directory with every file that reports read: some seconds of a sale of three products, of
// which the second is oversold if the run is broken. Names from the evidence are hostile, as strangers may be.
func saveRun(t *testing.T, broken bool) (dir string, run *evidence.Run, v *checker.Verdict) {
	t.Helper()
	dir = t.TempDir()
	run, v, _ = passingRun()
	if broken {
		run, v, _ = brokenRun()
		v.Checks[0].Violations[0].First.Found = `<script>document.title="owned"</script>`
	}
	v.Checks = append(v.Checks, remainingChecks(v)...)
	run.ElapsedNS = int64(8 * time.Second)
	run.Probes = []evidence.ClockProbe{{Before: 0, Database: startUS, After: 0}}
	run.Faults = chaos()
	run.Declared.FinalTables = map[string]int64{}
	log, err := evidence.CreateOperations(dir, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range storm() {
		if err := log.Append(op); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := evidence.WriteTables(dir, evidence.Final, run.ID, tables(broken)); err != nil {
		t.Fatal(err)
	}
	return dir, run, v
}

// chaos is ten faults in five seconds, some of them at once.
func chaos() (faults []evidence.Fault) {
	for i, kind := range []string{"server-kill", "answer-lost", "database-latency", "server-pause", "client-partition",
		"database-kill", "sweep-kill", "commit-unanswered", "database-connections", "server-clock"} {
		at := int64(500e6 + i*480e6)
		faults = append(faults, evidence.Fault{Name: kind, Victim: fmt.Sprintf("server-%d", i%3), Injected: at,
			Healed: at + int64(100e6+i%4*150e6), Recovered: at + int64(180e6+i%4*200e6), Bitten: true,
			Detail: "a sign of it, as the victim gave it: connection refused"})
	}
	return faults
}

// remainingChecks passes every check that the fixture does not mention, so that pages show them all.
func remainingChecks(v *checker.Verdict) []checker.Result {
	known := make(map[string]bool)
	for _, c := range v.Checks {
		known[c.Name] = true
	}
	var all []checker.Result
	for _, c := range checker.Checks() {
		if !known[c.Name] {
			all = append(all, checker.Result{Name: c.Name, Promise: c.Promise, Verdict: checker.Pass, Exercised: 7})
		}
	}
	return all
}

// storm is three thousand operations of three kinds over six seconds, and some deliveries sent more than once.
func storm() []evidence.Operation {
	var ops []evidence.Operation
	for i := range int64(3000) {
		op := evidence.Operation{ID: i + 1, Phase: evidence.PhaseStorm, Outcome: evidence.OK,
			Intended: i * 2_000_000, Call: i * 2_000_000, Return: i*2_000_000 + (1+i%97)*1_000_000}
		switch i % 3 {
		case 0:
			op.Kind = evidence.CreateHold
			if i%2 == 0 {
				op.Outcome, op.HTTPStatus = evidence.Refused, 409
			}
		case 1:
			op.Kind = evidence.CreateOrder
			if i%50 == 0 {
				op.Outcome = evidence.Unknown
			}
		default:
			op.Kind, op.Key, op.GotHandled = evidence.SendWebhook, fmt.Sprintf("evt-%d", i%501), i < 501
		}
		ops = append(ops, op)
	}
	return ops
}

func tables(broken bool) *evidence.Tables {
	tables := &evidence.Tables{Columns: map[string]bool{}}
	for id := range int64(3) {
		tables.Products = append(tables.Products, evidence.Product{ID: id + 1, StockTotal: 50, StockSold: 20})
	}
	for i := range int64(150) {
		created := startUS + i*40_000
		tables.Holds = append(tables.Holds, evidence.Hold{ID: i + 1, ProductID: 1 + i%3, Qty: 1, Status: "expired",
			CreatedAt: created, ExpiresAt: created + 500_000, UpdatedAt: created + 600_000})
	}
	for i := range int64(60) {
		h := &tables.Holds[2*i]
		h.Status, h.UpdatedAt = "completed", h.CreatedAt+200_000
	}
	if broken {
		tables.Holds[1].Qty = 60
	}
	for i := range int64(501) {
		tables.Events = append(tables.Events, evidence.PaymentEvent{ID: i + 1, Key: fmt.Sprintf("evt-%d", i)})
	}
	return tables
}
