package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// session is one shell that follows a guide: what a command leaves behind (files, variables, a server), the next one
// finds.
type session struct {
	*testing.T
	top      string // a copy of the tree
	database string // host:port of the database server
	shell    *exec.Cmd
	stdin    io.Writer
	printed  chan string // by the shell and what it runs, line by line; closed when all of them have ended
	serving  bool
}

// commandWait bounds one command of a guide.
const commandWait = 3 * time.Minute

// endMark begins the line that tells how a command ended.
const endMark = "--- exit code "

// startSession starts a shell in a copy of the tree, with a database server of its own: the one that `mariadb` finds.
func startSession(t *testing.T) *session {
	t.Helper()
	_, config := startDatabaseServer(t)
	host, port, _ := strings.Cut(config.Addr, ":")
	s := &session{T: t, top: t.TempDir(), database: config.Addr, printed: make(chan string)}
	s.shell = exec.Command("bash", "--noprofile", "--norc")
	s.shell.Dir = s.top
	s.shell.Env = append(os.Environ(), "PATH="+s.top+":"+os.Getenv("PATH"), "ROOT="+s.top+"/root",
		"MYSQL_HOST="+host, "MYSQL_TCP_PORT="+port, "MYSQL_PWD="+config.Passwd,
		"GITHUB_STEP_SUMMARY="+s.top+"/step-summary.md")
	s.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that all of it can be ended together
	s.start()
	t.Cleanup(s.endServer)
	tree, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	s.must("tar -C '" + tree + "' --exclude=./runs --exclude=./.git --exclude=./flashsale -c . | tar -x")
	s.must("mariadb() { command mariadb --user=" + config.User + ` "$@"; }`)
	s.must("make build")
	return s
}

// start starts the shell, and sees to it that nothing of it outlives the test.
func (s *session) start() {
	s.Helper()
	output, shellOutput := io.Pipe()
	s.shell.Stdout, s.shell.Stderr = shellOutput, shellOutput
	var err error
	if s.stdin, err = s.shell.StdinPipe(); err != nil {
		s.Fatal(err)
	}
	if err := s.shell.Start(); err != nil {
		s.Fatal(err)
	}
	go func() {
		defer close(s.printed)
		for lines := bufio.NewScanner(output); lines.Scan(); {
			s.printed <- lines.Text()
		}
	}()
	s.Cleanup(func() {
		group := -s.shell.Process.Pid
		_ = syscall.Kill(group, syscall.SIGTERM) // no such group: all have ended
		late := time.AfterFunc(guideWait, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		defer late.Stop()
		go func() {
			_ = s.shell.Wait() // it was killed
			_ = shellOutput.Close()
		}()
		for line := range s.printed {
			s.Log(line)
		}
	})
}

// run runs one command line as it stands and returns its exit code and what it printed.
func (s *session) run(text string) (code int, out string) {
	s.Helper()
	quoted := "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	if _, err := fmt.Fprintf(s.stdin, "eval %s </dev/null; printf '\\n%s%%d\\n' $?\n", quoted, endMark); err != nil {
		s.Fatal(err)
	}
	deadline := time.After(commandWait)
	for {
		select {
		case line, open := <-s.printed:
			if number, found := strings.CutPrefix(line, endMark); found {
				code, err := strconv.Atoi(number)
				if err != nil {
					s.Fatal(err)
				}
				return code, out
			}
			if !open {
				s.Fatalf("%s\nended the shell:\n%s", text, out)
			}
			out += line + "\n"
		case <-deadline:
			s.serving = false // nobody can ask this shell to end its server: it is killed with it
			s.Fatalf("%s\nhas not ended after %v:\n%s", text, commandWait, out)
		}
	}
}

// must runs what the test itself needs.
func (s *session) must(text string) {
	s.Helper()
	if code, out := s.run(text); code != 0 {
		s.Fatalf("%s\nexit code %d:\n%s", text, code, out)
	}
}

// serve starts a server in the background, as a person would in another terminal, instead of the one before.
func (s *session) serve(text string) (code int, out string) {
	s.Helper()
	s.endServer()
	s.must("{ exec " + text + "\n} >server.log 2>&1 &")
	s.serving = true
	// The server says so when it serves; a shell that polls needs nothing but itself.
	return s.run("for i in {1..400}; do grep -q msg=serving server.log && break; kill -0 $! && sleep 0.05 || break; done\n" +
		"grep -q msg=serving server.log || { cat server.log; false; }")
}

// endServer drains the server: every one of the guides' has to end well.
func (s *session) endServer() {
	s.Helper()
	if !s.serving {
		return
	}
	s.serving = false
	if code, _ := s.run("kill $! && wait $!"); code != 0 {
		_, log := s.run("cat server.log")
		s.Errorf("the server ended with exit code %d:\n%s", code, log)
	}
}
