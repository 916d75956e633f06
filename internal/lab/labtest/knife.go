package labtest

import (
	"net"
	"regexp"
	"sync"
	"sync/atomic"
)

// When a Knife cuts the connection on which its word passes.
type When int

const (
	Before When = iota // the word never reaches the database
	During             // it does, and nobody waits for the answer
	After              // it is answered, and the answer is lost
)

// Knife is a proxy in front of a database that cuts connections on demand: a COMMIT that gets lost, or
// whose answer does. One cut an order.
type Knife struct {
	listener net.Listener
	backend  string
	order    atomic.Pointer[order]
	cuts     atomic.Int64
	open     sync.WaitGroup
}

type order struct {
	word   *regexp.Regexp
	when   When
	before func() // runs before the word is passed on; may be nil
}

// NewKnife starts a proxy to the database at the address. It runs until Close.
func NewKnife(backend string) (*Knife, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &Knife{listener: listener, backend: backend}
	k.open.Go(k.accept)
	return k, nil
}

// Addr is where clients find the database through the knife.
func (k *Knife) Addr() string { return k.listener.Addr().String() }

// Cut orders one cut, of the next connection on which the word is sent: a whole one, for a session that is opened in the
// meantime says READ COMMITTED. before, if not nil, runs while the word waits to be passed on.
func (k *Knife) Cut(word string, when When, before func()) {
	k.order.Store(&order{word: regexp.MustCompile(regexp.QuoteMeta(word) + `(?:[^A-Z]|$)`), when: when, before: before})
}

// Cuts counts the cuts made.
func (k *Knife) Cuts() int64 { return k.cuts.Load() }

// Close ends the proxy. Whoever uses it must have hung up before: Close waits for that.
func (k *Knife) Close() error {
	err := k.listener.Close()
	k.open.Wait()
	return err
}

func (k *Knife) accept() {
	for {
		client, err := k.listener.Accept()
		if err != nil {
			return
		}
		k.open.Go(func() { k.relay(client) })
	}
}

// relay passes bytes both ways until the knife falls. A statement is sent whole and its answer awaited, so
// a short one, like COMMIT, is a read of its own.
func (k *Knife) relay(client net.Conn) {
	defer client.Close()
	database, err := net.Dial("tcp", k.backend)
	if err != nil {
		return
	}
	defer database.Close()
	var deaf atomic.Bool
	k.open.Go(func() {
		defer client.Close()
		pass(database, client, func([]byte) bool { return !deaf.Load() })
	})
	pass(client, database, func(said []byte) bool {
		o := k.order.Load()
		if o == nil || !o.word.Match(said) || !k.order.CompareAndSwap(o, nil) {
			return true
		}
		defer k.cuts.Add(1)
		if o.before != nil {
			o.before()
		}
		switch o.when {
		case During:
			_, _ = database.Write(said)
			return false
		case After:
			deaf.Store(true)
			return true
		}
		return false
	})
}

// pass copies from one connection to the other for as long as keep agrees to what was read.
func pass(from, to net.Conn, keep func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !keep(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
