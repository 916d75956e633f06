package reports

import (
	"slices"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

// Two runs, as small as they can be while they show everything that a report can show.

func passingRun() (*evidence.Run, *checker.Verdict, Stats) {
	run := &evidence.Run{
		Version: evidence.RunVersion, ID: "01jd8w3", Scenario: "stampede", Seed: 18446744073709551615,
		PlanHash:  "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
		StartedAt: time.Date(2025, 3, 1, 10, 30, 0, 0, time.UTC), ElapsedNS: 24_120_000_000,
		Server:   evidence.Server{Kind: "flashsale", Replicas: 3},
		Database: evidence.Database{Source: "child", Version: "10.11.6-MariaDB-log"},
		Sends:    evidence.Sends{Total: 61_204, Late: 3, LateMax: 612, WorstLateNS: 12_400_000},
		Thresholds: []evidence.Threshold{
			{Text: "hold.p99 < 50ms", Metric: evidence.CreateHold, Stat: "p99", Op: "<", Value: 50},
			{Text: "run.errors <= 0.01", Metric: "run", Stat: "errors", Op: "<=", Value: 0.01},
			{Text: "hold.rate > 1000", Metric: evidence.CreateHold, Stat: "rate", Op: ">", Value: 1000},
		},
	}
	v := &checker.Verdict{
		Version: checker.VerdictVersion, RunID: run.ID, ExitCode: checker.ExitHeld,
		Checks: []checker.Result{
			{Name: "stock-never-oversold", Promise: "never more is sold than there is", Verdict: checker.Pass,
				Exercised: 20_512},
			{Name: "duplicates-answer-alike", Promise: "all deliveries of a key agree", Verdict: checker.Pass, Exercised: 1_204},
			{Name: "event-atomic", Promise: "an event is one transaction", Verdict: checker.Skipped,
				Reason: "it needs the commit log, which this run does not record"},
			{Name: "real-time-order", Promise: "effects keep real time's order", Verdict: checker.Skipped,
				Reason: "it needs the commit log, which this run does not record"},
		},
		Thresholds: []checker.ThresholdResult{
			{Text: "hold.p99 < 50ms", Verdict: checker.Pass, Value: 12.345},
			{Text: "run.errors <= 0.01", Verdict: checker.Pass, Value: 0.00049},
			{Text: "hold.rate > 1000", Verdict: checker.Pass, Value: 3410.25},
		},
	}
	stats := Stats{
		Kinds: []measure.KindStats{
			{Kind: evidence.CreateHold, OK: 20_512, Refused: 1_301, PerSecond: 3410.6,
				P50: 2130 * time.Microsecond, P99: 12_345 * time.Microsecond, Max: 1_234 * time.Millisecond},
			{Kind: evidence.SendWebhook, OK: 998, Refused: 12, Unknown: 4, PerSecond: 77.2,
				P50: 870 * time.Microsecond, P99: 9_960 * time.Microsecond, Max: 75 * time.Second},
		},
		Stock: &measure.Stock{Products: 1, Sold: 500, Total: 500},
	}
	return run, v, stats
}

func brokenRun() (*evidence.Run, *checker.Verdict, Stats) {
	run, v, stats := passingRun()
	run.Scenario, run.Seed = "gauntlet", 7
	run.Probes = []evidence.ClockProbe{{Database: startUS}}
	run.Server = evidence.Server{Kind: "strawman", Without: []string{"product-lock", "exact-price"}}
	run.Faults = []evidence.Fault{
		{Name: "server-kill", Victim: "server-0", Injected: 2_140_000_000, Healed: 2_640_000_000, Recovered: 3_240_000_000,
			Bitten: true, Detail: "signal: killed"},
		{Name: "database-pause", Victim: "database", Injected: 5e9, Healed: 6e9, Recovered: 6_004_000_000,
			Detail: "it was never seen stopped"},
	}
	v.ExitCode = checker.ExitBroken
	v.Reasons = []string{"the open model did not keep its times: 812 of 61,204 sends were late, 612 are allowed; " +
		"the machine was too busy",
		"the fault database-pause on database, injected at 5.0 s, did not bite: it was never seen stopped"}
	v.Checks[0] = checker.Result{
		Name: "stock-never-oversold", Verdict: checker.Fail, Exercised: 20_512,
		Promise: "after every commit sold <= total, and sold + reserved <= total; where kept, stock_held equals its sum",
		Violations: []checker.Violation{oversold(), {
			What: "a product's stock_held is not the sum of its holds", Count: 1,
			First: checker.Case{Expected: "4", Found: "5"}, Worst: checker.Case{Expected: "4", Found: "5"},
		}},
	}
	v.Checks[1] = checker.Result{
		Name: "duplicates-answer-alike", Promise: "all deliveries of a key agree", Verdict: checker.Undecided,
		Reason: "exercised 0 times; the scenario expects at least 20",
	}
	v.Checks = append(v.Checks, checker.Result{
		Name: "price-exact", Promise: "total_price = price x qty", Verdict: checker.Fail, Exercised: 3, Expected: true,
		Violations: slices.Repeat([]checker.Violation{{
			What: "an order's total is not price x qty", Count: 1,
			First: checker.Case{IDs: map[string]int64{"order_id": 3}, Expected: "200", Found: "100"},
			Worst: checker.Case{IDs: map[string]int64{"order_id": 3}, Expected: "200", Found: "100"},
		}}, violationsShown+2),
	})
	v.Thresholds[0].Verdict, v.Thresholds[0].Value = checker.Fail, 61.2
	v.Thresholds[1] = checker.ThresholdResult{
		Text: "run.errors <= 0.01", Verdict: checker.Undecided, Reason: "no operation was recorded",
	}
	stats.Kinds, stats.Stock = nil, nil
	return run, v, stats
}

func oversold() checker.Violation {
	return checker.Violation{
		What: "more units were sold and reserved than the product has", Count: 12,
		First: checker.Case{AtUS: 1_740_825_003_210_400, IDs: map[string]int64{"product_id": 1, "hold_id": 502},
			Values: map[string]string{"reserved": "2"}, Expected: "at most 500 units", Found: "501"},
		Worst: checker.Case{AtNS: 3_410_000_000, IDs: map[string]int64{"product_id": 1},
			Expected: "at most 500 units", Found: "507"},
		Operations: []checker.Operation{
			{ID: 4690, Request: 4690, Attempt: 1, Actor: 13, Kind: evidence.SendWebhook, OrderID: 9,
				Payment: "success", Key: "evt-9", Outcome: evidence.Unknown, Error: "reset", Call: 1e9, Return: 2e9},
			{ID: 4711, Request: 4711, Attempt: 1, Actor: 12, Kind: evidence.CreateHold, ProductID: 1, Qty: 2,
				Key: "01jd8w3-b12-hold", Outcome: evidence.OK, HTTPStatus: 201, GotHoldID: 502,
				Call: 3_210_000_000, Return: 3_214_200_000},
			{ID: 4712, Request: 4690, Attempt: 2, Actor: 13, Kind: evidence.SendWebhook, OrderID: 9,
				Payment: "success", Key: "evt-9", Outcome: evidence.OK, HTTPStatus: 200, GotStatus: "paid",
				GotOutcome: "paid", Call: 3_215_000_000, Return: 3_215_800_000},
			{ID: 4713, Request: 4713, Attempt: 1, Actor: 14, Kind: evidence.CreateHold, ProductID: 1, Qty: 1,
				Outcome: evidence.Unknown, Error: "timeout", Call: 3_216_000_000, Return: 4_216_000_000},
			{ID: 4714, Request: 4714, Attempt: 1, Kind: evidence.ReadProduct, ProductID: 1, Outcome: evidence.OK,
				HTTPStatus: 200, GotProductID: 1, Call: 9_300_000_000, Return: 9_300_900_000},
		},
		Commits: commits(),
		Rows: []checker.Row{
			{Product: &evidence.Product{ID: 1, StockTotal: 500, StockSold: 507}},
			{Hold: &evidence.Hold{ID: 502, ProductID: 1, Qty: 2, Status: "completed", CreatedAt: startUS + 3_210_400,
				ExpiresAt: startUS + 5_210_400, UpdatedAt: startUS + 3_215_300}},
			{Event: &evidence.PaymentEvent{ID: 3, OrderID: 9, Key: "evt-9", Payment: "success", Outcome: "paid"}},
		},
	}
}

// commits is three transactions of the broken run: one that goes too far in a batch of many, and what is paid of it.
func commits() []checker.Commit {
	hold := evidence.Image{ID: 502, ProductID: 1, Qty: 2, Status: "active", ExpiresAt: startUS + 5_210_400,
		CreatedAt: startUS + 3_210_400, UpdatedAt: startUS + 3_210_400}
	paid := hold
	paid.Status, paid.UpdatedAt = "completed", startUS+3_215_300
	batch := checker.Commit{Position: 1042, Log: "bin.000001", End: 90_210}
	for id := range int64(40) {
		h := hold
		h.ID += id
		batch.Changes = append(batch.Changes, evidence.Change{Table: evidence.TableHolds, After: h})
	}
	batch.Changes = append(batch.Changes, evidence.Change{Table: evidence.TableProducts,
		Before: evidence.Image{ID: 1, StockTotal: 500, StockSold: 420, StockHeld: 79},
		After:  evidence.Image{ID: 1, StockTotal: 500, StockSold: 420, StockHeld: 81, UpdatedAt: startUS + 3_210_400}})
	return []checker.Commit{
		{Position: 1044, Log: "bin.000001", End: 91_400, Changes: []evidence.Change{
			{Table: evidence.TableEvents, After: evidence.Image{ID: 3, OrderID: 9, Key: "evt-9", Payment: "success",
				Outcome: "paid", CreatedAt: startUS + 3_215_300, UpdatedAt: startUS + 3_215_300}},
			{Table: evidence.TableHolds, Before: hold, After: paid},
		}},
		batch,
		{Position: 1050, Log: "bin.000001", End: 95_000, Changes: []evidence.Change{
			{Table: evidence.TableHolds, Before: paid}}},
	}
}
