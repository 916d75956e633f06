package database

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// mariadbImage is what .ci/image builds.
const mariadbImage = "flashsale-test/mariadb"

// testImage names an image of this test's own, so that its containers can be told from other people's. It is
// mariadbImage, or what FLASHSALE_TEST_IMAGE names, as .ci/mysql does; where that is not to be had, the test is skipped
// unless FLASHSALE_TEST_CONTAINER=1.
func testImage(t *testing.T, tag string) string {
	t.Helper()
	built := cmp.Or(os.Getenv("FLASHSALE_TEST_IMAGE"), mariadbImage)
	image := built + ":" + tag
	if out, err := exec.Command("docker", "tag", built, image).CombinedOutput(); err != nil {
		if os.Getenv("FLASHSALE_TEST_CONTAINER") == "1" {
			t.Fatalf("no image %s: %v: %s", built, err, out)
		}
		t.Skipf("no image %s (.ci/setup docker, .ci/image): %v: %s", built, err, out)
	}
	t.Cleanup(func() {
		noContainerLeft(t, image)
		dockerSays(t, "rmi", image)
	})
	return image
}

// dockerSays asks Docker's own client, a witness who knows nothing of our code.
func dockerSays(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func noContainerLeft(t *testing.T, image string) {
	t.Helper()
	left := strings.Fields(dockerSays(t, "ps", "-a", "--format", "{{.Image}}"))
	if slices.Contains(left, image) {
		t.Errorf("a container of %s is left", image)
	}
}

// recorder is a Guardian that writes down what it is told.
type recorder struct {
	mu   sync.Mutex
	told []string
}

func (r *recorder) tell(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, what)
}

func (r *recorder) Adopt(_ context.Context, container string) error {
	r.tell("adopt " + container)
	return nil
}

func (r *recorder) Forget(_ context.Context, container string) error {
	r.tell("forget " + container)
	return nil
}

func TestContainerIsAServerLikeAnyOther(t *testing.T) {
	image := testImage(t, "like-any-other")
	guardian, ctx := &recorder{}, t.Context()
	log := filepath.Join(t.TempDir(), "log")
	s, err := Open(ctx, Options{Image: image, Port: testPort, LogFile: log, Guardian: guardian})
	if err != nil {
		t.Fatal(err)
	}
	if s.Source() != SourceContainer || s.Child() != nil || strings.Contains(s.Version(), "MariaDB") != strings.HasPrefix(image, mariadbImage) {
		t.Errorf("source %q, child %v, version %q", s.Source(), s.Child(), s.Version())
	}
	for name, want := range map[string]string{"innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1", "log_bin": "ON"} {
		if got := s.Settings()[name]; got != want {
			t.Errorf("setting %s is %q, want %q", name, got, want)
		}
	}
	if _, err := s.Now(ctx); err != nil {
		t.Error(err)
	}
	testDatabaseLife(t, s)

	name := s.Container().Name()
	if ports := dockerSays(t, "port", name); ports != "3306/tcp -> "+s.place.config.Addr {
		t.Errorf("it is to be reached at %s", ports)
	}
	ours := dockerSays(t, "ps", "--filter", "label="+containerLabel, "--format", "{{.Names}}")
	if !strings.Contains(ours, name) {
		t.Errorf("the label does not find %s: %s", name, ours)
	}
	lines := commandLines(t)
	if strings.Contains(lines, s.place.config.Passwd) || !strings.Contains(lines, "--sync-binlog=1") {
		t.Errorf("the password is on a command line, or the server is on none")
	}
	if got := LogTail(log, quotedLines); !strings.Contains(got, "ready for connections") {
		t.Errorf("the log ends %s", got)
	}
	volume := dockerSays(t, "inspect", "--format", "{{range .Mounts}}{{.Name}}{{end}}", name)
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if volumes := dockerSays(t, "volume", "ls", "--quiet"); volume == "" || strings.Contains(volumes, volume) {
		t.Errorf("volume %q is left among %q", volume, volumes)
	}
	if want := []string{"adopt " + name, "forget " + name}; !slices.Equal(guardian.told, want) {
		t.Errorf("the guardian was told %q, want %q", guardian.told, want)
	}
}

// commandLines are those of all processes of this machine, those in containers among them.
func commandLines(t *testing.T) string {
	t.Helper()
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var all strings.Builder
	for _, file := range files {
		line, _ := os.ReadFile(file) // it may have ended since
		all.Write(line)
		all.WriteByte('\n')
	}
	return all.String()
}

