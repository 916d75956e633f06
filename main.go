// Command flashsale is a checkout server for flash sales, a simulator that storms it, and a checker that
// proves from evidence that nothing was oversold and every payment event took effect exactly once.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"flashsale/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
