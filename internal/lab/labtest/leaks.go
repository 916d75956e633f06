package labtest

import (
	"fmt"
	"os"

	"go.uber.org/goleak"
)

// MainWithoutLeaks is Main, and fails if goroutines are left when all tests are over and the databases are away.
func (l *Labs) MainWithoutLeaks(run func() int) int {
	tested := false // and not the keeper
	code := l.Main(func() int { tested = true; return run() })
	if !tested || code != 0 {
		return code
	}
	err := goleak.Find(
		// fasthttp's clock runs for as long as the process, and a pool of workers notices its end within ten seconds.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"), // lasts half a second
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "labtest:", err)
		return 1
	}
	return 0
}
