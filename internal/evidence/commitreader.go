package evidence

import (
	"fmt"
	"path/filepath"
)

// ReadCommits streams commits.parquet of the run directory dir in batches of whole commits, in order, from
// position 1 without a hole. The slices are only valid during the call. An error of each ends the reading
// and is returned as it is. Columns, as "after.qty", are named as for ReadOperations; positions, tables and ids
// are always read.
func ReadCommits(dir, runID string, each func([]Commit) error, columns ...string) error {
	path := filepath.Join(dir, CommitsFile)
	gather := commitGatherer{path: path, each: each}
	if len(columns) > 0 {
		columns = append([]string{"commit", "table", "before.id", "after.id"}, columns...)
	}
	if _, err := readParquet(path, runID, gather.add, columns...); err != nil {
		return err
	}
	return gather.flush()
}

// commitGatherer puts the rows of commits.parquet together again.
type commitGatherer struct {
	path string // for errors
	each func([]Commit) error

	row     int64    // of the file, from 1
	last    int64    // position of the newest commit
	commits []Commit // without their Changes, which may still move; the newest may be incomplete
	firsts  []int    // where in changes each commit begins
	changes []Change
}

// add takes the next rows, and hands over what was gathered when there is enough of it and a commit ends.
func (g *commitGatherer) add(rows []changeRow) error {
	for i := range rows {
		row := &rows[i]
		if row.Position != g.last && len(g.changes) >= batchRows {
			if err := g.flush(); err != nil {
				return err
			}
		}
		g.row++
		if err := g.take(row); err != nil {
			return fmt.Errorf("%s: %w: row %d: %w", g.path, ErrDamaged, g.row, err)
		}
	}
	return nil
}

// take adds one row to the newest commit, or begins the next one.
func (g *commitGatherer) take(row *changeRow) error {
	if len(g.commits) == 0 || row.Position != g.last {
		if row.Position != g.last+1 {
			return fmt.Errorf("commit %d follows %d", row.Position, g.last)
		}
		g.last = row.Position
		g.commits = append(g.commits, Commit{Position: row.Position, Log: row.Log, End: row.End})
		g.firsts = append(g.firsts, len(g.changes))
	}
	commit, first := &g.commits[len(g.commits)-1], g.firsts[len(g.firsts)-1]
	if row.Log != commit.Log || row.End != commit.End {
		return fmt.Errorf("commit %d ends in two places", row.Position)
	}
	if len(g.changes)-first == MaxChanges {
		return fmt.Errorf("commit %d has more than %d changes", row.Position, MaxChanges)
	}
	g.changes = append(g.changes, Change{Table: row.Table, Before: row.Before, After: row.After})
	if err := checkChange(&g.changes[len(g.changes)-1]); err != nil {
		return fmt.Errorf("commit %d: %w", row.Position, err)
	}
	return nil
}

// flush hands over the gathered commits, which must be whole.
func (g *commitGatherer) flush() error {
	if len(g.commits) == 0 {
		return nil
	}
	end := len(g.changes)
	for i := len(g.commits) - 1; i >= 0; i-- {
		g.commits[i].Changes = g.changes[g.firsts[i]:end:end]
		end = g.firsts[i]
	}
	err := g.each(g.commits)
	g.commits, g.firsts, g.changes = g.commits[:0], g.firsts[:0], g.changes[:0]
	return err
}
