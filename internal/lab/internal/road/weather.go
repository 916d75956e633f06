package road

import "time"

// weather is what everything on a road meets. It is replaced, never changed.
type weather struct {
	latency, jitter time.Duration
	blocked         chan struct{} // closed when the block ends; nil: nothing is blocked
}

func (w *weather) slow() bool { return w.latency > 0 || w.jitter > 0 }

// Slow delays every packet, each way, by latency and up to jitter more; the order is kept. Zeros: no longer.
func (r *Road) Slow(latency, jitter time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.weather.Load()
	next.latency, next.jitter = latency, jitter
	r.weather.Store(&next)
}

// Block holds everything back, new connections and the ends of old ones too, until it is called with false. Then it all
// travels on, as TCP would have sent it again: also what came from somebody who has given up meanwhile.
func (r *Road) Block(blocked bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.weather.Load()
	if blocked == (old.blocked != nil) {
		return
	}
	next := *old
	next.blocked = nil
	if blocked {
		next.blocked = make(chan struct{})
	}
	r.weather.Store(&next)
	if !blocked {
		close(old.blocked)
	}
}

// Clear ends whatever harm is done to those who travel: nothing is slow, blocked or cut any longer.
func (r *Road) Clear() {
	r.Slow(0, 0)
	r.Block(false)
	r.Mend()
}
