package simulator

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// How often people hear of a run: on a terminal, and in a log.
const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 2 * time.Second
)

// A progress tells how a run goes: as bars on a terminal, as a plain line now and then elsewhere.
type progress struct {
	to       io.Writer
	terminal bool
	planned  int64 // arrivals
	tally    *tally
	now      func() time.Duration
	stage    func() string
}

// run reports until ctx ends.
func (p *progress) run(ctx context.Context) {
	switch {
	case p.to == nil:
	case p.terminal:
		p.bars(ctx)
	default:
		p.lines(ctx)
	}
}

func (p *progress) lines(ctx context.Context) {
	tick := time.NewTicker(lineEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f := p.tally.figures()
			// A log that cannot be written is no reason to lose a run.
			_, _ = fmt.Fprintf(p.to, "%3.0fs  %-9s  arrived %d/%d  %s\n", p.now().Seconds(), p.stage(), f.arrived, p.planned, f)
		}
	}
}

func (f figures) String() string {
	return fmt.Sprintf("holds ok %d refused %d unknown %d  orders %d  webhooks %d  p99 hold %s",
		f.holds, f.holdsRefused, f.holdsUnknown, f.orders, f.webhooks, round(f.holdP99))
}

func round(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

func (p *progress) bars(ctx context.Context) {
	container := mpb.New(mpb.WithOutput(p.to), mpb.WithWidth(48), mpb.WithRefreshRate(barEvery), mpb.WithAutoRefresh())
	var text atomic.Value // string: written here, drawn by the bars' own goroutine
	text.Store("")
	arrivals := container.AddBar(max(p.planned, 1),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return fmt.Sprintf("%-9s", p.stage()) })),
		mpb.AppendDecorators(decor.CountersNoUnit("%d/%d buyers")))
	below := container.New(0, mpb.NopStyle(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return text.Load().(string) })))
	tick := time.NewTicker(barEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		f := p.tally.figures()
		text.Store(f.String())
		arrivals.SetCurrent(f.arrived)
	}
	arrivals.Abort(false)
	below.Abort(false)
	container.Wait()
}
