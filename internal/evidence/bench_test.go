package evidence

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

const benchRows = 1 << 20

// stormOperation is an operation as a storm leaves them: times that jitter, few products, keys, every kind.
func stormOperation(rng *rand.Rand, id int64) Operation {
	call := id*20_000 + rng.Int64N(1_000_000)
	op := Operation{
		ID: id, Request: id, Attempt: 1, Actor: 1 + rng.Int64N(id), Phase: PhaseStorm, Outcome: OK, HTTPStatus: 201,
		Intended: call - rng.Int64N(50_000), Call: call, Return: call + 4_000_000 + rng.Int64N(4_000_000),
		ProductID: 1 + rng.Int64N(4),
	}
	switch rng.IntN(4) {
	case 0:
		op.Kind, op.HTTPStatus, op.GotProductID, op.GotPrice = ReadProduct, 200, op.ProductID, 1990
		op.GotAvailable = 100_000 - id/100
	case 1:
		op.Kind, op.Qty, op.Key = CreateHold, 1+rng.Int64N(3), fmt.Sprintf("r1-b%d-hold", op.Actor)
		op.GotHoldID, op.GotExpiresAt = id/3, 1_700_000_000_000_000+call/1000
	case 2:
		op.Kind, op.HoldID, op.Key = CreateOrder, id/3, fmt.Sprintf("r1-b%d-order", op.Actor)
		op.GotOrderID, op.GotQty, op.GotTotal, op.GotStatus = id/4, 1+rng.Int64N(3), 1990, "pending"
	default:
		op.Kind, op.OrderID, op.Key = SendWebhook, id/4, fmt.Sprintf("r1-evt-%d-%08x", op.Actor, rng.Uint32())
		op.Payment, op.HTTPStatus, op.GotStatus, op.GotOutcome, op.GotHandled = "success", 200, "paid", "paid", true
	}
	return op
}

// stormCommit is a batch of holds, which also moves its product.
func stormCommit(rng *rand.Rand, position int64) Commit {
	const holds = 10
	now := 1_700_000_000_000_000 + position*500
	before := Image{ID: 1 + rng.Int64N(4), Price: 1990, StockTotal: 100_000, StockSold: position, StockHeld: position % 977, UpdatedAt: now - 500}
	c := Commit{Position: position, Log: "bin.000001", End: position * 1913}
	for i := range int64(holds) {
		c.Changes = append(c.Changes, Change{Table: TableHolds, After: Image{
			ID: position*holds + i, ProductID: before.ID, Qty: 1 + rng.Int64N(3), Status: "active",
			Key: fmt.Sprintf("r1-b%d-hold", rng.Int64N(1_000_000)), ExpiresAt: now + 2_000_000, CreatedAt: now, UpdatedAt: now,
		}})
	}
	after := before
	after.StockHeld, after.UpdatedAt = before.StockHeld+holds, now
	c.Changes = append(c.Changes, Change{Table: TableProducts, Before: before, After: after})
	return c
}

func stormHold(rng *rand.Rand, id int64) Hold {
	at := 1_700_000_000_000_000 + id*50
	return Hold{ID: id, ProductID: 1 + rng.Int64N(4), Qty: 1 + rng.Int64N(3), Status: []string{"completed", "expired"}[rng.IntN(2)],
		ExpiresAt: at + 2_000_000, Key: fmt.Sprintf("r1-b%d-hold", rng.Int64N(1_000_000)), CreatedAt: at, UpdatedAt: at + 9}
}

// benchmarkFile measures writing and reading a file of benchRows rows.
func benchmarkFile(b *testing.B, file string, write, read func(dir string) error) {
	report := func(b *testing.B) {
		b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("write", func(b *testing.B) {
		dir := b.TempDir()
		b.ReportAllocs()
		for b.Loop() {
			if err := write(dir); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/benchRows, "disk-B/row")
	})
	b.Run("read", func(b *testing.B) {
		dir := b.TempDir()
		if err := write(dir); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := read(dir); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
}

func BenchmarkOperations(b *testing.B) {
	benchmarkFile(b, OperationsFile, func(dir string) error {
		w, err := CreateOperations(dir, "r1")
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for id := int64(1); id <= benchRows; id++ {
			if err := w.Append(stormOperation(rng, id)); err != nil {
				return err
			}
		}
		_, err = w.Close()
		return err
	}, func(dir string) error {
		return ReadOperations(dir, "r1", func([]Operation) error { return nil })
	})
}

func BenchmarkCommits(b *testing.B) {
	benchmarkFile(b, CommitsFile, func(dir string) error {
		w, err := CreateCommits(dir, "r1")
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for position := int64(1); position <= benchRows/11; position++ {
			if err := w.Append(stormCommit(rng, position)); err != nil {
				return err
			}
		}
		_, err = w.Close()
		return err
	}, func(dir string) error {
		return ReadCommits(dir, "r1", func([]Commit) error { return nil })
	})
}

func BenchmarkHolds(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	tables := &Tables{Holds: make([]Hold, benchRows)}
	for i := range tables.Holds {
		tables.Holds[i] = stormHold(rng, int64(i+1))
	}
	benchmarkFile(b, filepath.Join(TablesDir, Final, TableHolds+".parquet"), func(dir string) error {
		return WriteTables(dir, Final, "r1", tables)
	}, func(dir string) error {
		_, err := ReadTables(dir, Final, "r1")
		return err
	})
}

func BenchmarkVerify(b *testing.B) {
	path := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(path, make([]byte, 1<<26), 0o644); err != nil {
		b.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	b.SetBytes(1 << 26)
	for b.Loop() {
		if _, err := digestAround(file, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
