package road

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
)

// rule says which connections are cut.
type rule struct {
	after bool    // the request is passed on and its answer awaited
	share float64 // of the requests
	seed  uint64
	begun atomic.Bool // the first request has been met
}

// CutBefore resets connections instead of passing a request on: the first one that the dialect has cut, lest a short
// time with few requests passes without any, and a share of the others, drawn from the seed and the connection's number.
func (r *Road) CutBefore(share float64, seed uint64) { r.rule.Store(&rule{share: share, seed: seed}) }

// CutAfter is CutBefore, but for the moment: the request is passed on, its answer awaited and swallowed, and then the
// connection is reset.
func (r *Road) CutAfter(share float64, seed uint64) {
	r.rule.Store(&rule{after: true, share: share, seed: seed})
}

// Mend ends the cutting. A request that is being answered already may still lose its answer.
func (r *Road) Mend() { r.rule.Store(nil) }

// Cuts counts the connections that were cut so far.
func (r *Road) Cuts() int64 { return r.cuts.Load() }

// ambush waits for a word.
type ambush struct {
	word     []byte
	met      chan struct{} // closed when the word is there, and held
	released chan struct{} // closed when it may travel on
}

// errAmbushed says that a road has room for one ambush at a time.
var errAmbushed = errors.New("somebody else lies in wait on this road")

// Ambush waits until a word of up to 32 bytes is on its way to the backend, holds it, calls strike, and lets it travel
// on; even if strike has ended whoever sent it. It is for roads to a database.
func (r *Road) Ambush(ctx context.Context, word string, strike func()) error {
	a := &ambush{word: []byte(word), met: make(chan struct{}), released: make(chan struct{})}
	if !r.ambush.CompareAndSwap(nil, a) {
		return errAmbushed
	}
	defer close(a.released)
	select {
	case <-a.met:
		strike()
		return nil
	case <-ctx.Done():
		r.ambush.CompareAndSwap(a, nil)
		return ctx.Err()
	}
}

// wordMax bounds the words that are looked for.
const wordMax = 32

// window finds words in what is read piece by piece, also where they straddle two pieces.
type window struct {
	tail []byte // the last bytes of the pieces before
}

// has says whether a word ends in the piece.
func (w *window) has(word, piece []byte) bool {
	if bytes.Contains(piece, word) {
		return true
	}
	tail := w.tail[max(0, len(w.tail)-len(word)+1):]
	var seam [2 * wordMax]byte
	joined := append(append(seam[:0], tail...), piece[:min(len(piece), len(word)-1)]...)
	return bytes.Contains(joined, word)
}

// move goes on to the next piece.
func (w *window) move(piece []byte) {
	w.tail = append(w.tail, piece[max(0, len(piece)-wordMax):]...)
	if extra := len(w.tail) - wordMax; extra > 0 {
		w.tail = w.tail[:copy(w.tail, w.tail[extra:])]
	}
}
