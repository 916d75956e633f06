package server

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"flashsale/server/internal/coalesce"
)

// A question is a query with an IN list, in one place or several, written %[1]s.
type question struct {
	db   *sql.DB
	text string

	mu     sync.Mutex
	single *sql.Stmt // for one key; nil until it was asked for one
}

// about asks for keys. Most are asked for one at a time, because a sale is about one product: that form is prepared,
// which spares the database half of its work.
func (q *question) about(ctx context.Context, keys []any) (*sql.Rows, error) {
	args := slices.Repeat(keys, strings.Count(q.text, "%[1]s"))
	if len(keys) == 1 {
		single, err := q.prepared(ctx)
		if err != nil {
			return nil, err
		}
		return single.QueryContext(ctx, args...)
	}
	in := strings.TrimSuffix(strings.Repeat("?,", len(keys)), ",")
	return q.db.QueryContext(ctx, fmt.Sprintf(q.text, in), args...)
}

func (q *question) prepared(ctx context.Context) (*sql.Stmt, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.single == nil {
		single, err := q.db.PrepareContext(ctx, fmt.Sprintf(q.text, "?"))
		if err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
		q.single = single
	}
	return q.single, nil
}

// fetch makes a Fetch of a question; add takes in a row. A read that fails is logged here, once, and not by each of
// those who wait for it.
func fetch[K int64 | string, V any](db *sql.DB, logger *slog.Logger, text string,
	add func(*sql.Rows, map[K]V) error) coalesce.Fetch[K, V] {
	q := &question{db: db, text: text}
	return func(ctx context.Context, keys []K) (map[K]V, error) {
		found, err := ask(ctx, q, keys, add)
		if err != nil {
			err = fmt.Errorf("%w: %w", errRead, err)
			logger.Warn("a read failed", "keys", len(keys), "error", err)
		}
		return found, err
	}
}

func ask[K int64 | string, V any](ctx context.Context, q *question, keys []K,
	add func(*sql.Rows, map[K]V) error) (map[K]V, error) {
	args := make([]any, len(keys))
	for i, k := range keys {
		if text, ok := any(k).(string); ok {
			args[i] = []byte(text) // keys are bytes: compared byte for byte
		} else {
			args[i] = k
		}
	}
	rows, err := q.about(ctx, args)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[K]V, len(keys))
	for rows.Next() {
		if err := add(rows, found); err != nil {
			return nil, err
		}
	}
	return found, rows.Err()
}
