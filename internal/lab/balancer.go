package lab

import (
	"context"
	"time"

	"flashsale/internal/lab/internal/balancer"
)

// drainDelay is for how long a server behind the balancer serves on after it said that it is not ready. The balancer
// asks twenty times a second, and this is ten of its questions: on a busy machine some come late.
const drainDelay = 500 * time.Millisecond

// startBalancer puts the balancer in front of the servers, if the options ask for one, and returns when it sends
// requests to all of them. It runs in our process, not in the keeper's: it holds nothing that could be left behind.
func (l *Lab) startBalancer(ctx context.Context) error {
	if !l.options.Balancer {
		return nil
	}
	listener, err := l.ports.listen()
	if err != nil {
		return err
	}
	backends := make([]balancer.Backend, 0, len(l.servers))
	for _, s := range l.servers {
		backends = append(backends, balancer.Backend{URL: "http://" + s.entrance(), Admin: "http://" + s.admin})
	}
	l.balancer = balancer.Start(listener, backends)
	for _, s := range l.servers {
		if err := l.awaitBalanced(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// awaitBalanced returns when the balancer, if there is one, sends requests to the server.
func (l *Lab) awaitBalanced(ctx context.Context, s *server) error {
	if l.balancer == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	return l.balancer.AwaitReady(ctx, s.index)
}

func (l *Lab) closeBalancer() error {
	if l.balancer == nil {
		return nil
	}
	return l.balancer.Close()
}
