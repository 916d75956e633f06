package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-sql-driver/mysql"
)

// Where a server came from.
const (
	SourceDSN       = "dsn"
	SourceChild     = "child"
	SourceContainer = "container"
)

// ErrNoDatabase says that no database was named and none can be started, and how to change that.
var ErrNoDatabase = errors.New(`no database: flashsale needs MySQL 8.0+ or MariaDB 10.6+, any one of these will do
  - install a server, and a private one is started for every run:
        sudo apt-get install mariadb-server
  - name a running one with --dsn (or FLASHSALE_DSN):
        --dsn 'user:password@tcp(127.0.0.1:3306)/'
  - have Docker running, and every run gets a container of ` + DefaultImage + `, or of what --image names`)

// place is what every way of getting a server comes down to: an address with an account, and what must be
// put away afterwards.
type place struct {
	source    string
	config    *mysql.Config // bound to no database
	child     *Child        // nil unless we started the server as a process
	container *Container    // nil unless we started it in one
	disk      *Disk         // nil: as large as the machine's
	ownDir    string        // a directory that Close removes; empty if the caller gave one
}

// locate tries the ways in their order: the DSN or the image that the user gave, then a private child, then
// a container.
func locate(ctx context.Context, o Options) (*place, error) {
	if o.SearchPath == nil {
		o.SearchPath = DefaultSearchPath()
	}
	if err := checkDisk(o); err != nil {
		return nil, err
	}
	switch {
	case o.DSN != "" && o.Image != "":
		return nil, errors.New("a database cannot come from a DSN and an image at once")
	case o.DSN != "" && o.UnsafeNoFlush:
		return nil, errors.New("the durability of a running server is not ours to change: give no DSN")
	case o.DSN != "":
		config, err := parseDSN(o.DSN)
		if err != nil {
			return nil, err
		}
		return &place{source: SourceDSN, config: config}, nil
	case o.Image != "":
		return openContainer(ctx, o)
	}
	installed, err := findInstallation(o.SearchPath)
	if errors.Is(err, ErrNoDatabase) {
		return openLastResort(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	return openChild(ctx, o, installed)
}

// openLastResort tries a container because nothing else is there. A machine without Docker as well is told
// all three ways; one with a Docker that fails is told what is wrong with it.
func openLastResort(ctx context.Context, o Options) (*place, error) {
	o.Image = DefaultImage
	found, err := openContainer(ctx, o)
	if errors.Is(err, errNoDocker) {
		return nil, ErrNoDatabase
	}
	if err != nil {
		return nil, fmt.Errorf("no --dsn, no mysqld or mariadbd on PATH, and no %w", err)
	}
	return found, nil
}

// openContainer starts a server in a container.
func openContainer(ctx context.Context, o Options) (*place, error) {
	if o.Port == nil {
		return nil, errors.New("a database in a container needs a Port")
	}
	if o.LogFile == "" && o.Dir != "" {
		o.LogFile = filepath.Join(o.Dir, "database.log")
	}
	container, err := startContainer(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("database from a container: %w", err)
	}
	found := &place{source: SourceContainer, config: container.config, container: container}
	if o.DiskBytes > 0 {
		found.disk = container.disk()
	}
	return found, nil
}

// openChild starts a private server in o.Dir, or in a directory of its own.
func openChild(ctx context.Context, o Options, installed installation) (_ *place, err error) {
	if o.Starter == nil || o.Port == nil {
		return nil, errors.New("a private database needs a Starter and a Port")
	}
	found := &place{source: SourceChild}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "flashsale-db-"); err != nil {
			return nil, fmt.Errorf("private database: %w", err)
		}
		found.ownDir = o.Dir
		defer func() {
			if err != nil {
				err = errors.Join(err, os.RemoveAll(found.ownDir))
			}
		}()
	}
	if found.child, err = startChild(ctx, o, installed); err != nil {
		return nil, fmt.Errorf("private database: %w", err)
	}
	found.config = found.child.config
	if o.DiskBytes > 0 {
		found.disk = found.child.disk(o.Dir)
	}
	return found, nil
}

// parseDSN reads go-sql-driver's format. The database name in it is dropped: runs make their own.
func parseDSN(dsn string) (*mysql.Config, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		// The driver's errors name the mistake and never quote the DSN, so that no password gets out.
		return nil, fmt.Errorf("--dsn: %w (it looks like user:password@tcp(host:3306)/)", err)
	}
	config.DBName = ""
	return config, nil
}
