package binlog_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
)

// BenchmarkFollow reads a log that is there already: what a change costs the follower, and how far ahead of a
// server it stays.
func BenchmarkFollow(b *testing.B) {
	dsn, err := labs.Empty(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s := &shop{dsn: dsn, db: open(b, dsn)}
	s.exec(b, `CREATE TABLE holds (id BIGINT PRIMARY KEY AUTO_INCREMENT, product_id BIGINT NOT NULL, qty BIGINT NOT NULL,
		status ENUM ('active', 'used', 'completed', 'expired', 'canceled') NOT NULL, expires_at DATETIME(6) NOT NULL,
		idempotency_key VARBINARY(255), batch BINARY(16), created_at DATETIME(6), updated_at DATETIME(6))`)
	from, err := binlog.End(b.Context(), s.db)
	if err != nil {
		b.Fatal(err)
	}
	const rows, transactions = 100, 300
	one := "(1, 1, 'active', NOW(6), UUID(), 'bbbbbbbbbbbbbbbb', NOW(6), NOW(6))"
	insert := "INSERT INTO holds (product_id, qty, status, expires_at, idempotency_key, batch, created_at, updated_at) VALUES " +
		one + strings.Repeat(", "+one, rows-1)
	for range transactions {
		s.exec(b, insert)
	}
	end, err := binlog.End(b.Context(), s.db)
	if err != nil {
		b.Fatal(err)
	}
	var changes atomic.Int64
	b.ReportAllocs()
	for b.Loop() {
		f, err := binlog.Follow(b.Context(), binlog.Options{DSN: dsn, From: from}, func(c evidence.Commit) error {
			changes.Add(int64(len(c.Changes)))
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		err = f.Await(ctx, end)
		cancel()
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(changes.Load()), "ns/change")
}
