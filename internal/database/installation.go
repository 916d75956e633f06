package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// installation is a database server program on this machine.
type installation struct {
	server    string // the path of mysqld or mariadbd
	mariadb   bool
	initiator string // MariaDB: the path of mariadb-install-db
}

// DefaultSearchPath is PATH and the places where servers are installed that users' PATH does not name.
func DefaultSearchPath() []string {
	return append(filepath.SplitList(os.Getenv("PATH")),
		"/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/libexec", "/usr/local/mysql/bin")
}

// findInstallation returns the first server in dirs. In one directory mysqld goes first: beside MariaDB
// it is only another name for mariadbd.
func findInstallation(dirs []string) (installation, error) {
	for _, dir := range dirs {
		for _, name := range []string{"mysqld", "mariadbd"} {
			path := filepath.Join(dir, name)
			if !filepath.IsAbs(path) || !executable(path) {
				continue
			}
			real, err := filepath.EvalSymlinks(path)
			if err != nil {
				return installation{}, fmt.Errorf("look at %s: %w", path, err)
			}
			if !strings.HasPrefix(filepath.Base(real), "mariadb") {
				return installation{server: path}, nil
			}
			initiator, err := findInitiator(real, dirs)
			return installation{server: path, mariadb: true, initiator: initiator}, err
		}
	}
	return installation{}, ErrNoDatabase
}

// findInitiator finds the script that makes MariaDB's first data directory: next to the server, where
// packages and tarballs put it, or in dirs.
func findInitiator(server string, dirs []string) (string, error) {
	prefix := filepath.Dir(filepath.Dir(server))
	near := []string{filepath.Dir(server), filepath.Join(prefix, "bin"), filepath.Join(prefix, "scripts")}
	for _, dir := range append(near, dirs...) {
		if path := filepath.Join(dir, "mariadb-install-db"); executable(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("found %s but not mariadb-install-db, which makes its data directory: "+
		"install the whole package (apt-get install mariadb-server), or name a running server with --dsn", server)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return false
	}
	return info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// Sizes for a laptop of two cores that runs the load and the servers as well.
const (
	bufferPool     = "256M"
	redoLog        = "256M"
	smallRedoLog   = "32M"
	maxConnections = "500"
)

// redo is the size of the log that InnoDB allots itself beforehand: on a small disk a small one.
func redo(diskBytes int64) string {
	if diskBytes > 0 {
		return smallRedoLog
	}
	return redoLog
}

// initialise is the program that makes the first data directory.
func (i installation) initialise(o Options) Program {
	dir, logFile := o.Dir, o.LogFile
	// Its own tmpdir, or what it leaves when it is killed stays in everybody's.
	args := []string{"--no-defaults", "--datadir=" + filepath.Join(dir, "data"),
		"--tmpdir=" + filepath.Join(dir, "tmp")}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	if !i.mariadb {
		return Program{Path: i.server, Args: append(args, "--initialize-insecure"), LogFile: logFile}
	}
	// With socket authentication the script makes no anonymous accounts and no root without a password.
	// --force: a machine whose own name does not resolve, as in a bare container, is good enough for loopback.
	args = append(args, "--auth-root-authentication-method=socket", "--skip-test-db", "--skip-name-resolve", "--force",
		"--innodb-log-file-size="+redo(o.DiskBytes))
	return Program{Path: i.initiator, Args: args, LogFile: logFile}
}

// serverFlags are what every server of ours is started with, MySQL or MariaDB, child or container.
// Durability is on, as Open asserts, unless the caller asked for the opposite.
func serverFlags(unsafe bool) []string {
	flush := []string{"--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1"}
	if unsafe {
		flush = []string{"--sync-binlog=0", "--innodb-flush-log-at-trx-commit=2"}
	}
	return append(flush,
		"--server-id=1", "--log-bin=binlog", "--loose-binlog-format=ROW", "--binlog-row-image=FULL",
		"--binlog-row-metadata=FULL",

		"--innodb-buffer-pool-size="+bufferPool, "--max-connections="+maxConnections,
		"--performance-schema=OFF", "--character-set-server=utf8mb4", "--skip-name-resolve",
	)
}

// serve is the program that serves the data directory of o, as its durability says.
func (i installation) serve(o Options, port int) Program {
	dir := o.Dir
	args := []string{"--no-defaults",
		"--datadir=" + dataDir(o),
		"--tmpdir=" + filepath.Join(dir, "tmp"),
		"--init-file=" + filepath.Join(dir, "init.sql"),
		"--pid-file=" + filepath.Join(dir, "pid"),
		// Relative to the data directory: a socket's whole path may have 107 bytes, temporary ones can be longer.
		"--socket=socket",
		"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port),
	}
	args = append(args, serverFlags(o.UnsafeNoFlush)...)
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	if i.mariadb {
		args = append(args, "--innodb-log-file-size="+redo(o.DiskBytes))
	} else {
		args = append(args, "--loose-innodb-redo-log-capacity="+redo(o.DiskBytes), "--loose-mysqlx=OFF",
			"--secure-file-priv=NULL", "--binlog-order-commits=ON")
	}
	program := Program{Path: i.server, Args: args, LogFile: o.LogFile}
	if o.DiskBytes > 0 {
		return onSmallDisk(program, dir, o.DiskBytes)
	}
	return program
}
