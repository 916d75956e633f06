package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"flashsale/server/internal/decide"
)

// Lapsed holds come oldest first, active and used ones alike, each once, however many chunks they take.
func TestLapsedHoldsComeInOrder(t *testing.T) {
	b := newBench(t, "", nil)
	const rows = 2*lapsedChunk + 7
	product := b.product(rows)
	var values []string
	for i := range rows {
		status := []string{"active", "used", "used", "expired"}[i%4]
		age := (i * 7919 % rows) / 3 // in no order, and three of one age
		values = append(values, fmt.Sprintf("(%d, 1, '%s', UTC_TIMESTAMP(6) - INTERVAL %d SECOND, 'x', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
			product, status, age+1))
	}
	b.exec("INSERT INTO holds (product_id, qty, status, expires_at, batch, created_at, updated_at) VALUES " + strings.Join(values, ","))
	conn, err := b.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var now time.Time
	if err := conn.QueryRowContext(t.Context(), "SELECT UTC_TIMESTAMP(6)").Scan(&now); err != nil {
		t.Fatal(err)
	}
	var after lapsedCursor
	var all []*decide.Hold
	for {
		chunk, err := loadLapsed(t.Context(), conn, product, now, &after)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, chunk...)
		if len(chunk) < lapsedChunk {
			break
		}
	}
	want := b.number("SELECT COUNT(*) FROM holds WHERE product_id = ? AND status IN ('active', 'used')", product)
	if int64(len(all)) != want {
		t.Errorf("%d lapsed holds, want %d", len(all), want)
	}
	for i := 1; i < len(all); i++ {
		older, younger := all[i-1], all[i]
		if c := older.ExpiresAt.Compare(younger.ExpiresAt); c > 0 || c == 0 && older.ID >= younger.ID {
			t.Fatalf("hold %d (%v) comes before %d (%v)", older.ID, older.ExpiresAt, younger.ID, younger.ExpiresAt)
		}
	}
}
