package cli

import (
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// fromEnvironment gives every flag that was not set the value of its FLASHSALE_* variable, if there is one.
func fromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := "FLASHSALE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if !ok || f.Changed || f.Name == "help" || err != nil {
			return
		}
		if setErr := flags.Set(f.Name, value); setErr != nil {
			err = badInput("%s: %v", name, setErr)
		}
	})
	return err
}
