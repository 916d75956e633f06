package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flashsale/internal/binlog"
	"flashsale/internal/evidence"
)

// databaseSide is what the database itself tells of a run: the tables before and after, and every commit in
// between, saved while the run goes on. The log begins where the starting tables end and ends where the final
// ones do: what it says happened in between is all that did.
type databaseSide struct {
	system  running
	dir     string
	run     *evidence.Run
	options binlog.Options

	follower *binlog.Follower // nil: this run has no commit log
	file     *evidence.CommitWriter
	broken   bool // the log is incomplete, and run.json says why
}

const (
	// tableAttempts is how often tables are read because somebody wrote to them meanwhile.
	tableAttempts = 5
	// logWait bounds the wait for the end of the log. What is left of it after a run is what the server has not
	// sent yet, and reading is many times faster than committing.
	logWait = time.Minute
)

// startDatabaseSide saves the starting tables and begins to follow the log from there. A run that has no
// commit log says why in run.json.
func startDatabaseSide(ctx context.Context, o Options, system running, dir string, run *evidence.Run) (*databaseSide, error) {
	dsn, why, err := system.commits(ctx)
	if err != nil {
		return nil, fmt.Errorf("follow the database's commits: %w", err)
	}
	d := &databaseSide{system: system, dir: dir, run: run, options: binlog.Options{DSN: dsn, Logger: o.Logger}}
	if run.Declared.NoCommits = why; why != "" {
		if o.NoCommits != nil {
			o.NoCommits(why)
		}
		run.Declared.StartTables, err = saveTables(ctx, system.tables(), dir, evidence.Start, run.ID)
		return d, err
	}
	if err := d.saveStart(ctx); err != nil {
		return nil, err
	}
	if d.file, err = evidence.CreateCommits(dir, run.ID); err != nil {
		return nil, err
	}
	// Not the run's context: after an interrupt the log is still read to its end.
	d.follower, err = binlog.Follow(context.WithoutCancel(ctx), d.options, d.file.Append)
	if err != nil {
		_, closeErr := d.file.Close()
		return nil, errors.Join(err, closeErr)
	}
	return d, nil
}

// saveStart reads the tables until nobody wrote to them meanwhile: the log is followed from there. The
// database is our own, and its servers have nothing to do yet.
func (d *databaseSide) saveStart(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotWait)
	defer cancel()
	for range tableAttempts {
		if d.options.From, err = binlog.End(ctx, d.system.tables()); err != nil {
			return err
		}
		d.run.Declared.StartTables, err = saveTables(ctx, d.system.tables(), d.dir, evidence.Start, d.run.ID)
		if err != nil {
			return err
		}
		after, err := binlog.End(ctx, d.system.tables())
		if err != nil {
			return err
		}
		if n, err := binlog.Touched(ctx, d.options, after); err != nil || n == 0 {
			return err
		}
	}
	return fmt.Errorf("the tables changed before the run began, each of the %d times that they were read", tableAttempts)
}

// finish reads the final tables between two looks at the log that find the same commits, and ends the
// following. What cannot be had is a gap.
func (d *databaseSide) finish() error {
	for attempt := 1; ; attempt++ {
		before := d.catchUp()
		d.run.Declared.FinalTables = saveFinal(d.system, d.dir, d.run)
		if d.run.Declared.FinalTables == nil || d.catchUp() == before {
			return d.close()
		}
		if attempt == tableAttempts {
			d.gap(fmt.Errorf("the commit log does not end with the final tables: "+
				"they changed each of the %d times that they were read", attempt))
			return d.close()
		}
	}
}

// catchUp waits until the log was followed to where it ends now, and counts the commits. It does not try again
// what failed before.
func (d *databaseSide) catchUp() (commits int64) {
	if d.follower == nil {
		return 0
	}
	if !d.broken {
		ctx, cancel := context.WithTimeout(context.Background(), logWait)
		defer cancel()
		end, err := binlog.End(ctx, d.system.tables())
		if err == nil {
			err = d.follower.Await(ctx, end)
		}
		d.gap(err)
	}
	return d.follower.Commits()
}

// gap notes the first thing, if it is one, that makes the commit log incomplete: the others follow from it.
func (d *databaseSide) gap(err error) {
	if err != nil && !d.broken {
		d.broken = true
		d.run.Gaps = append(d.run.Gaps, err.Error())
	}
}

// close ends the following and declares what was saved.
func (d *databaseSide) close() error {
	if d.follower == nil {
		return nil
	}
	d.gap(d.follower.Close())
	transactions, err := d.file.Close()
	d.run.Declared.Commits = &transactions
	return err
}
