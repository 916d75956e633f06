package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// processState is the State line of a process, and whether a signal has stopped it.
func processState(pid int) (state string, stopped bool, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", false, fmt.Errorf("state of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "State:"); ok {
			state = strings.TrimSpace(value)
			return state, strings.HasPrefix(state, "T "), nil
		}
	}
	return "", false, fmt.Errorf("state of process %d: /proc tells none", pid)
}

// inSightOf is where we find what a process finds under dir, which may be on a disk that only it has mounted.
func inSightOf(pid int, dir string) (string, error) {
	seen := fmt.Sprintf("/proc/%d/root%s", pid, dir)
	_, err := os.Stat(seen)
	if errors.Is(err, fs.ErrPermission) {
		return "", fmt.Errorf("the database's disk: %w: this needs root, or a database that was started by the same user", err)
	}
	return seen, err
}

// bytesLeft is what the file system that dir is on has left for anybody.
func bytesLeft(dir string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return int64(stat.Bavail) * stat.Bsize, nil
}

// smallDisks says whether a disk of DiskBytes can be made on this platform.
func smallDisks() error { return nil }
