package lab

import (
	"strconv"
	"time"
)

// Kinds of servers that a lab can run. KindDatabase is a migrated database with products and no server
// at all, for whoever brings the server.
const (
	KindDatabase  = "database"
	KindFlashsale = "flashsale"
	KindStrawman  = "strawman"
)

// Command is how a server of one kind is started: our binary's subcommand and flags. Addresses and the
// secret's file are the lab's to add.
type Command struct {
	Subcommand string
	Flags      []string
	// CreatesSchema says that the program makes its own tables when called with --create-schema, and
	// exits. Otherwise the lab runs our migrations.
	CreatesSchema bool
}

// Limits are the settings that both kinds of servers share. A zero leaves the server its own default.
type Limits struct {
	HoldTTL        time.Duration
	SweepInterval  time.Duration
	MaxQty         int64 // units in one hold
	RequestTimeout time.Duration
}

func (l Limits) flags() []string {
	var flags []string
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{
		{"--hold-ttl", l.HoldTTL}, {"--sweep-interval", l.SweepInterval}, {"--request-timeout", l.RequestTimeout},
	} {
		if d.value != 0 {
			flags = append(flags, d.flag, d.value.String())
		}
	}
	if l.MaxQty != 0 {
		flags = append(flags, "--max-qty", strconv.FormatInt(l.MaxQty, 10))
	}
	return flags
}

// FlashsaleCommand starts the checkout server.
func FlashsaleCommand(limits Limits) Command {
	return Command{Subcommand: "serve", Flags: limits.flags()}
}

// StrawmanCommand starts the plain checkout, with guards removed by name.
func StrawmanCommand(limits Limits, without ...string) Command {
	flags := limits.flags()
	for _, guard := range without {
		flags = append(flags, "--without", guard)
	}
	return Command{Subcommand: "strawman", Flags: flags, CreatesSchema: true}
}

// arguments is the whole command line, without the binary.
func (c Command) arguments(addr, adminAddr, secretFile string) []string {
	args := []string{c.Subcommand, "--addr", addr, "--admin-addr", adminAddr, "--webhook-secret-file", secretFile}
	return append(args, c.Flags...)
}
