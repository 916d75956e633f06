package labtest

import (
	"net"

	"github.com/go-sql-driver/mysql"

	"flashsale/internal/lab"
	"flashsale/internal/lab/internal/road"
)

// Lab and Road are the lab's, for tests that may import this package alone.
type (
	Lab  = lab.Lab
	Road = lab.Road
)

// Frail returns the package's other database, starting it at the first call: the one that a test may kill, freeze and
// fill up, if it puts it right again.
func (l *Labs) Frail() (*lab.Lab, error) { return l.started(&l.frail) }

// NewRoad builds a road to a lab's database, and returns the DSN that leads servers over it. It runs until Close.
func NewRoad(l *lab.Lab) (to *lab.Road, dsn string, err error) {
	shop, err := mysql.ParseDSN(l.DSN())
	if err != nil {
		return nil, "", err
	}
	config, err := mysql.ParseDSN(l.Database().GuestDSN(shop.DBName))
	if err != nil {
		return nil, "", err
	}
	from, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	to = road.New(from, config.Net, config.Addr, road.MySQL)
	config.Net, config.Addr = "tcp", to.Addr()
	return to, config.FormatDSN(), nil
}
