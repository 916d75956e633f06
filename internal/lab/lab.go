package lab

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"flashsale/internal/database"
	"flashsale/internal/lab/internal/balancer"
	"flashsale/migrations"
)

// Lab is one running system. Its methods may be called from several goroutines.
type Lab struct {
	options   Options
	keeper    *keeper
	ports     *ports
	dir       string // temporary; the keeper removes it
	database  *database.Server
	name      string // of the run's database
	created   bool
	db        *sql.DB
	secret    string
	servers   []*server
	balancer  *balancer.Balancer // in front of the servers; nil: none
	redis     *database.Daemon   // of a KindFront; nil: none
	redisAddr string

	failing sync.Once
	failed  chan struct{}
	failure error // valid once failed is closed

	closing  sync.Once
	closeErr error
}

const (
	dbConnectionsMax = 8 // our own: products, snapshots, final checks
	schemaWait       = 30 * time.Second
)

// Start sets the system up and returns when every server is ready. If it cannot, or ctx is cancelled
// meanwhile, it takes down whatever was up already; an error of a program quotes the end of its log.
func Start(ctx context.Context, o Options) (*Lab, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	l := &Lab{options: o, name: databaseName(o.RunID), failed: make(chan struct{})}
	l.options.Keep = false // a lab that never ran is not worth keeping
	for _, step := range l.steps() {
		if err = ctx.Err(); err == nil {
			err = step(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, l.Close(ctx))
		}
	}
	l.options.Keep = o.Keep
	return l, nil
}

// steps are what it takes to set the system up, in order.
func (l *Lab) steps() []func(context.Context) error {
	if l.options.Kind == KindFront {
		return []func(context.Context) error{l.startKeeper, l.writeSecret, l.startCounter, l.startServers}
	}
	return []func(context.Context) error{
		l.startKeeper, l.openDatabase, l.createDatabase, l.writeSecret, l.createSchema, l.insertProducts, l.startServers,
		l.startBalancer,
	}
}

func (l *Lab) startKeeper(ctx context.Context) (err error) {
	if l.keeper, err = startKeeper(l.options.Binary); err != nil {
		return err
	}
	go l.watchKeeper()
	if l.dir, err = l.keeper.makeDir(ctx, "flashsale-"); err != nil {
		return err
	}
	if l.options.LogDir == "" {
		l.options.LogDir = l.dir
	}
	l.ports, err = claimPorts()
	return err
}

func (l *Lab) openDatabase(ctx context.Context) (err error) {
	l.database, err = database.Open(ctx, database.Options{
		DSN: l.options.DSN, Image: l.options.Image, Starter: l.keeper, Guardian: l.keeper, Port: l.ports.take,
		Dir: l.dir, LogFile: l.logFile("database"), Died: l.fail, Logger: l.options.Logger,
		UnsafeNoFlush: l.options.UnsafeNoFlush, DiskBytes: l.options.DiskBytes,
	})
	return err
}

// createDatabase makes the run's database, and has the keeper drop it if we die: a server of our own
// vanishes anyway, but on one that goes on running it would stay.
func (l *Lab) createDatabase(ctx context.Context) (err error) {
	if err := l.database.Create(ctx, l.name); err != nil {
		return err
	}
	l.created = true
	if l.database.Source() == database.SourceDSN {
		r := request{Do: doAdopt, DSN: l.database.DSN(""), Database: l.name}
		if _, err := l.keeper.call(ctx, r, nil); err != nil {
			return err
		}
	}
	if l.db, err = l.database.DB(l.name); err != nil {
		return err
	}
	l.db.SetMaxOpenConns(dbConnectionsMax)
	l.db.SetMaxIdleConns(dbConnectionsMax)
	return nil
}

// secretPrefix is how Standard Webhooks marks a symmetric secret.
const secretPrefix = "whsec_"

func (l *Lab) writeSecret(context.Context) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("draw a webhook secret: %w", err)
	}
	l.secret = secretPrefix + base64.StdEncoding.EncodeToString(key)
	return os.WriteFile(l.secretFile(), []byte(l.secret+"\n"), 0o600)
}

func (l *Lab) secretFile() string { return filepath.Join(l.dir, "webhook-secret") }

func (l *Lab) logFile(name string) string { return filepath.Join(l.options.LogDir, name+".log") }

func (l *Lab) createSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, schemaWait)
	defer cancel()
	if l.options.Command().CreatesSchema {
		return l.runCreateSchema(ctx)
	}
	_, err := migrations.Up(ctx, l.db)
	return err
}

// Secret signs webhooks that the servers accept: whsec_ and base64, as Standard Webhooks has it.
func (l *Lab) Secret() string { return l.secret }

// Database is the server that the run's database is on; nil of a KindFront, which has none.
func (l *Lab) Database() *database.Server { return l.database }

// Dir is the lab's temporary directory; a private child has its data there.
func (l *Lab) Dir() string { return l.dir }

// DB is a small pool on the run's database, in UTC, times parsed. Close closes it. This and what else asks the
// database is not for a KindFront.
func (l *Lab) DB() *sql.DB { return l.db }

// DSN is how to connect to the run's database, password included.
func (l *Lab) DSN() string { return l.database.DSN(l.name) }

// Now reads the database's clock, in microseconds since the Unix epoch.
func (l *Lab) Now(ctx context.Context) (int64, error) { return l.database.Now(ctx) }

// Logs lists the log files of Redis, database and servers. Without a LogDir they vanish at Close.
func (l *Lab) Logs() []string {
	var logs []string
	if l.redis != nil {
		logs = append(logs, l.logFile("redis"))
	}
	if l.database != nil && l.database.Source() != database.SourceDSN {
		logs = append(logs, l.logFile("database"))
	}
	for _, s := range l.servers {
		logs = append(logs, s.logFile)
	}
	return logs
}

// Kept tells a person where the kept database is, once the lab is closed; empty if it was not to be kept.
// On a DSN's server it is simply still there, and a container goes on running. A private server is stopped,
// its directory stays, and Kept gives the command that serves it again.
func (l *Lab) Kept() string {
	if !l.options.Keep {
		return ""
	}
	if container := l.database.Container(); container != nil {
		return fmt.Sprintf("database %s was kept in container %s, which goes on running\n"+
			"  connect:    %s\n  remove it:  docker rm --force --volumes %[2]s", l.name, container.Name(), l.DSN())
	}
	child := l.database.Child()
	if child == nil {
		return "database " + l.name + " was kept"
	}
	return fmt.Sprintf("database %s was kept in %s\n  serve it:   %s\n  connect:    %s\n  remove it:  rm -r %s",
		l.name, l.dir, child.CommandLine(), l.DSN(), l.dir)
}

// Failed is closed when something ends that nobody asked to end: a server, a private database, the keeper;
// and by Close.
func (l *Lab) Failed() <-chan struct{} { return l.failed }

// Err says what ended first of the things that nobody asked to end; nil: nothing did.
func (l *Lab) Err() error {
	select {
	case <-l.failed:
		return l.failure
	default:
		return nil
	}
}

func (l *Lab) fail(err error) {
	l.failing.Do(func() {
		l.failure = err
		close(l.failed)
	})
}
