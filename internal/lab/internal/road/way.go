package road

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"
)

const (
	bufferBytes = 16 << 10
	lineMax     = 64 // parcels on their way at a time and one way; more must wait to be read
)

type buffer [bufferBytes]byte

// parcel is what was read at once and is delivered later.
type parcel struct {
	buffer *buffer
	size   int
	due    time.Time
}

// way is one direction of a crossing. What travels is delivered by whoever reads it, until the weather turns: from then
// on it goes through a line, whose far end delivers each parcel when it is due, while the near end reads on.
type way struct {
	*crossing
	from    io.Reader
	to      net.Conn
	mayPass func(said []byte) bool
	lane    uint64 // tells the two directions' draws apart

	line    chan parcel // nil until it is needed
	queued  atomic.Int64
	drained chan struct{} // closed when the line's far end is done
	lot     *rand.Rand    // of the jitter
}

// carry reads until there is no more, or the crossing has ended, and then ends it.
func (w *way) carry() {
	b := w.road.buffers.Get().(*buffer)
	var err error
	for err == nil {
		var n int
		n, err = w.from.Read(b[:])
		switch {
		case n == 0 || !w.mayPass(b[:n]):
		case w.slow():
			w.send(parcel{buffer: b, size: n, due: w.due()})
			b = w.road.buffers.Get().(*buffer)
		default:
			w.deliver(b[:n])
		}
	}
	w.road.buffers.Put(b)
	if w.line != nil {
		close(w.line)
		<-w.drained
	}
	if !errors.Is(err, io.EOF) {
		w.end(reset)
	} else if w.passable() { // the end travels as the bytes do
		w.end(closed)
	}
}

// slow says whether there is a delay, or something delayed still ahead.
func (w *way) slow() bool { return w.queued.Load() > 0 || w.road.weather.Load().slow() }

// due is when what is read now arrives.
func (w *way) due() time.Time {
	now := time.Now()
	weather := w.road.weather.Load()
	if weather.jitter <= 0 {
		return now.Add(weather.latency)
	}
	if w.lot == nil {
		w.lot = rand.New(rand.NewPCG(w.id, w.lane))
	}
	return now.Add(weather.latency + time.Duration(w.lot.Int64N(int64(weather.jitter)+1)))
}

// send puts a parcel into the line, opening it if need be.
func (w *way) send(p parcel) {
	if w.line == nil {
		w.line, w.drained = make(chan parcel, lineMax), make(chan struct{})
		w.road.running.Go(w.unload)
	}
	w.queued.Add(1)
	w.line <- p // the far end takes parcels until the line is closed
}

// unload is the line's far end. Once the crossing has ended it only makes room.
func (w *way) unload() {
	defer close(w.drained)
	wait := time.NewTimer(0)
	defer wait.Stop()
	for p := range w.line {
		wait.Reset(time.Until(p.due))
		select {
		case <-wait.C:
			w.deliver(p.buffer[:p.size])
		case <-w.over:
		}
		w.road.buffers.Put(p.buffer)
		w.queued.Add(-1)
	}
}

// deliver writes, once nothing is blocked. If that cannot be done the crossing ends.
func (w *way) deliver(said []byte) {
	if !w.passable() {
		return
	}
	if _, err := w.to.Write(said); err != nil {
		w.end(reset)
	}
}
