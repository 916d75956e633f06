package ledger

import (
	"context"
	"database/sql"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"flashsale/server/internal/decide"
	"flashsale/server/internal/patience"
)

// What a caller may conclude when it gets no decision.
var (
	// ErrOverloaded: the command was refused before its transaction committed; it had no effect.
	ErrOverloaded = errors.New("refused without effect: the server is overloaded or its database is not available")
	// ErrOutcomeUnknown: the command may or may not have taken effect.
	ErrOutcomeUnknown = errors.New("the outcome is unknown")
	// ErrPoisoned: the database refuses this very command; it had no effect.
	ErrPoisoned = errors.New("the database refuses the command")
)

// Limits of the ledger. A batch is bounded in commands, by Config; in payload bytes, so that it stays far below
// max_allowed_packet (16 MiB by default on MariaDB); and in units asked for, because each may cost the
// release of a lapsed hold: unbounded, a batch over a large backlog times out, and so does every next one.
const (
	batchBytesMax = 2 << 20
	batchUnitsMax = 10_000
	attemptsMax   = 10
	marginMax     = 250 * time.Millisecond
	lapsedChunk   = 500
)

// Config sets a ledger up.
type Config struct {
	DB             *sql.DB       // made by Open
	HoldTTL        time.Duration // how long a new hold lasts
	QueueMax       int           // commands waiting or in flight; more are refused
	BatchMax       int           // commands in one transaction
	ConcurrentMax  int           // transactions in flight, over all products
	RequestTimeout time.Duration // what a command may wait
	Logger         *slog.Logger
	Observe        Observer
}

// Observer is told what the ledger does, for metrics. Its methods must not block.
type Observer interface {
	Committed(commands int, took time.Duration)
	Retried(reason string)
	Corrected() // a product's row was not as its holds say
}

// Ledger applies commands by group commit. It holds nothing that a crash could lose.
type Ledger struct {
	Config
	slots     chan struct{} // one per transaction in flight
	queued    atomic.Int64
	mu        sync.Mutex
	lanes     map[int64]*lane
	pace      pace // of the transaction that ended last: what a new lane starts with
	admission admission
	keys      holdKeys
	patience  patience.Lender
	idle      chan struct{} // closed when the last lane is gone; nil while no Drain waits for that
}

// New returns a ledger over a database.
func New(c Config) *Ledger {
	return &Ledger{Config: c, slots: make(chan struct{}, c.ConcurrentMax), lanes: make(map[int64]*lane),
		pace: newPace(c.BatchMax), admission: newAdmission(c.RequestTimeout), keys: holdKeys{seed: maphash.MakeSeed()}}
}

// Submit hands a command for a product to the next transaction of that product and waits for its answer,
// at most RequestTimeout. Errors: ErrOverloaded, ErrOutcomeUnknown, ErrPoisoned.
func (l *Ledger) Submit(productID int64, command decide.Command) (decide.Answer, error) {
	return l.SubmitBy(time.Now().Add(l.RequestTimeout), productID, command)
}

// SubmitBy is Submit for a request that has spent some of its time already: it waits until the deadline.
func (l *Ledger) SubmitBy(deadline time.Time, productID int64, command decide.Command) (decide.Answer, error) {
	defer l.queued.Add(-1)
	if l.queued.Add(1) > int64(l.QueueMax) {
		return decide.Answer{}, ErrOverloaded
	}
	t := newTicket(command, deadline.Add(-l.margin()))
	if !l.enqueue(productID, t) {
		return decide.Answer{}, ErrOverloaded
	}
	timer := l.patience.Until(deadline)
	defer l.patience.Back(timer)
	select {
	case r := <-t.result:
		return r.answer, r.err
	case <-timer.C:
	}
	if t.claim() {
		return decide.Answer{}, ErrOverloaded
	}
	select {
	case r := <-t.result: // it came as the time ran out: better the truth than "unknown"
		return r.answer, r.err
	default:
		return decide.Answer{}, ErrOutcomeUnknown
	}
}

// Queued is how many commands wait for their transaction or are in it.
func (l *Ledger) Queued() int64 { return l.queued.Load() }

// margin is how long before its caller's patience ends a transaction gives up, so that the caller hears
// for certain that there was no effect, instead of the "unknown" that the clock would make of it.
func (l *Ledger) margin() time.Duration { return min(l.RequestTimeout/10, marginMax) }

// Drain waits until everything accepted is committed and answered, or ctx ends. Others may go on
// submitting meanwhile, as the sweep does, which is why this is no sync.WaitGroup.
func (l *Ledger) Drain(ctx context.Context) error {
	idle := l.whenIdle()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// whenIdle returns a channel that is closed once there is no lane.
func (l *Ledger) whenIdle() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.closeIfIdle()
	return idle
}

// closeIfIdle tells those who drain that the last lane is gone. The caller holds mu.
func (l *Ledger) closeIfIdle() {
	if l.idle != nil && len(l.lanes) == 0 {
		close(l.idle)
		l.idle = nil
	}
}
