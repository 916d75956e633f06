package lab

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// CPU is what processes have used since they began, user and system. A nil says that the system does not tell.
type CPU struct {
	Servers *time.Duration
	Backing *time.Duration // the private database or Redis behind them; nil also where there is none of ours
	Self    *time.Duration // the process that asks
}

// CPU reads what the processes of the lab have used so far.
func (l *Lab) CPU() CPU {
	var servers, backing []int
	for _, s := range l.servers {
		servers = append(servers, s.current().PID())
	}
	switch {
	case l.redis != nil:
		backing = append(backing, l.redis.PID())
	case l.database != nil && l.database.Child() != nil:
		backing = append(backing, l.database.Child().Daemon().PID())
	}
	return CPU{Servers: cpuOf(servers), Backing: cpuOf(backing), Self: cpuOf([]int{os.Getpid()})}
}

// cpuOf sums what some processes have used; nil of none, or where one cannot be asked.
func cpuOf(pids []int) *time.Duration {
	if len(pids) == 0 {
		return nil
	}
	sum := time.Duration(0)
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return nil
		}
		used, ok := parseStat(string(text))
		if !ok {
			return nil
		}
		sum += used
	}
	return &sum
}

// clockTick is the unit of a process's times in /proc: USER_HZ, which is 100 on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// parseStat takes user and system time from the line of /proc/PID/stat. The command in it is in brackets and may hold
// anything, brackets too; the times are the 12th and 13th word after it.
func parseStat(line string) (time.Duration, bool) {
	words := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(words) < 13 {
		return 0, false
	}
	user, userErr := strconv.ParseInt(words[11], 10, 64)
	system, systemErr := strconv.ParseInt(words[12], 10, 64)
	return time.Duration(user+system) * clockTick, userErr == nil && systemErr == nil
}
