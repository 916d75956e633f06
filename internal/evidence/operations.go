package evidence

import (
	"fmt"
	"path/filepath"
	"sync"
)

// queueOperations is how many operations may wait for the writer: some tens of milliseconds of a storm,
// so that compressing one row group does not hold up the clients.
const queueOperations = 1 << 14

// OperationWriter streams a run's operations to operations.parquet. Clients append from any goroutine; one
// goroutine encodes. When the disk is slower than the clients they wait: nothing is ever dropped.
type OperationWriter struct {
	queue  chan Operation
	failed chan struct{} // closed when writing failed; err is set before
	done   chan struct{} // closed when the file is complete, or given up
	err    error
	rows   int64

	closing sync.RWMutex // held for reading while appending, so that Close finds the queue at rest
	closed  bool
}

// CreateOperations starts operations.parquet in the run directory dir.
func CreateOperations(dir, runID string) (*OperationWriter, error) {
	file, err := createParquet[Operation](filepath.Join(dir, OperationsFile), runID, "")
	if err != nil {
		return nil, fmt.Errorf("operation log: %w", err)
	}
	w := &OperationWriter{
		queue:  make(chan Operation, queueOperations),
		failed: make(chan struct{}),
		done:   make(chan struct{}),
	}
	go w.write(file)
	return w, nil
}

// Append adds one operation. It waits while the queue is full, and returns an error when the log is
// closed or can no longer be written: the run must then end, for its evidence is no longer whole.
func (w *OperationWriter) Append(op Operation) error {
	w.closing.RLock()
	defer w.closing.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- op:
		return nil
	case <-w.failed:
		return w.err
	}
}

// Close writes what is queued, completes the file and says how many rows it holds. A second call says the
// same again.
func (w *OperationWriter) Close() (rows int64, err error) {
	w.closing.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.closing.Unlock()
	<-w.done
	return w.rows, w.err
}

// write is the goroutine that owns the file.
func (w *OperationWriter) write(file *parquetFile[Operation]) {
	defer close(w.done)
	batch := make([]Operation, 0, batchRows)
	for op := range w.queue {
		if batch = append(batch, op); len(batch) < cap(batch) {
			continue
		}
		if err := w.flush(file, batch); err != nil {
			_ = file.close() // could only say the same again
			w.fail(err)
			return
		}
		clear(batch) // lets go of the strings
		batch = batch[:0]
	}
	if err := w.flush(file, batch); err != nil {
		_ = file.close()
		w.fail(err)
		return
	}
	if err := file.close(); err != nil {
		w.err = fmt.Errorf("operation log: %w", err)
	}
}

func (w *OperationWriter) flush(file *parquetFile[Operation], batch []Operation) error {
	n, err := file.rows.Write(batch)
	w.rows += int64(n)
	return err
}

// fail lets every Append return; what is still queued is lost, and the error says so.
func (w *OperationWriter) fail(err error) {
	w.err = fmt.Errorf("operation log: after %d rows: %w", w.rows, err)
	close(w.failed)
}

// ReadOperations streams operations.parquet of the run directory dir in batches, in the file's order. The
// slice is only valid during the call. An error of each ends the reading and is returned as it is.
func ReadOperations(dir, runID string, each func([]Operation) error) error {
	names := make(interner)
	_, err := readParquet(filepath.Join(dir, OperationsFile), runID, func(batch []Operation) error {
		for i := range batch {
			op := &batch[i]
			for _, field := range []*string{&op.Kind, &op.Phase, &op.Payment, &op.Tamper, &op.Outcome,
				&op.Problem, &op.Error, &op.GotStatus, &op.GotOutcome} {
				*field = names.intern(*field)
			}
		}
		return each(batch)
	})
	return err
}

// interner keeps one copy of each of the few words that repeat in millions of rows.
type interner map[string]string

// internMax bounds an interner, should a damaged file hold a million different "words".
const internMax = 1 << 10

func (in interner) intern(word string) string {
	if known, ok := in[word]; ok {
		return known
	}
	if len(in) < internMax {
		in[word] = word
	}
	return word
}