func TestContainerThatDiesIsMissed(t *testing.T) {
	died := make(chan error, 1)
	s, err := Open(t.Context(), Options{Image: testImage(t, "dies"), Port: testPort, Dir: t.TempDir(),
		Died: func(err error) { died <- err }})
	if err != nil {
		t.Fatal(err)
	}
	dockerSays(t, "kill", s.Container().Name())
	err = <-died
	if !strings.Contains(err.Error(), "exit status 137") || !strings.Contains(err.Error(), "ready for connections") {
		t.Errorf("reported as %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestContainerKept(t *testing.T) {
	image, guardian := testImage(t, "kept"), &recorder{}
	s, err := Open(t.Context(), Options{Image: image, Port: testPort, Guardian: guardian})
	if err != nil {
		t.Fatal(err)
	}
	name := s.Container().Name()
	defer dockerSays(t, "rm", "--force", "--volumes", name)
	if err := errors.Join(s.Container().Keep(t.Context()), s.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), Options{DSN: s.DSN("")})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if !slices.Contains(guardian.told, "forget "+name) {
		t.Errorf("the guardian was told %q", guardian.told)
	}
}

func TestContainerThatCannotStart(t *testing.T) {
	from, image := testImage(t, "good"), mariadbImage+":lame"
	limping := dockerSays(t, "create", from)
	dockerSays(t, "commit", "--change", `ENTRYPOINT ["/bin/sh", "-c", "echo my leg hurts; exit 3"]`, limping, image)
	dockerSays(t, "rm", "--volumes", limping)
	defer dockerSays(t, "rmi", image)
	_, err := Open(t.Context(), Options{Image: image, Port: testPort, Dir: t.TempDir()})
	if err == nil {
		t.Fatal("it started")
	}
	for _, want := range []string{image, "exit status 3", "my leg hurts"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	noContainerLeft(t, image)
}

func TestContainerTakesAnotherPort(t *testing.T) {
	image := testImage(t, "port")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	asked := 0
	s, err := Open(t.Context(), Options{Image: image, Port: func() (int, error) {
		if asked++; asked == 1 {
			return taken.Addr().(*net.TCPAddr).Port, nil
		}
		return testPort()
	}})
	if err != nil || asked != 2 {
		t.Fatalf("asked for %d ports: %v", asked, err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestContainerOpenCancelled(t *testing.T) {
	image := testImage(t, "cancelled") // at the end it looks for what is left
	for _, after := range []time.Duration{1, 50, 200, 500} {
		ctx, cancel := context.WithTimeout(t.Context(), after*time.Millisecond)
		guardian := &recorder{}
		s, err := Open(ctx, Options{Image: image, Port: testPort, Guardian: guardian})
		cancel()
		if err == nil {
			err = s.Close(context.Background())
		}
		if len(guardian.told)%2 != 0 {
			t.Errorf("cancelled after %d ms (%v): the guardian was told %q", after, err, guardian.told)
		}
	}
}

func TestContainerVictim(t *testing.T) {
	died := make(chan error, 1)
	log := filepath.Join(t.TempDir(), "log")
	s := mustOpenContainer(t, Options{Image: testImage(t, "victim"), LogFile: log, Died: func(err error) { died <- err }})
	testVictim(t, s, "exit status 137")
	select {
	case err := <-died:
		t.Errorf("a death that was ordered was reported: %v", err)
	default:
	}
	// Three lives: the log tells of each, and of none twice.
	told, err := os.ReadFile(log)
	if starts := strings.Count(string(told), "ready for connections"); err != nil || starts != 3 {
		t.Errorf("the log tells of %d starts (%v)", starts, err)
	}
	if err := s.Victim().Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	dockerSays(t, "kill", s.Container().Name())
	if err := <-died; !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("reported as %v", err)
	}
}

func TestContainerSessions(t *testing.T) {
	testSessions(t, mustOpenContainer(t, Options{Image: testImage(t, "sessions")}))
}

func TestContainerDisk(t *testing.T) {
	image := testImage(t, "disk")
	if strings.HasPrefix(image, mariadbImage) {
		t.Skip("its data directory is part of the image, and a disk would hide it")
	}
	o := Options{Image: image, LogFile: filepath.Join(t.TempDir(), "log"), DiskBytes: DiskBytesMin}
	testDisk(t, mustOpenContainer(t, o))
	testDiskIsMortal(t, mustOpenContainer(t, o))
}

func mustOpenContainer(t *testing.T, o Options) *Server {
	t.Helper()
	o.Port = testPort
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}
