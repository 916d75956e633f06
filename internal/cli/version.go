package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"flashsale/internal/evidence"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := build()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "flashsale %s (%s, %s)\n", b.Flashsale, b.Go, b.Platform)
			return cannot(err)
		},
	}
}

// build tells what this binary was made from.
func build() evidence.Build {
	b := evidence.Build{Flashsale: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" {
		b.Flashsale = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && b.Flashsale == "(devel)" {
			b.Flashsale = s.Value[:12]
		}
	}
	return b
}
