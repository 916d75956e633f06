package evidence

import (
	"fmt"
	"sync"
)

// batchEntries is how many entries are handed to the writer at once: enough that handing over costs nothing.
const batchEntries = 256

// stream writes entries to a Parquet file as they come, each as one row or several. Any goroutine may
// append; one goroutine encodes. When the disk is slower than they are they wait: nothing is ever dropped.
type stream[Entry, Row any] struct {
	name   string // of the log, for errors
	rowsOf func([]Row, Entry) []Row
	failed chan struct{} // closed when writing failed; err is set before
	done   chan struct{} // closed when the file is complete, or given up
	err    error
	taken  int64 // entries that were given to the file

	mu     sync.Mutex
	batch  []Entry      // the next to be handed over
	queue  chan []Entry // handed over, full but for the last
	spare  chan []Entry // written, to be filled again
	closed bool
}

// newStream starts a file at path. About queue entries wait for the writer at most; rowsOf appends the rows
// of one entry.
func newStream[Entry, Row any](name, path, runID string, queue int, rowsOf func([]Row, Entry) []Row) (*stream[Entry, Row], error) {
	file, err := createParquet[Row](path, runID, "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	batches := max(1, queue/batchEntries)
	s := &stream[Entry, Row]{
		name:   name,
		rowsOf: rowsOf,
		queue:  make(chan []Entry, batches),
		spare:  make(chan []Entry, batches),
		failed: make(chan struct{}),
		done:   make(chan struct{}),
	}
	go s.write(file)
	return s, nil
}

func (s *stream[Entry, Row]) append(entry Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("%s: %w", s.name, errClosed)
	}
	if s.batch == nil {
		select {
		case s.batch = <-s.spare:
		default:
			s.batch = make([]Entry, 0, batchEntries)
		}
	}
	s.batch = append(s.batch, entry)
	if len(s.batch) < batchEntries {
		select {
		case <-s.failed:
			return s.err
		default:
			return nil
		}
	}
	return s.handOver()
}

// handOver gives the batch to the writer, and waits while too many are before it: with the lock held, so that
// everybody waits. The caller holds the lock.
func (s *stream[Entry, Row]) handOver() error {
	full := s.batch
	s.batch = nil
	select {
	case s.queue <- full:
		return nil
	case <-s.failed:
		return s.err
	}
}

func (s *stream[Entry, Row]) close() (taken int64, err error) {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		if len(s.batch) > 0 {
			_ = s.handOver() // a failure is told below
		}
		close(s.queue)
	}
	s.mu.Unlock()
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
	rows, taken := make([]Row, 0, batchRows), int64(0)
	flush := func() error {
		if _, err := file.rows.Write(rows); err != nil {
			return err
		}
		s.taken += taken
		clear(rows) // lets go of the strings
		rows, taken = rows[:0], 0
		return nil
	}
	for entries := range s.queue {
		for _, entry := range entries {
			rows, taken = s.rowsOf(rows, entry), taken+1
			if len(rows) < batchRows {
				continue
			}
			if err := flush(); err != nil {
				return err
			}
		}
		s.reuse(entries)
	}
	return flush()
}

// reuse offers a batch that was written to those who append.
func (s *stream[Entry, Row]) reuse(batch []Entry) {
	clear(batch) // lets go of the strings
	select {
	case s.spare <- batch[:0]:
	default:
	}
}
