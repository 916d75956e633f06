package evidence

import "errors"

// Why a file of evidence cannot be used. Every reader's error names the file and wraps one of these.
var (
	ErrMissing = errors.New("missing")                  // the file is not there
	ErrForeign = errors.New("not evidence of this run") // another run's file, another version, or no evidence at all
	ErrDamaged = errors.New("damaged")                  // truncated or altered: it cannot be read to its end
	errClosed  = errors.New("closed")                   // an Append that comes too late
)
