package database

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// onSmallDisk has a server's program run on a copy of its data directory that lies on a disk of so many bytes. The
// disk is mounted in a namespace of the process itself, where nobody else sees it: however the process ends, nothing
// stays mounted. Who is not root becomes root of a user namespace for that. Shell and server keep one process id.
func onSmallDisk(server Program, dir string, bytes int64) Program {
	namespaces := "-m"
	if os.Geteuid() != 0 {
		namespaces = "-rm"
		server.Args = append(server.Args, "--user=root") // of its namespace
	}
	const script = `set -e
data=$1 disk=$2 bytes=$3
shift 3
mount -t tmpfs -o "size=$bytes,mode=0700" flashsale "$disk"
cp -R "$data/." "$disk"
exec "$@"`
	args := []string{namespaces, "sh", "-c", script, "small-disk", filepath.Join(dir, "data"), diskDir(dir),
		strconv.FormatInt(bytes, 10), server.Path}
	server.Path, server.Args = "unshare", append(args, server.Args...)
	return server
}

// diskDir is where a child's small disk is mounted.
func diskDir(dir string) string { return filepath.Join(dir, "disk") }

// dataDir is the child's data directory, which on a small disk only its process can see.
func dataDir(o Options) string {
	if o.DiskBytes > 0 {
		return diskDir(o.Dir)
	}
	return filepath.Join(o.Dir, "data")
}

// disk is the child's small disk, as seen from here.
func (c *Child) disk(dir string) *Disk {
	return &Disk{log: c.program.LogFile, look: func(context.Context) (string, error) {
		seen, err := inSightOf(c.Daemon().PID(), diskDir(dir))
		if err != nil {
			return "", fmt.Errorf("the database's disk: %w", err)
		}
		return seen, nil
	}}
}
