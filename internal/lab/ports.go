package lab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// Ports come in blocks, and a lab owns its block: it listens on the block's first port as long as it
// lives, so that no other lab can claim the same block. Without that, two labs could pick the same port,
// and one would test the other's server without noticing.
//
// All are below 32768, where no kernel's default range of outgoing ports begins: a client that redials a
// dead server's port from that range can connect to itself and keep the server from coming back.
const (
	portFirst = 10000
	portLimit = 32768
	portBlock = 128
)

// ports hands out the ports of one block.
type ports struct {
	guard net.Listener

	mu   sync.Mutex
	next int
	end  int
}

// claimPorts claims a free block, starting the search anywhere.
func claimPorts() (*ports, error) {
	const blocks = (portLimit - portFirst) / portBlock
	start := rand.IntN(blocks)
	for i := range blocks {
		first := portFirst + (start+i)%blocks*portBlock
		guard, err := net.Listen("tcp", loopback(first))
		if err == nil {
			return &ports{guard: guard, next: first + 1, end: first + portBlock}, nil
		}
	}
	return nil, fmt.Errorf("no free block of %d ports between %d and %d", portBlock, portFirst, portLimit)
}

// take returns a port that nobody listens on, never the same twice.
func (p *ports) take() (int, error) {
	probe, err := p.listen()
	if err != nil {
		return 0, err
	}
	port := probe.Addr().(*net.TCPAddr).Port
	if err := probe.Close(); err != nil {
		return 0, fmt.Errorf("try port %d: %w", port, err)
	}
	return port, nil
}

// listen listens on a port of the block, for a part of the lab that runs in this process.
func (p *ports) listen() (net.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.next < p.end {
		port := p.next
		p.next++
		if listener, err := net.Listen("tcp", loopback(port)); err == nil {
			return listener, nil
		} // else it is some other program's
	}
	return nil, errors.New("the lab has used up its ports")
}

func (p *ports) release() error { return p.guard.Close() }

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
