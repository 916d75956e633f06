package binlog

import (
	"context"

	"flashsale/internal/evidence"
)

// Touched counts the commits of the schema between o.From and a later position. It is 0 if and only if the
// tables are the same at both: whatever was read of them in between is how they stood at either.
func Touched(ctx context.Context, o Options, to Position) (int64, error) {
	if !o.From.Before(to) {
		return 0, nil
	}
	f, err := Follow(ctx, o, func(evidence.Commit) error { return nil })
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := f.Await(ctx, to); err != nil {
		return 0, err
	}
	return f.Commits(), nil
}
