package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"flashsale/server"
)

func newProduct() *cobra.Command {
	cmd := &cobra.Command{Use: "product add|list|restock", Short: "Put products on sale", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	dsn := cmd.PersistentFlags().String("dsn", "", "database, in go-sql-driver's format")
	cmd.AddCommand(newProductAdd(dsn), newProductList(dsn), newProductRestock(dsn))
	return cmd
}

func newProductAdd(dsn *string) *cobra.Command {
	var price, stock int64
	cmd := &cobra.Command{Use: "add NAME --price N --stock N", Short: "Put a product on sale and print its id",
		Args: exactly(1, "the product's NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if price < 0 || stock < 1 {
				return badInput("--price must not be negative, --stock must be at least 1")
			}
			return withDatabase(cmd.Context(), *dsn, func(ctx context.Context, db *sql.DB) error {
				id, err := server.AddProduct(ctx, db, args[0], price, stock)
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "product %d is on sale: %d units of %q at %d\n", id, stock, args[0], price)
				}
				return cannot(err)
			})
		}}
	cmd.Flags().Int64Var(&price, "price", 0, "price of one unit, in whole units of the currency")
	cmd.Flags().Int64Var(&stock, "stock", 0, "units on sale")
	return cmd
}

func newProductList(dsn *string) *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the products and what is available", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDatabase(cmd.Context(), *dsn, func(ctx context.Context, db *sql.DB) error {
				products, err := server.Products(ctx, db)
				for _, p := range products {
					fmt.Fprintf(cmd.OutOrStdout(), "%6d  %-30s price %8d  available %8d\n", p.ID, p.Name, p.Price, p.AvailableStock)
				}
				return cannot(err)
			})
		}}
}

func newProductRestock(dsn *string) *cobra.Command {
	var units int64
	cmd := &cobra.Command{Use: "restock ID --units N", Short: "Add units to a product, while it sells",
		Args: exactly(1, "the product's ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return badInput("product id %q: must be a positive number", args[0])
			}
			if units < 1 {
				return badInput("--units %d: must be at least 1", units)
			}
			return withDatabase(cmd.Context(), *dsn, func(ctx context.Context, db *sql.DB) error {
				err := server.Restock(ctx, db, id, units)
				if errors.Is(err, server.ErrNoProduct) {
					return badInput("product %d: %v; see flashsale product list", id, err)
				}
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "product %d has %d units more\n", id, units)
				}
				return cannot(err)
			})
		}}
	cmd.Flags().Int64Var(&units, "units", 0, "units to add")
	return cmd
}

// exactly is cobra.ExactArgs with a message that says what is wanted.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return badInput("give %s, got %d arguments", what, len(args))
		}
		return nil
	}
}
