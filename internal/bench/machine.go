package bench

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"flashsale/internal/database"
	"flashsale/internal/lab"
)

// Machine is what figures were measured on: without it they mean nothing.
type Machine struct {
	CPU       string `json:"cpu"` // model; empty: the system does not tell
	Cores     int    `json:"cores"`
	MemoryMiB int64  `json:"memory_mib"` // 0: the system does not tell
	Go        string `json:"go"`
	Platform  string `json:"platform"`
	Kernel    string `json:"kernel,omitempty"` // release; empty: the system does not tell

	MeasuredAt time.Time `json:"measured_at"` // when the machine was asked, in UTC

	Database    string  `json:"database,omitempty"`        // version; empty: none was measured
	FsyncMicros float64 `json:"fsync_us_median,omitempty"` // 4 KiB appended and flushed on its disk; 0: not known
}

// ThisMachine describes the machine as far as it can be asked.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	m.MeasuredAt = time.Now().UTC().Truncate(time.Second)
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(release))
	}
	m.CPU = valueIn("/proc/cpuinfo", "model name")
	kib, _, _ := strings.Cut(valueIn("/proc/meminfo", "MemTotal"), " ")
	if n, err := strconv.ParseInt(kib, 10, 64); err == nil {
		m.MemoryMiB = n >> 10
	}
	return m
}

// AddDatabase notes what the database of a lab is and, where that is known, how fast its disk is.
func (m *Machine) AddDatabase(l *lab.Lab) (err error) {
	m.Database = l.Database().Version()
	if l.Database().Source() == database.SourceChild {
		m.FsyncMicros, err = fsyncMicros(l.Dir())
	}
	return err
}

// fsyncMicros measures what a commit waits for, at least: 4 KiB appended to a file in the directory, and flushed. The
// median, in microseconds.
func fsyncMicros(dir string) (micros float64, err error) {
	const blocks, blockBytes = 100, 4 << 10
	file, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		return 0, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	block, each := make([]byte, blockBytes), make([]float64, blocks)
	for i := range each {
		began := time.Now()
		if _, err := file.Write(block); err != nil {
			return 0, fmt.Errorf("measure the disk: %w", err)
		}
		if err := file.Sync(); err != nil {
			return 0, fmt.Errorf("measure the disk: %w", err)
		}
		each[i] = float64(time.Since(began)) / float64(time.Microsecond)
	}
	return median(each), nil
}

// valueIn finds the first "name: value" of one of the kernel's files; empty: there is none.
func valueIn(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
