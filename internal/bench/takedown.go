package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"flashsale/internal/lab"
)

// closeWait bounds the taking down of what a bench has set up.
const closeWait = 30 * time.Second

// TakeDown closes labs, all at once. It has a deadline of its own, because the bench's may be what ended it.
func TakeDown(labs ...*lab.Lab) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	errs := make([]error, len(labs))
	var all sync.WaitGroup
	for i, l := range labs {
		all.Go(func() { errs[i] = l.Close(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}
