package evidence

import (
	"fmt"
	"path/filepath"
)

const (
	// queueCommits is how many commits may wait for the writer: a second or more of a storm, and some 40 MiB
	// when each serves a batch of a hundred.
	queueCommits = 1 << 10

	// MaxChanges is how many rows a transaction may change and still be evidence: far more than any
	// checkout or sweep, and what bounds the memory of whoever reads a commit log.
	MaxChanges = 1 << 18
)

// changeRow is a Change as commits.parquet holds it: the rows of a transaction follow each other.
type changeRow struct {
	Position int64  `parquet:"commit,delta"`
	Log      string `parquet:"log,dict"`
	End      int64  `parquet:"end,delta"`
	Table    string `parquet:"table,dict"`
	Before   Image  `parquet:"before"`
	After    Image  `parquet:"after"`
}

// CommitWriter streams the commit log to commits.parquet. One goroutine appends, in the order of the
// positions; another one encodes. When the disk is slower it waits: nothing is ever dropped.
type CommitWriter struct {
	log  *stream[Commit, changeRow]
	last int64 // position of the newest commit
}

// CreateCommits starts commits.parquet in the run directory dir.
func CreateCommits(dir, runID string) (*CommitWriter, error) {
	log, err := newStream("commit log", filepath.Join(dir, CommitsFile), runID, queueCommits, appendChanges)
	if err != nil {
		return nil, err
	}
	return &CommitWriter{log: log}, nil
}

func appendChanges(rows []changeRow, c Commit) []changeRow {
	for _, change := range c.Changes {
		rows = append(rows, changeRow{c.Position, c.Log, c.End, change.Table, change.Before, change.After})
	}
	return rows
}

// Append adds the commit that follows the last one; its Changes belong to the writer from then on. It waits
// while the queue is full. It returns an error for a commit that ReadCommits would not take, and when the
// log is closed or can no longer be written: the run's commit log then has a gap.
func (w *CommitWriter) Append(c Commit) error {
	if err := checkCommit(&c, w.last+1); err != nil {
		return fmt.Errorf("commit log: %w", err)
	}
	if err := w.log.append(c); err != nil {
		return err
	}
	w.last = c.Position
	return nil
}

// Close writes what is queued, completes the file and says how many transactions it holds. A second call
// says the same again.
func (w *CommitWriter) Close() (transactions int64, err error) { return w.log.close() }

// checkCommit tells what is wrong with a commit that should have the given position.
func checkCommit(c *Commit, position int64) error {
	if c.Position != position {
		return fmt.Errorf("commit %d stands where %d should", c.Position, position)
	}
	if len(c.Changes) == 0 || len(c.Changes) > MaxChanges {
		return fmt.Errorf("commit %d: %d changes, of 1 to %d", position, len(c.Changes), MaxChanges)
	}
	for i := range c.Changes {
		if err := checkChange(&c.Changes[i]); err != nil {
			return fmt.Errorf("commit %d: change %d: %w", position, i+1, err)
		}
	}
	return nil
}

// checkChange tells what is wrong with a change, whatever the rest of its commit.
func checkChange(c *Change) error {
	switch c.Table {
	case TableProducts, TableHolds, TableOrders, TableEvents:
	default:
		return fmt.Errorf("no such table: %q", c.Table)
	}
	before, after := c.Before.ID, c.After.ID
	switch {
	case before == 0 && after == 0:
		return fmt.Errorf("%s: a row without an id", c.Table)
	case before == 0 && c.Before != Image{}, after == 0 && c.After != Image{}:
		return fmt.Errorf("%s: half a row without an id", c.Table)
	case before != 0 && after != 0 && before != after:
		return fmt.Errorf("%s: row %d becomes row %d", c.Table, before, after)
	}
	return nil
}
