package bench

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Machine is what figures were measured on: without it they mean nothing.
type Machine struct {
	CPU       string `json:"cpu"` // model; empty: the system does not tell
	Cores     int    `json:"cores"`
	MemoryMiB int64  `json:"memory_mib"` // 0: the system does not tell
	Go        string `json:"go"`
	Platform  string `json:"platform"`
}

// thisMachine describes the machine as far as it can be asked.
func thisMachine() Machine {
	m := Machine{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	m.CPU = valueIn("/proc/cpuinfo", "model name")
	kib, _, _ := strings.Cut(valueIn("/proc/meminfo", "MemTotal"), " ")
	if n, err := strconv.ParseInt(kib, 10, 64); err == nil {
		m.MemoryMiB = n >> 10
	}
	return m
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
