package lab

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// processState is a process's state by the kernel's account, as "S (sleeping)", and whether it is stopped by a signal.
func processState(pid int) (state string, stopped bool, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", false, fmt.Errorf("state of process %d: %w", pid, err)
	}
	_, after, found := strings.Cut(string(text), "\nState:\t")
	state, _, whole := strings.Cut(after, "\n")
	if !found || !whole {
		return "", false, errors.New("/proc tells no state")
	}
	return state, strings.HasPrefix(state, "T "), nil
}
