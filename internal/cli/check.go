package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports"
	"flashsale/reports/wording"
)

// checkMemory is what a check gets along with: ten million operations with their commits fit. A larger run takes
// what it needs, for the limit is a soft one.
const checkMemory = 1792 << 20

// keepLean lets garbage be collected before more memory is taken. Evidence holds hardly any pointers, so that looking
// for garbage among gigabytes of it costs next to nothing. Whoever sets GOMEMLIMIT has the last word.
func keepLean() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(checkMemory)
	}
}

// checkFlags is what `flashsale check` is told.
type checkFlags struct {
	dsn           string
	decisionTimes bool
}

func newCheck() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use: "check RUN_DIR | --dsn DSN", Short: "Judge a saved run again, from its evidence alone, or a live database",
		Long: "Judges the evidence in a run directory, as simulate did, and prints the summary. It changes nothing there.\n" +
			"With --dsn it judges the tables of a live database as they stand, from one snapshot, without a lock: what\n" +
			"can be said without knowing what clients saw. For every commit as it happens see flashsale watch.\n\n" + exitCodesHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			keepLean()
			// Whoever names a run means the run, whatever database the environment names for other commands.
			given := f.dsn != "" && f.dsn != os.Getenv("FLASHSALE_DSN")
			switch {
			case len(args) == 1 && given:
				return badInput("RUN_DIR judges a saved run, --dsn a live database: give one of them")
			case len(args) == 0 && f.dsn != "":
				return f.checkDatabase(cmd.Context(), cmd.OutOrStdout())
			case len(args) != 1:
				return badInput("give a run directory, as runs/latest, or --dsn; got %d arguments", len(args))
			}
			return checkRun(cmd.Context(), args[0], cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dsn, "dsn", "", "judge this database as it stands, in go-sql-driver's format")
	decisionTimesFlag(flags, &f.decisionTimes)
	return cmd
}

func checkRun(ctx context.Context, path string, out io.Writer) error {
	dir, err := evidence.Locate(path)
	if err != nil {
		return refuse(err)
	}
	run, err := evidence.ReadRun(dir)
	if err != nil {
		return refuse(err)
	}
	v, err := checker.Check(ctx, dir)
	if err != nil {
		return cannot(err)
	}
	err = reports.Terminal(out, run, v, nil, reports.Options{Color: reports.WantsColor(out), RunDir: dir})
	if err != nil {
		return cannot(err)
	}
	return verdict(v.ExitCode)
}

// tablesID names the snapshot of a live database, which is gone when it has been judged.
const tablesID = "tables"

// checkDatabase judges the tables as they stand.
func (f *checkFlags) checkDatabase(ctx context.Context, out io.Writer) error {
	return withDatabase(ctx, f.dsn, func(ctx context.Context, db *sql.DB) (err error) {
		dir, err := os.MkdirTemp("", "flashsale-check-")
		if err != nil {
			return cannot(err)
		}
		defer func() { err = errors.Join(err, cannot(os.RemoveAll(dir))) }()
		rows, err := evidence.SaveSnapshot(ctx, db, dir, evidence.Final, tablesID)
		if err != nil {
			return cannot(err)
		}
		v, err := checker.CheckTables(ctx, dir, tablesID, rows, f.decisionTimes)
		if err != nil {
			return cannot(err)
		}
		facts := []reports.Fact{{Name: "database", Value: databaseName(f.dsn)}, {Name: "tables", Value: fmt.Sprintf(
			"%s, %s, %s and %s, as they stood at %s",
			wording.Plural(rows[evidence.TableProducts], "product"), wording.Plural(rows[evidence.TableHolds], "hold"),
			wording.Plural(rows[evidence.TableOrders], "order"), wording.Plural(rows[evidence.TableEvents], "payment event"),
			time.Now().UTC().Format(time.RFC3339))}}
		if err := reports.Standing(out, v, facts, reports.WantsColor(out)); err != nil {
			return cannot(err)
		}
		return verdict(v.ExitCode)
	})
}
