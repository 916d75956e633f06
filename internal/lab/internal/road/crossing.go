package road

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// crossing is one connection on a road.
type crossing struct {
	road   *Road
	id     uint64 // its number on the road, from 1
	client net.Conn

	mu      sync.Mutex
	ended   bool
	backend net.Conn // nil until it is dialled
	over    chan struct{}

	seen   window      // of what the client says
	rule   *rule       // the one that lot draws for
	lot    *rand.Rand  // which requests are cut
	asked  atomic.Bool // HTTP: a request is on its way, or in the works
	doomed atomic.Bool // the answer to the request that is in the works will be swallowed
	answer reply       // what came of it so far
}

// ending is how a connection ends for its client.
type ending int

const (
	closed ending = iota
	reset         // with an RST, as when the other end is gone without a word
	cut           // the same, and counted
)

// end ends the connection, once.
func (c *crossing) end(how ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	close(c.over)
	if how == cut {
		c.road.cuts.Add(1) // before the client can notice
	}
	if tcp, ok := c.client.(*net.TCPConn); ok && how != closed {
		_ = tcp.SetLinger(0)
	}
	_ = c.client.Close()
	if c.backend != nil {
		_ = c.backend.Close()
	}
}

func (c *crossing) run() {
	defer c.road.forget(c)
	defer c.end(closed)
	from, ok := c.depart()
	if !ok || !c.reach() {
		return
	}
	up := &way{crossing: c, from: from, to: c.backend, mayPass: c.request}
	down := &way{crossing: c, from: c.backend, to: c.client, mayPass: c.reply, lane: 1}
	var other sync.WaitGroup
	other.Go(down.carry)
	up.carry()
	other.Wait()
}

// depart waits until nothing is blocked, and returns where the client is to be read from. If it came during a block and
// has given up before the end, nothing of it travels on: it would never have been connected.
func (c *crossing) depart() (from io.Reader, ok bool) {
	if c.road.weather.Load().blocked == nil {
		return c.client, true
	}
	if !c.passable() || c.client.SetReadDeadline(time.Now().Add(lookWait)) != nil {
		return nil, false
	}
	said, err := io.ReadAll(io.LimitReader(c.client, bufferBytes))
	if err == nil && len(said) < bufferBytes || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, false
	}
	return io.MultiReader(bytes.NewReader(said), c.client), c.client.SetReadDeadline(time.Time{}) == nil
}

// lookWait is how long it takes to see whether somebody who says nothing has hung up.
const lookWait = time.Millisecond

// reach connects to the backend. Where there is none, the client's connection is reset.
func (c *crossing) reach() bool {
	dialer := net.Dialer{Timeout: dialWait}
	backend, err := dialer.DialContext(c.road.closing, c.road.network, c.road.backend)
	if err != nil {
		c.end(reset)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		_ = backend.Close()
		return false
	}
	c.backend = backend
	return true
}

// passable waits until nothing is blocked; false: the connection has ended.
func (c *crossing) passable() bool {
	for {
		w := c.road.weather.Load()
		if w.blocked == nil {
			return true
		}
		select {
		case <-w.blocked:
		case <-c.over:
			return false
		}
	}
}

// request looks at what the client says, and decides whether it is passed on.
func (c *crossing) request(said []byte) bool {
	begins := false // a request that can be cut
	r := c.road.rule.Load()
	if c.road.dialect == HTTP {
		begins = !c.asked.Swap(true)
	} else {
		begins = r != nil && c.seen.has(commit, said) && !bytes.Contains(said, committed)
		c.meetAmbush(said)
		c.seen.move(said)
	}
	if !begins || r == nil || c.doomed.Load() || !c.drawn(r) {
		return true
	}
	if !r.after {
		c.end(cut)
		return false
	}
	c.doomed.Store(true)
	return true
}

// meetAmbush holds what is waited for until it may travel on.
func (c *crossing) meetAmbush(said []byte) {
	a := c.road.ambush.Load()
	if a == nil || !c.seen.has(a.word, said) || !c.road.ambush.CompareAndSwap(a, nil) {
		return
	}
	close(a.met)
	<-a.released // when the strike is over, or its time
}

// drawn says whether a request is the rule's first, or the lot falls on it. Each connection draws from a stream of its
// own, so that it does not depend on the others' pace.
func (c *crossing) drawn(r *rule) bool {
	if c.rule != r {
		c.rule, c.lot = r, rand.New(rand.NewPCG(r.seed, c.id))
	}
	first := !r.begun.Swap(true)
	return c.lot.Float64() < r.share || first
}

// reply looks at what the backend says, and decides whether it is passed on.
func (c *crossing) reply(said []byte) bool {
	if !c.doomed.Load() {
		c.asked.Store(false) // before the client has the answer, and asks again
		return true
	}
	if c.road.dialect == HTTP || c.answer.over(said) {
		c.end(cut)
	}
	return false
}
