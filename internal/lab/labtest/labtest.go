// Package labtest gives tests a real, migrated database of their own: a private child under the lab's
// keeper, so that nothing is left behind however a test binary ends. The test binary plays the keeper
// itself, which is why TestMain must go through Main.
package labtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"flashsale/internal/lab"
)

const startWait, closeWait = time.Minute, time.Minute

// Labs starts databases for the tests of one package, and puts them away.
type Labs struct {
	mu            sync.Mutex
	shared, frail *lab.Lab
}

// Main is to be called from TestMain, as in os.Exit(labs.Main(m.Run)).
func (l *Labs) Main(run func() int) int {
	if len(os.Args) == 2 && os.Args[1] == lab.KeeperCommand {
		if err := lab.KeeperMain(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	code := run()
	if err := l.close(); err != nil {
		fmt.Fprintln(os.Stderr, "labtest:", err)
		return 1
	}
	return code
}

// Database returns the package's shared database, starting it at the first call.
func (l *Labs) Database() (*lab.Lab, error) { return l.started(&l.shared) }

func (l *Labs) started(at **lab.Lab) (*lab.Lab, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if *at != nil {
		return *at, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	started, err := lab.Start(ctx, lab.Options{Kind: lab.KindDatabase})
	if err != nil {
		return nil, err
	}
	*at = started
	return started, nil
}

func (l *Labs) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	var errs []error
	for _, started := range []*lab.Lab{l.shared, l.frail} {
		if started != nil {
			errs = append(errs, started.Close(ctx), started.Err())
		}
	}
	return errors.Join(errs...)
}
