package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"flashsale/internal/database"
)

// KeeperCommand is the subcommand under which our binary must call KeeperMain.
const KeeperCommand = "keeper"

const (
	replyWait      = 10 * time.Second // for one reply; the slowest is a process start on a busy machine
	keeperExitWait = 20 * time.Second // more than its two graces, the drops and the removals together
)

// errKeeperGone says that the keeper died. On Linux its children died with it.
var errKeeperGone = errors.New("the keeper process has ended")

// keeper is our end of the pipe. It implements database.Starter and database.Guardian.
type keeper struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	gone chan struct{} // closed when the keeper has exited
	err  error         // how it exited; valid once gone is closed

	sending sync.Mutex // keeps request lines whole; never held together with mu, which listen needs

	mu       sync.Mutex
	lastID   int64
	pending  map[int64]chan message
	children map[int64]*process
}

// startKeeper runs `binary keeper`, detached from our terminal.
func startKeeper(binary string) (*keeper, error) {
	cmd := exec.Command(binary, KeeperCommand)
	cmd.SysProcAttr = keeperAttributes()
	complaints := &tail{}
	cmd.Stderr = complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	k := &keeper{
		cmd: cmd, in: in, gone: make(chan struct{}),
		pending: map[int64]chan message{}, children: map[int64]*process{},
	}
	go k.listen(out, complaints)
	return k, nil
}

// listen hands on what the keeper says until it exits.
func (k *keeper) listen(out io.Reader, complaints *tail) {
	for lines := json.NewDecoder(out); ; {
		var m message
		if lines.Decode(&m) != nil {
			break
		}
		k.handOn(m)
	}
	if err := k.cmd.Wait(); err != nil {
		k.err = fmt.Errorf("keeper: %w: %s", err, complaints)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.gone)
	for _, p := range k.children {
		p.end(errKeeperGone)
	}
	clear(k.children)
}

func (k *keeper) handOn(m message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if m.ID != 0 {
		if waiting, ok := k.pending[m.ID]; ok {
			waiting <- m // has room for the one reply
			delete(k.pending, m.ID)
		}
		return
	}
	if p, ok := k.children[m.Child]; ok {
		delete(k.children, m.Child)
		var how error
		if m.Failed != "" {
			how = errors.New(m.Failed)
		}
		p.cost = m.Cost
		p.end(how)
	}
}

// call sends one request and waits for its reply. p is the process that a start is about to make.
func (k *keeper) call(ctx context.Context, r request, p *process) (message, error) {
	waiting := make(chan message, 1)
	k.mu.Lock()
	k.lastID++
	r.ID = k.lastID
	k.pending[r.ID] = waiting
	if p != nil {
		// Known before it is started: it may have ended before we have read the reply.
		p.child = r.ID
		k.children[r.ID] = p
	}
	k.mu.Unlock()
	if err := k.send(r); err != nil {
		return message{}, err
	}
	patience := time.NewTimer(replyWait)
	defer patience.Stop()
	select {
	case m := <-waiting:
		if m.Error == os.ErrProcessDone.Error() {
			return m, os.ErrProcessDone
		}
		if m.Error != "" {
			return m, errors.New(m.Error)
		}
		return m, nil
	case <-k.gone:
		return message{}, errKeeperGone
	case <-ctx.Done():
		return message{}, ctx.Err()
	case <-patience.C:
		return message{}, fmt.Errorf("the keeper did not answer %q within %s", r.Do, replyWait)
	}
}

func (k *keeper) send(r request) error {
	k.sending.Lock()
	defer k.sending.Unlock()
	if err := json.NewEncoder(k.in).Encode(r); err != nil {
		return fmt.Errorf("%w: %w", errKeeperGone, err)
	}
	return nil
}

// Start runs a program under the keeper.
func (k *keeper) Start(ctx context.Context, program database.Program) (database.Process, error) {
	p, err := k.start(ctx, program)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (k *keeper) start(ctx context.Context, program database.Program) (*process, error) {
	p := &process{keeper: k, exited: make(chan struct{})}
	m, err := k.call(ctx, request{Do: doStart, Program: &program}, p)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program.Path, err)
	}
	p.pid = m.PID
	return p, nil
}

// makeDir makes a temporary directory that the keeper removes at its end.
func (k *keeper) makeDir(ctx context.Context, pattern string) (string, error) {
	m, err := k.call(ctx, request{Do: doMakeDir, Dir: pattern}, nil)
	if err != nil {
		return "", fmt.Errorf("make a temporary directory: %w", err)
	}
	return m.Dir, nil
}

// Adopt has the keeper remove a container at its end.
func (k *keeper) Adopt(ctx context.Context, container string) error {
	_, err := k.call(ctx, request{Do: doGuard, Container: container}, nil)
	return err
}

// Forget takes back what Adopt asked for.
func (k *keeper) Forget(ctx context.Context, container string) error {
	_, err := k.call(ctx, request{Do: doUnguard, Container: container}, nil)
	return err
}

// close ends the pipe and waits until the keeper has put everything away.
func (k *keeper) close() error {
	// A pipe that is closed already means that the keeper is on its way out.
	_ = k.in.Close()
	patience := time.NewTimer(keeperExitWait)
	defer patience.Stop()
	select {
	case <-k.gone:
		return k.err
	case <-patience.C:
	}
	if err := k.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the keeper: %w", err)
	}
	<-k.gone
	return fmt.Errorf("the keeper did not finish within %s, killed", keeperExitWait)
}

// process is a child of the keeper. It implements database.Process.
type process struct {
	keeper *keeper
	child  int64
	pid    int
	exited chan struct{}
	how    error
	cost   *Cost // nil: the system did not tell
}

func (p *process) end(how error) {
	p.how = how
	close(p.exited)
}

func (p *process) PID() int                { return p.pid }
func (p *process) Exited() <-chan struct{} { return p.exited }
func (p *process) ExitError() error        { return p.how }

func (p *process) Signal(sig syscall.Signal) error {
	select {
	case <-p.exited:
		return os.ErrProcessDone
	default:
	}
	// Not the caller's context: a process must be reachable by those who clean up after a cancellation.
	r := request{Do: doSignal, Child: p.child, Signal: int(sig)}
	_, err := p.keeper.call(context.Background(), r, nil)
	return err
}
