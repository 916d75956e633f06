package reports

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"flashsale/internal/evidence"
)

// A run of a million operations, with half a million holds and a commit log of a million rows, is drawn in seconds and
// its page stays small. It takes a while to make one, so this is a benchmark:
// go test ./reports -run '^$' -bench Million -benchtime 1x
func BenchmarkMillion(b *testing.B) {
	run, v, _ := brokenRun()
	dir := b.TempDir()
	saveMillion(b, dir, run)
	for b.Loop() {
		stats, err := Measure(dir, run)
		if err != nil {
			b.Fatal(err)
		}
		if err := WriteAll(dir, run, v, stats); err != nil {
			b.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, PageFile))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB/page")
}

func saveMillion(b *testing.B, dir string, run *evidence.Run) {
	b.Helper()
	const operations = 1_000_000
	run.ElapsedNS = int64(100 * time.Second)
	run.Probes = []evidence.ClockProbe{{Database: startUS}}
	run.Declared.FinalTables = map[string]int64{}
	log, err := evidence.CreateOperations(dir, run.ID)
	if err != nil {
		b.Fatal(err)
	}
	commits, err := evidence.CreateCommits(dir, run.ID)
	if err != nil {
		b.Fatal(err)
	}
	start := &evidence.Tables{Products: []evidence.Product{{ID: 1, StockTotal: 900}, {ID: 2, StockTotal: 900}}}
	final := &evidence.Tables{Products: start.Products}
	for i := range int64(operations) {
		op := evidence.Operation{ID: i + 1, Phase: evidence.PhaseStorm, Outcome: evidence.OK, Kind: evidence.CreateHold,
			Intended: i * 100_000, Call: i * 100_000, Return: i*100_000 + (1+i*7919%997)*100_000}
		if i%2 == 0 {
			op.Kind, op.Key, op.GotHandled = evidence.SendWebhook, fmt.Sprintf("evt-%d", i/3), i%3 == 0
		} else {
			created := startUS + i*100
			final.Holds = append(final.Holds, evidence.Hold{ID: i, ProductID: 1 + i%4/2, Qty: 1, Status: "expired",
				CreatedAt: created, ExpiresAt: created + 100_000, UpdatedAt: created + 150_000})
			if err := commits.Append(commitOf(final.Holds)); err != nil {
				b.Fatal(err)
			}
		}
		if err := log.Append(op); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := log.Close(); err != nil {
		b.Fatal(err)
	}
	transactions, err := commits.Close()
	if err != nil {
		b.Fatal(err)
	}
	run.Declared.Commits, run.Declared.StartTables = &transactions, map[string]int64{}
	if err := evidence.WriteTables(dir, evidence.Start, run.ID, start); err != nil {
		b.Fatal(err)
	}
	if err := evidence.WriteTables(dir, evidence.Final, run.ID, final); err != nil {
		b.Fatal(err)
	}
}

// commitOf grants the newest hold and sweeps one that has lapsed.
func commitOf(holds []evidence.Hold) evidence.Commit {
	newest := &holds[len(holds)-1]
	image := func(h *evidence.Hold, status string) evidence.Image {
		return evidence.Image{ID: h.ID, ProductID: h.ProductID, Qty: h.Qty, Status: status, CreatedAt: h.CreatedAt,
			ExpiresAt: h.ExpiresAt, UpdatedAt: newest.CreatedAt}
	}
	c := evidence.Commit{Position: int64(len(holds)), Log: "bin.000001", End: int64(len(holds)) * 300,
		Changes: []evidence.Change{{Table: evidence.TableHolds, After: image(newest, "active")}}}
	if lapsed := len(holds) - 1000; lapsed >= 0 {
		h := &holds[lapsed]
		c.Changes = append(c.Changes, evidence.Change{Table: evidence.TableHolds, Before: image(h, "active"),
			After: image(h, "expired")})
	}
	return c
}
