package fault

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"
)

// patience bounds one question to a victim. A sound one on loopback answers in a fraction of it, also on a busy
// machine; and it is short, because a fault is not healed before the question is over.
const patience = 300 * time.Millisecond

func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, patience)
}

// killed tells from how a process ended that it was SIGKILL: by the kernel's account, or by a container engine's,
// which adds 128 to the signal's number.
func killed(end string) bool {
	return strings.Contains(end, "signal: killed") || strings.Contains(end, "exit status 137")
}

// refused tells that nobody listens.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// timedOut tells that there was no answer for as long as ctx let one wait; not, that the caller gave up before.
func timedOut(ctx context.Context, err error) bool {
	var network net.Error
	silent := errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
	return silent && !errors.Is(ctx.Err(), context.Canceled)
}
