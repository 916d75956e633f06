package evidence

import (
	"fmt"
	"sync"
)

// stream writes entries to a Parquet file as they come, each as one row or several. Any goroutine may
// append; one goroutine encodes. When the disk is slower than they are they wait: nothing is ever dropped.
type stream[Entry, Row any] struct {
	name   string // of the log, for errors
	rowsOf func([]Row, Entry) []Row
	queue  chan Entry
	failed chan struct{} // closed when writing failed; err is set before
	done   chan struct{} // closed when the file is complete, or given up
	err    error
	taken  int64 // entries that were given to the file

	closing sync.RWMutex // held for reading while appending, so that close finds the queue at rest
	closed  bool
}

// newStream starts a file at path. At most queue entries wait for the writer; rowsOf appends the rows of
// one entry.
func newStream[Entry, Row any](name, path, runID string, queue int, rowsOf func([]Row, Entry) []Row) (*stream[Entry, Row], error) {
	file, err := createParquet[Row](path, runID, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &stream[Entry, Row]{
		name:   name,
		rowsOf: rowsOf,
		queue:  make(chan Entry, queue),
		failed: make(chan struct{}),
		done:   make(chan struct{}),
	}
	go s.write(file)
	return s, nil
}

func (s *stream[Entry, Row]) append(entry Entry) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return fmt.Errorf("%s: %w", s.name, errClosed)
	}
	select {
	case s.queue <- entry:
		return nil
	case <-s.failed:
		return s.err
	}
}

func (s *stream[Entry, Row]) close() (taken int64, err error) {
	s.closing.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
	s.closing.Unlock()
	<-s.done
	return s.taken, s.err
}

// write is the goroutine that owns the file.
func (s *stream[Entry, Row]) write(file *parquetFile[Row]) {
	defer close(s.done)
	if err := s.drain(file); err != nil {
		_ = file.close() // could only say the same again
		s.err = fmt.Errorf("%s: after %d entries: %w", s.name, s.taken, err)
		close(s.failed) // lets every append return; what is still queued is lost, and the error says so
		return
	}
	if err := file.close(); err != nil {
		s.err = fmt.Errorf("%s: %w", s.name, err)
	}
}

// drain writes what is appended, until the queue is closed.
func (s *stream[Entry, Row]) drain(file *parquetFile[Row]) error {
	batch, entries := make([]Row, 0, batchRows), int64(0)
	flush := func() error {
		if _, err := file.rows.Write(batch); err != nil {
			return err
		}
		s.taken += entries
		clear(batch) // lets go of the strings
		batch, entries = batch[:0], 0
		return nil
	}
	for entry := range s.queue {
		batch, entries = s.rowsOf(batch, entry), entries+1
		if len(batch) < batchRows {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return flush()
}
