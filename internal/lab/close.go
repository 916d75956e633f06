package lab

import (
	"context"
	"errors"
	"os"
	"time"

	"flashsale/internal/database"
)

// closeWait bounds the dropping of the database, which must happen even after a Ctrl-C.
const closeWait = 30 * time.Second

// Close takes everything down: the servers drain and stop, the database is dropped (unless Keep was
// asked for), a private server stopped, its container or directory removed. It always runs to its end; when ctx is
// done it only stops being patient and kills. Its error says what did not go well. A second call returns
// what the first one did.
func (l *Lab) Close(ctx context.Context) error {
	l.closing.Do(func() { l.closeErr = l.takeDown(ctx) })
	return l.closeErr
}

func (l *Lab) takeDown(ctx context.Context) error {
	l.failing.Do(func() { close(l.failed) }) // from here on, ends are expected
	errs := []error{l.closeBalancer()}
	// A server must reach its database to drain.
	l.clearRoads()
	errs = append(errs, l.stopServers(ctx), l.closeRoads())
	errs = append(errs, l.stopCounter(ctx), l.closeDatabase(ctx))
	if l.keeper != nil {
		errs = append(errs, l.keeper.close())
	}
	if l.dir != "" && !l.keepsDir() {
		errs = append(errs, os.RemoveAll(l.dir)) // the keeper did, unless it was killed
	}
	if l.ports != nil {
		errs = append(errs, l.ports.release())
	}
	return errors.Join(errs...)
}

// keepsDir says whether the kept database lives in our directory.
func (l *Lab) keepsDir() bool {
	return l.options.Keep && l.database != nil && l.database.Child() != nil
}

func (l *Lab) closeDatabase(ctx context.Context) error {
	if l.database == nil {
		return nil
	}
	sure, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWait)
	defer cancel()
	var errs []error
	if l.db != nil {
		errs = append(errs, l.db.Close())
	}
	if l.created && l.database.Source() == database.SourceDSN {
		errs = append(errs, l.dropOrKeep(sure))
	}
	if l.keepsDir() {
		_, err := l.keeper.call(sure, request{Do: doRelease, Dir: l.dir}, nil)
		errs = append(errs, err)
	}
	if container := l.database.Container(); container != nil && l.options.Keep {
		errs = append(errs, container.Keep(sure))
	}
	return errors.Join(append(errs, l.database.Close(ctx))...)
}

// dropOrKeep settles the database on a DSN's server. If dropping fails, the keeper tries once more.
func (l *Lab) dropOrKeep(ctx context.Context) error {
	if !l.options.Keep {
		if err := l.database.Drop(ctx, l.name); err != nil {
			return err
		}
	}
	_, err := l.keeper.call(ctx, request{Do: doForget, Database: l.name}, nil)
	return err
}
