package lab

import (
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab/internal/road"
)

// Road is the network between two parts of a lab, see Options. It lies in our process, not in the keeper's: what it is
// asked to lose must be lost at once.
type Road = road.Road

// roads are one server's. A nil is a way that nothing lies on.
type roads struct {
	database *Road // from the server to the database
	clients  *Road // from the clients to the server
}

// buildRoads builds what the options ask for, anew if the server's address is a new one.
func (l *Lab) buildRoads(s *server) (err error) {
	if l.options.DatabaseRoads && s.roads.database == nil {
		config, err := mysql.ParseDSN(l.DSN())
		if err != nil {
			return fmt.Errorf("road to the database: %w", err)
		}
		if tls := config.TLSConfig; tls != "" && tls != "false" {
			return errors.New("a road cannot look into TLS: leave tls out of the --dsn")
		}
		if s.roads.database, err = l.buildRoad(config.Net, config.Addr, road.MySQL); err != nil {
			return err
		}
	}
	if !l.options.ClientRoads {
		return nil
	}
	if s.roads.clients != nil {
		if err := s.roads.clients.Close(); err != nil {
			return err
		}
	}
	s.roads.clients, err = l.buildRoad("tcp", s.addr, road.HTTP)
	return err
}

func (l *Lab) buildRoad(network, to string, d road.Dialect) (*Road, error) {
	from, err := l.ports.listen()
	if err != nil {
		return nil, err
	}
	return road.New(from, network, to, d), nil
}

// entrance is where a server's clients find it.
func (s *server) entrance() string {
	if s.roads.clients != nil {
		return s.roads.clients.Addr()
	}
	return s.addr
}

// serverDSN is how a server connects to the run's database; empty: it has none.
func (l *Lab) serverDSN(s *server) (string, error) {
	if l.database == nil {
		return "", nil
	}
	dsn := l.database.GuestDSN(l.name)
	if s.roads.database == nil {
		return dsn, nil
	}
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", fmt.Errorf("road to the database: %w", err)
	}
	config.Net, config.Addr = "tcp", s.roads.database.Addr()
	return config.FormatDSN(), nil
}

// eachRoad calls do with every road that there is.
func (l *Lab) eachRoad(do func(*Road) error) error {
	var errs []error
	for _, s := range l.servers {
		for _, r := range []*Road{s.roads.database, s.roads.clients} {
			if r != nil {
				errs = append(errs, do(r))
			}
		}
	}
	return errors.Join(errs...)
}

func (l *Lab) clearRoads() {
	_ = l.eachRoad(func(r *Road) error { r.Clear(); return nil })
}

func (l *Lab) closeRoads() error { return l.eachRoad((*Road).Close) }
