package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"flashsale/internal/database"
)

// The test binary stands for flashsale itself: re-executed under a subcommand it is the keeper, a server,
// or a program that runs a lab and waits to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-") {
		os.Exit(test(m))
	}
	var err error
	switch os.Args[1] {
	case KeeperCommand:
		err = KeeperMain(os.Stdin, os.Stdout)
	case "serve", "strawman", "front":
		err = fakeServer(os.Args[2:])
	case "hang":
		err = hangingLab()
	case "eat":
		err = eat(os.Args[2:])
	default:
		err = fmt.Errorf("unknown subcommand %s", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// program is flashsale itself, built when the first test asks for it.
type program struct {
	dir   string
	build sync.Once
	err   error
}

var flashsale program

// test runs the tests, and takes the program away that they may have built.
func test(m *testing.M) int {
	var err error
	if flashsale.dir, err = os.MkdirTemp("", "labtest-program-"); err != nil { // now: tests have a TMPDIR of their own
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(flashsale.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// realProgram is for tests of what a real server does when it is harmed or told to stop.
func realProgram(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(flashsale.dir, "flashsale")
	flashsale.build.Do(func() {
		if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "flashsale").CombinedOutput(); err != nil {
			flashsale.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if flashsale.err != nil {
		t.Fatal(flashsale.err)
	}
	return path
}

// warmingUp is all that is heard of a server that is never ready.
const warmingUp = "warming up for ever"

// fakeServer understands the command line of serve, strawman and front. What goes wrong with it is chosen by
// LABTEST_ variables.
func fakeServer(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	addr := flags.String("addr", "", "")
	admin := flags.String("admin-addr", "", "")
	secretFile := flags.String("webhook-secret-file", "", "")
	createSchema := flags.Bool("create-schema", false, "")
	flags.Bool("counter-column", false, "")
	flags.String("counter", "", "")
	flags.Func("stock", "", func(string) error { return nil })
	flags.Func("without", "", func(string) error { return nil })
	for _, name := range []string{"hold-ttl", "sweep-interval", "request-timeout"} {
		flags.Duration(name, 0, "")
	}
	flags.Int64("max-qty", 0, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if why := os.Getenv("LABTEST_DIES"); why != "" {
		return errors.New(why)
	}
	if *createSchema {
		return fakeSchema()
	}
	secret, err := os.ReadFile(*secretFile)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if os.Getenv("LABTEST_NEVER_READY") != "" {
		fmt.Println(warmingUp)
		<-ctx.Done()
		return nil
	}
	public, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	private, err := net.Listen("tcp", *admin)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/told", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, strings.TrimSpace(string(secret)), os.Getenv("FLASHSALE_DSN"),
			os.Getenv("FLASHSALE_ALLOW_UNSIGNED_WEBHOOKS"), strings.Join(args, " "))
	})
	go http.Serve(public, mux)
	go http.Serve(private, mux)
	<-ctx.Done()
	return nil
}

// fakeSchema makes a products table with the strawman's columns.
func fakeSchema() error {
	server, err := database.Open(context.Background(), database.Options{DSN: os.Getenv("FLASHSALE_DSN")})
	if err != nil {
		return err
	}
	defer server.Close(context.Background())
	_, name, _ := strings.Cut(os.Getenv("FLASHSALE_DSN"), ")/")
	name, _, _ = strings.Cut(name, "?")
	db, err := server.DB(name)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE products (id BIGINT PRIMARY KEY, name VARCHAR(255) NOT NULL, price BIGINT NOT NULL,
		stock_total BIGINT NOT NULL, stock_sold BIGINT NOT NULL, created_at DATETIME(6) NOT NULL,
		updated_at DATETIME(6) NOT NULL)`)
	return err
}

// hangingLab starts a lab as LABTEST_DSN or LABTEST_IMAGE says, tells where it is, and waits to be killed.
func hangingLab() error {
	l, err := Start(context.Background(), Options{
		RunID: os.Getenv("LABTEST_RUN"), DSN: os.Getenv("LABTEST_DSN"), Image: os.Getenv("LABTEST_IMAGE"), Replicas: 2,
		Products: twoProducts(),
	})
	if err != nil {
		return err
	}
	fmt.Println("ready", l.dir)
	select {}
}

func twoProducts() []Product {
	return []Product{
		{ID: 1, Name: "console", Price: 500, StockTotal: 20}, {ID: 9, Name: "gamepad", Price: 60, StockTotal: 7},
	}
}

// isolate gives a test a temporary directory of its own, so that whatever is left behind can be told from
// other people's; the check comes when the test is over.
func isolate(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "labtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	t.Setenv("GORACE", "atexit_sleep_ms=10") // under -race, every process we re-execute would linger for 1 s
	t.Cleanup(func() {
		nothingLeft(t, dir, 10*time.Second)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// nothingLeft waits until no directory is left in dir and no process has it as its TMPDIR.
func nothingLeft(t *testing.T, dir string, patience time.Duration) {
	t.Helper()
	var files []os.DirEntry
	var processes []string
	if !within(patience, func() bool {
		files, _ = os.ReadDir(dir)
		processes = processesIn(dir)
		return len(files) == 0 && len(processes) == 0
	}) {
		t.Errorf("left behind: files %v, processes %v", files, processes)
	}
}

// processesIn lists processes other than this one that run with TMPDIR=dir.
func processesIn(dir string) []string {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	var found []string
	for _, file := range environments {
		environment, err := os.ReadFile(file)
		if err != nil || !strings.Contains("\x00"+string(environment), "\x00TMPDIR="+dir+"\x00") {
			continue
		}
		pid := filepath.Base(filepath.Dir(file))
		if pid == fmt.Sprint(os.Getpid()) {
			continue
		}
		line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
		found = append(found, pid+" "+strings.ReplaceAll(string(line), "\x00", " "))
	}
	return found
}

// within polls until a condition holds and says whether it did.
func within(patience time.Duration, holds func() bool) bool {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !holds() {
		select {
		case <-poll.C:
		case <-deadline.C:
			return false
		}
	}
	return true
}

// start starts a lab for one test and closes it at its end.
func start(t *testing.T, o Options) *Lab {
	t.Helper()
	l, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}
