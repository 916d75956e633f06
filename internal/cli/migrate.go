package cli

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"flashsale/migrations"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{Use: "migrate up|down|status", Short: "Move a database between schema versions", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	dsn := cmd.PersistentFlags().String("dsn", "", "database, in go-sql-driver's format")
	for _, sub := range []struct {
		use, short string
		run        func(context.Context, *sql.DB, io.Writer) error
	}{
		{"up", "Apply every migration that the database lacks", migrateUp},
		{"down", "Take back the newest migration, and its data with it", migrateDown},
		{"status", "List the migrations", migrateStatus},
	} {
		cmd.AddCommand(&cobra.Command{Use: sub.use, Short: sub.short, Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				return withDatabase(c.Context(), *dsn, func(ctx context.Context, db *sql.DB) error {
					return cannot(sub.run(ctx, db, c.OutOrStdout()))
				})
			}})
	}
	return cmd
}

func migrateUp(ctx context.Context, db *sql.DB, out io.Writer) error {
	steps, err := migrations.Up(ctx, db)
	for _, s := range steps {
		fmt.Fprintf(out, "applied %s\n", s.Name)
	}
	if err == nil && len(steps) == 0 {
		fmt.Fprintf(out, "nothing to do: the schema is at version %d\n", migrations.Latest())
	}
	return err
}

func migrateDown(ctx context.Context, db *sql.DB, out io.Writer) error {
	step, err := migrations.Down(ctx, db)
	if err != nil {
		return err
	}
	if step == nil {
		fmt.Fprintln(out, "nothing to do: no migration is applied")
		return nil
	}
	fmt.Fprintf(out, "took back %s\n", step.Name)
	return nil
}

func migrateStatus(ctx context.Context, db *sql.DB, out io.Writer) error {
	steps, err := migrations.Status(ctx, db)
	if err != nil {
		return err
	}
	for _, s := range steps {
		state := "pending"
		if s.Applied {
			state = "applied"
		}
		fmt.Fprintf(out, "%-8s %s\n", state, s.Name)
	}
	return nil
}
