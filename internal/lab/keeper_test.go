package lab

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"flashsale/internal/database"
)

func TestKilledParentLeavesNothing(t *testing.T) {
	dir := isolate(t)
	killed := hang(t, "")
	if left := processesIn(dir); len(left) < 4 { // keeper, database, two servers
		t.Errorf("only %v ran", left)
	}
	kill(t, killed)
	nothingLeft(t, dir, 10*time.Second)
}

func TestKilledParentLeavesNoDatabase(t *testing.T) {
	isolate(t)
	host := start(t, Options{})
	t.Setenv("LABTEST_RUN", "orphan")
	killed := hang(t, host.Database().DSN(""))
	if !databaseExists(t, host, "flashsale_orphan") {
		t.Error("there is no database")
	}
	kill(t, killed)
	if !within(10*time.Second, func() bool { return !databaseExists(t, host, "flashsale_orphan") }) {
		t.Error("the database is still there")
	}
}

func TestParentKilledWhileStartingLeavesNothing(t *testing.T) {
	for _, after := range []time.Duration{40, 200, 500, 900} {
		t.Run(fmt.Sprintf("after %d ms", after), func(t *testing.T) {
			isolate(t) // checks when the test is over
			ctx, cancel := context.WithTimeout(t.Context(), after*time.Millisecond)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0], "hang") // killed with SIGKILL when ctx ends
			if out, err := cmd.CombinedOutput(); ctx.Err() == nil {
				t.Errorf("it ended by itself: %v: %s", err, out)
			}
		})
	}
}

// hang runs a lab in a process of its own and returns when it is up.
func hang(t *testing.T, dsn string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "hang")
	cmd.Env = append(os.Environ(), "LABTEST_DSN="+dsn)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready") {
		t.Fatalf("it said %q: %v", line, err)
	}
	return cmd
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed"
}

func TestKilledKeeperTakesItsChildrenAlong(t *testing.T) {
	dir := isolate(t)
	l := startUnclosed(t)
	if err := l.keeper.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, l.Failed())
	if l.Err() == nil || !strings.Contains(l.Err().Error(), "keeper") {
		t.Errorf("reported as %v", l.Err())
	}
	if !within(5*time.Second, func() bool { return len(processesIn(dir)) == 0 }) {
		t.Errorf("left behind: %v", processesIn(dir))
	}
	if err := l.Close(context.Background()); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("closing said %v", err)
	}
}

// startUnclosed starts a lab that the test itself closes.
func startUnclosed(t *testing.T) *Lab {
	t.Helper()
	l, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	for _, after := range []time.Duration{0, 1, 30, 100, 250, 500, 700, 900, 1100, 1300, 1600} {
		t.Run(fmt.Sprintf("after %d ms", after), func(t *testing.T) {
			dir := isolate(t)
			t.Setenv("LABTEST_NEVER_READY", "1")
			ctx, cancel := context.WithTimeout(t.Context(), after*time.Millisecond)
			defer cancel()
			if _, err := Start(ctx, Options{Replicas: 2}); err == nil {
				t.Error("it started")
			}
			nothingLeft(t, dir, 0)
		})
	}
}

func TestKeeperRefuses(t *testing.T) {
	isolate(t)
	k, err := startKeeper(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Start(t.Context(), database.Program{Path: "/nowhere/mysqld"}); err == nil ||
		!strings.Contains(err.Error(), "/nowhere/mysqld") {
		t.Errorf("starting nothing: %v", err)
	}
	if _, err := k.call(t.Context(), request{Do: "dance"}, nil); err == nil {
		t.Error("it danced")
	}
	done, err := k.Start(t.Context(), database.Program{Path: "/bin/sh", Args: []string{"-c", "exit 3"}})
	if err != nil {
		t.Fatal(err)
	}
	await(t, done.Exited())
	if how := done.ExitError(); how == nil || how.Error() != "exit status 3" {
		t.Errorf("it ended with %v", how)
	}
	if err := k.close(); err != nil {
		t.Error(err)
	}
	if _, err := k.Start(t.Context(), database.Program{Path: "/bin/true"}); err == nil {
		t.Error("a closed keeper started a program")
	}
}

func TestKeeperEndsWithAGarbledPipe(t *testing.T) {
	cmd := exec.Command(os.Args[0], KeeperCommand)
	cmd.Stdin = strings.NewReader("{\"do\":\"makedir\",\"id\":1}\nnot json\n")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "read a request") {
		t.Errorf("%s: %v", out, err)
	}
	if dir := strings.SplitN(string(out), `"dir":"`, 2); len(dir) == 2 {
		dir, _, _ := strings.Cut(dir[1], `"`)
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", dir, err)
		}
	} else {
		t.Errorf("no directory in %s", out)
	}
}

func TestPorts(t *testing.T) {
	one, err := claimPorts()
	if err != nil {
		t.Fatal(err)
	}
	defer one.release()
	two, err := claimPorts()
	if err != nil {
		t.Fatal(err)
	}
	defer two.release()
	seen := map[int]bool{}
	for _, p := range []*ports{one, two} {
		for range portBlock / 2 {
			port, err := p.take()
			if err != nil || seen[port] || port >= portLimit {
				t.Fatalf("port %d, seen %t: %v", port, seen[port], err)
			}
			seen[port] = true
		}
	}
	for range portBlock {
		_, err = one.take()
	}
	if err == nil {
		t.Error("a block has no end")
	}
}
