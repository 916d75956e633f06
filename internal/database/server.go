package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Options say where MySQL shall come from. Only DSN, or Starter and Port, are needed.
type Options struct {
	DSN   string // go-sql-driver format; its database name is ignored. Empty: a server of our own
	Image string // run a container of this image; empty: only if there is no DSN and no program to start

	Starter Starter             // starts the private child
	Port    func() (int, error) // a free TCP port on 127.0.0.1, another one at every call
	Dir     string              // where the child's files go, mode 0700; empty: a temporary directory of its own
	LogFile string              // the log of child or container; empty: database.log in Dir
	Died    func(error)         // told when child or container ends though nobody ended it; nil: nobody is

	// UnsafeNoFlush starts a server that answers a commit before it is on disk, and may lose it with the power. It is
	// for measuring what durability costs; a run on such a server proves nothing. It does not go with a DSN.
	UnsafeNoFlush bool

	// DiskBytes puts the data of a server of our own on a disk of that size, in memory, which Disk can fill. The data does
	// not survive the server: it can be paused, and not be started again. Needs Linux, and for a child root or user
	// namespaces. 0: the machine's own disk.
	DiskBytes int64

	Guardian Guardian // removes a container that we leave behind; nil: nobody does

	SearchPath []string     // directories to look for mysqld, mariadbd and docker in; nil: DefaultSearchPath()
	Logger     *slog.Logger // a long pull, and what the driver has to say, at debug level; nil: nobody listens
}

// Server is a MySQL or MariaDB server that is ready, durable and new enough.
type Server struct {
	place    *place
	version  string
	settings map[string]string
	admin    *sql.DB // bound to no database
	logger   mysql.Logger
	sessions *Sessions // nil: not ours to take

	guestPassword string // of the servers' own account; empty: they have none

	mu      sync.Mutex
	created map[string]bool
}

// adminConnections bounds the Server's own pool: clock probes, and now and then a CREATE.
const adminConnections = 4

// Open finds or starts a server and asserts that a run may trust it. ErrNoDatabase says that there is
// none to be had, a *WeakDurabilityError that it could lose commits. Cancelling ctx ends the attempt and
// whatever it had started.
func Open(ctx context.Context, o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Died == nil {
		o.Died = func(error) {}
	}
	found, err := locate(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Server{place: found, logger: driverLogger{o.Logger}, created: map[string]bool{}}
	if found.source != SourceDSN {
		s.sessions, s.guestPassword = &Sessions{server: s}, randomHex()
	}
	if err := s.inspect(ctx, o.UnsafeNoFlush); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// inspect connects, and reads what a run needs to know and to be able to rely on; where unsafe was asked for, it
// does not insist on the latter.
func (s *Server) inspect(ctx context.Context, unsafe bool) error {
	pool, err := s.open("")
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(adminConnections)
	pool.SetMaxIdleConns(adminConnections)
	s.admin = pool
	ctx, cancel := context.WithTimeout(ctx, inspectWait)
	defer cancel()
	if err := pool.QueryRowContext(ctx, "SELECT VERSION()").Scan(&s.version); err != nil {
		return fmt.Errorf("connect to the database at %s: %w", s.place.config.Addr, err)
	}
	if err := checkVersion(s.version); err != nil {
		return err
	}
	if s.settings, err = showVariables(ctx, pool); err != nil || unsafe {
		return err
	}
	return assertDurable(s.settings)
}

// inspectWait bounds the first conversation with a server.
const inspectWait = 15 * time.Second

// Source says where the server came from: SourceDSN, SourceChild or SourceContainer.
func (s *Server) Source() string { return s.place.source }

// Version is the server's own, as 10.11.6-MariaDB or 8.4.3.
func (s *Server) Version() string { return s.version }

// Settings returns the durability settings as the server reported them; one that the server does not
// have is missing.
func (s *Server) Settings() map[string]string { return maps.Clone(s.settings) }

// Child is the private server process, nil when the server came from elsewhere.
func (s *Server) Child() *Child { return s.place.child }

// Container is the one that the server runs in, nil when the server came from elsewhere.
func (s *Server) Container() *Container { return s.place.container }

// Now reads the server's clock: microseconds since the Unix epoch. The connection is a warm one, so that
// a probe costs one round trip.
func (s *Server) Now(ctx context.Context) (int64, error) {
	var micros int64
	query := "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)"
	if err := s.admin.QueryRowContext(ctx, query).Scan(&micros); err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", err)
	}
	return micros, nil
}

// Close lets the server go: a private child is stopped, with SIGKILL if it takes too long or ctx ends,
// and its temporary directory removed if Open made it; a container is removed, unless it is to be kept.
func (s *Server) Close(ctx context.Context) error {
	var errs []error
	if s.admin != nil {
		errs = append(errs, s.admin.Close())
	}
	if s.place.child != nil {
		errs = append(errs, s.place.child.stop(ctx))
	}
	if s.place.container != nil {
		errs = append(errs, s.place.container.remove(ctx))
	}
	if s.place.ownDir != "" {
		errs = append(errs, os.RemoveAll(s.place.ownDir))
	}
	return errors.Join(errs...)
}

// open returns a pool on the named database; the empty name is none.
func (s *Server) open(name string) (*sql.DB, error) {
	config := s.config(name)
	config.Logger = s.logger
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", name, err)
	}
	return sql.OpenDB(connector), nil
}

// config binds the server's address and account to one database, and makes every session speak UTC.
func (s *Server) config(name string) *mysql.Config {
	config := s.place.config.Clone()
	config.DBName = name
	config.ParseTime = true
	config.Loc = time.UTC
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	config.Params["time_zone"] = "'+00:00'"
	if config.Timeout == 0 {
		config.Timeout = dialWait
	}
	return config
}

// dialWait bounds a connection attempt when the DSN does not.
const dialWait = 5 * time.Second

// driverLogger sends the driver's remarks to slog. Its default logger writes a line to standard error for
// every connection that a fault kills.
type driverLogger struct{ to *slog.Logger }

// Print implements mysql.Logger.
func (l driverLogger) Print(v ...any) { l.to.Debug("mysql driver", "message", fmt.Sprint(v...)) }
