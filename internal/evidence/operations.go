package evidence

import "path/filepath"

// queueOperations is how many operations may wait for the writer: some tens of milliseconds of a storm,
// so that compressing one row group does not hold up the clients.
const queueOperations = 1 << 14

// OperationWriter streams a run's operations to operations.parquet. Clients append from any goroutine; one
// goroutine encodes. When the disk is slower than the clients they wait: nothing is ever dropped.
type OperationWriter struct {
	log *stream[Operation, Operation]
}

// CreateOperations starts operations.parquet in the run directory dir.
func CreateOperations(dir, runID string) (*OperationWriter, error) {
	log, err := newStream("operation log", filepath.Join(dir, OperationsFile), runID, queueOperations,
		func(rows []Operation, op Operation) []Operation { return append(rows, op) })
	if err != nil {
		return nil, err
	}
	return &OperationWriter{log: log}, nil
}

// Append adds one operation. It waits while the queue is full, and returns an error when the log is
// closed or can no longer be written: the run must then end, for its evidence is no longer whole.
func (w *OperationWriter) Append(op Operation) error { return w.log.append(op) }

// Close writes what is queued, completes the file and says how many rows it holds. A second call says the
// same again.
func (w *OperationWriter) Close() (rows int64, err error) { return w.log.close() }

// ReadOperations streams operations.parquet of the run directory dir in batches, in the file's order. The
// slice is only valid during the call; the strings in it may be kept. The words that repeat (kinds, outcomes,
// ...) share their memory; a key shares that of some thousand keys that were read with it, so clone the few
// that are to outlive them. An error of each ends the reading and is returned as it is.
//
// Whoever needs but a few of the columns names them, as the file does, and gets zeros for the others: reading takes
// time by the column. Without names all are read.
func ReadOperations(dir, runID string, each func([]Operation) error, columns ...string) error {
	_, err := readParquet(filepath.Join(dir, OperationsFile), runID, each, columns...)
	return err
}
