package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"flashsale/internal/database"
)

const (
	keptChildrenMax = 256             // running at once
	keeperGrace     = 3 * time.Second // between SIGTERM and SIGKILL, once nobody waits for results any more
	keeperDropWait  = 4 * time.Second // for dropping the databases that a dead lab left on a DSN's server

	// For removing the containers that a dead lab left, one of which Docker may still be making.
	keeperRemoveWait = 4 * time.Second
)

// KeeperMain is the keeper: it obeys the requests on in, tells on out what becomes of them, and when in
// ends it ends every child and removes what was entrusted to it. It returns only then. Signals that a
// terminal or a tired person sends do not end it: its one master is the pipe.
func KeeperMain(in io.Reader, out io.Writer) error {
	// The kernel ties a child's death to the THREAD that started it; this one must live as long as we do.
	runtime.LockOSThread()
	// Caught, not ignored: an ignored signal would be ignored by the children as well. SIGPIPE is what we
	// get for writing to a lab that is gone.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	defer signal.Stop(caught)

	k := &keeping{
		out:        json.NewEncoder(out),
		children:   map[int64]*child{},
		dirs:       map[string]bool{},
		databases:  map[string]string{},
		containers: map[string]bool{},
		ended:      make(chan ending, keptChildrenMax),
	}
	requests, broken := readRequests(in)
	for {
		select {
		case <-caught:
		case e := <-k.ended:
			k.noteEnd(e)
		case r, more := <-requests:
			if !more {
				return errors.Join(<-broken, k.cleanUp())
			}
			k.reply(r)
		}
	}
}

// readRequests decodes lines until the pipe ends, then closes the channel and says whether it ended well.
func readRequests(in io.Reader) (<-chan request, <-chan error) {
	requests, broken := make(chan request), make(chan error, 1)
	go func() {
		defer close(requests)
		lines := json.NewDecoder(in)
		for {
			var r request
			if err := lines.Decode(&r); errors.Is(err, io.EOF) {
				broken <- nil
				return
			} else if err != nil {
				broken <- fmt.Errorf("keeper: read a request: %w", err)
				return
			}
			requests <- r
		}
	}()
	return requests, broken
}

// keeping is the keeper's state. Only KeeperMain's goroutine touches it.
type keeping struct {
	out        *json.Encoder
	children   map[int64]*child
	dirs       map[string]bool
	databases  map[string]string // name to DSN
	containers map[string]bool
	ended      chan ending
}

// reply does what a request asks and answers it. A lab that is gone cannot be answered; the end of its
// pipe is about to tell us.
func (k *keeping) reply(r request) {
	m := message{ID: r.ID}
	if err := k.obey(r, &m); err != nil {
		m.Error = err.Error()
	}
	_ = k.out.Encode(m)
}

func (k *keeping) obey(r request, m *message) error {
	switch r.Do {
	case doStart:
		return k.start(r, m)
	case doSignal:
		c, running := k.children[r.Child]
		if !running {
			return os.ErrProcessDone
		}
		return c.signal(syscall.Signal(r.Signal))
	case doMakeDir:
		dir, err := os.MkdirTemp("", r.Dir)
		if err != nil {
			return err
		}
		k.dirs[dir], m.Dir = true, dir
	case doRelease:
		delete(k.dirs, r.Dir)
	case doAdopt:
		k.databases[r.Database] = r.DSN
	case doForget:
		delete(k.databases, r.Database)
	case doGuard:
		k.containers[r.Container] = true
	case doUnguard:
		delete(k.containers, r.Container)
	default:
		return fmt.Errorf("keeper: cannot do %q", r.Do)
	}
	return nil
}

func (k *keeping) start(r request, m *message) error {
	if len(k.children) >= keptChildrenMax {
		return fmt.Errorf("keeper: %d processes are running, no more", keptChildrenMax)
	}
	c, err := startChild(*r.Program)
	if err != nil {
		return err
	}
	k.children[r.ID], m.PID = c, c.cmd.Process.Pid
	go func() {
		err := c.cmd.Wait()
		k.ended <- ending{child: r.ID, err: err, cost: costOf(c.cmd.ProcessState)}
	}()
	return nil
}

// ending says that a child has ended, how, and what it took.
type ending struct {
	child int64
	err   error
	cost  *Cost
}

func (k *keeping) noteEnd(e ending) {
	// What the child started (an installer's helper, say) goes with it.
	_ = k.children[e.child].signal(syscall.SIGKILL)
	delete(k.children, e.child)
	m := message{Child: e.child, Cost: e.cost}
	if e.err != nil {
		m.Failed = e.err.Error()
	}
	_ = k.out.Encode(m)
}

// cleanUp ends what still runs, drops the databases and removes containers and directories, in this order.
func (k *keeping) cleanUp() error {
	k.endChildren(syscall.SIGTERM, keeperGrace)
	k.endChildren(syscall.SIGKILL, keeperGrace)
	var errs []error
	ctx, cancel := context.WithTimeout(context.Background(), keeperDropWait)
	defer cancel()
	for name, dsn := range k.databases {
		errs = append(errs, database.DropOn(ctx, dsn, name))
	}
	errs = append(errs, k.removeContainers())
	for dir := range k.dirs {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

func (k *keeping) removeContainers() error {
	ctx, cancel := context.WithTimeout(context.Background(), keeperRemoveWait)
	defer cancel()
	var errs []error
	for name := range k.containers {
		errs = append(errs, database.RemoveContainer(ctx, name))
	}
	return errors.Join(errs...)
}

// endChildren signals all children and waits until they are gone or patience runs out.
func (k *keeping) endChildren(sig syscall.Signal, patience time.Duration) {
	for _, c := range k.children {
		_ = c.signal(sig)                 // it may just have ended
		_ = c.signal(database.WakeSignal) // a stopped process would not see SIGTERM
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for len(k.children) > 0 {
		select {
		case e := <-k.ended:
			k.noteEnd(e)
		case <-enough.C:
			return
		}
	}
}

// ownSettings is the prefix of variables that stand for our flags. A child must get exactly the flags it
// is given: a FLASHSALE_ALLOW_UNSIGNED_WEBHOOKS in the user's shell would change what a run proves.
const ownSettings = "FLASHSALE_"

// inherited is our environment without our own settings.
func inherited() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, ownSettings) {
			env = append(env, variable)
		}
	}
	return env
}
