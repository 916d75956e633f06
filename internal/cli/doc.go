// Package cli is the command line: one file per subcommand, each of which turns flags and environment
// into a Config, has it validated, and calls the package that does the work. It decides nothing itself,
// prints every error once, on one line, and maps it to the documented exit code.
package cli
