package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"flashsale/internal/database"
)

// testImage names an image of this test's own, so that its containers can be told from other people's. It is
// what .ci/image builds; where that is not to be had, the test is skipped unless FLASHSALE_TEST_CONTAINER=1.
func testImage(t *testing.T, tag string) string {
	t.Helper()
	const built = "flashsale-test/mariadb"
	image := built + ":" + tag
	if out, err := exec.Command("docker", "tag", built, image).CombinedOutput(); err != nil {
		if os.Getenv("FLASHSALE_TEST_CONTAINER") == "1" {
			t.Fatalf("no image %s: %v: %s", built, err, out)
		}
		t.Skipf("no image %s (.ci/setup docker, .ci/image): %v: %s", built, err, out)
	}
	t.Cleanup(func() { dockerSays(t, "rmi", image) })
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

// containersOf names the containers made from an image, in whatever state they are.
func containersOf(t *testing.T, image string) []string {
	t.Helper()
	var names []string
	for line := range strings.Lines(dockerSays(t, "ps", "-a", "--format", "{{.Image}} {{.Names}}")) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), image+" "); ok {
			names = append(names, name)
		}
	}
	return names
}

func noContainerLeft(t *testing.T, image string) {
	t.Helper()
	if !within(10*time.Second, func() bool { return len(containersOf(t, image)) == 0 }) {
		t.Errorf("left behind: %v", containersOf(t, image))
	}
}

func TestKilledParentLeavesNoContainer(t *testing.T) {
	image := testImage(t, "killed")
	dir := isolate(t)
	t.Setenv("LABTEST_IMAGE", image)
	killed := hang(t, "")
	if got := containersOf(t, image); len(got) != 1 {
		t.Errorf("containers %v", got)
	}
	kill(t, killed)
	nothingLeft(t, dir, 10*time.Second)
	noContainerLeft(t, image)
}

func TestParentKilledWhileStartingLeavesNoContainer(t *testing.T) {
	image := testImage(t, "killed-early")
	for _, after := range []time.Duration{30, 60, 90, 150, 300, 600} {
		t.Run(fmt.Sprintf("after %d ms", after), func(t *testing.T) {
			dir := isolate(t)
			t.Setenv("LABTEST_IMAGE", image)
			ctx, cancel := context.WithTimeout(t.Context(), after*time.Millisecond)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0], "hang") // killed with SIGKILL when ctx ends
			if out, err := cmd.CombinedOutput(); ctx.Err() == nil {
				t.Errorf("it ended by itself: %v: %s", err, out)
			}
			nothingLeft(t, dir, 20*time.Second) // the keeper is gone: it has done what it could
			noContainerLeft(t, image)
		})
	}
}

func TestLabInAContainer(t *testing.T) {
	isolate(t)
	image, logs := testImage(t, "lab"), t.TempDir()
	for _, keep := range []bool{false, true} {
		l, err := Start(t.Context(), Options{Image: image, LogDir: logs, Keep: keep, Products: twoProducts()})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.Database().Source(); got != database.SourceContainer {
			t.Errorf("source %s", got)
		}
		if log := l.Logs()[0]; !strings.Contains(database.LogTail(log, quotedLines), "ready for connections") {
			t.Errorf("%s ends %s", log, database.LogTail(log, quotedLines))
		}
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
		left := containersOf(t, image)
		if kept := l.Kept(); (kept != "") != keep || (len(left) == 1) != keep {
			t.Errorf("keep %t: %v is left, and it says %q", keep, left, kept)
		}
		if keep {
			_, command, _ := strings.Cut(l.Kept(), "remove it:  docker ")
			dockerSays(t, strings.Fields(command)...)
		}
	}
	noContainerLeft(t, image)
}

func TestContainerThatDiesFailsTheLab(t *testing.T) {
	isolate(t)
	image := testImage(t, "dies-in-lab")
	l := start(t, Options{Image: image})
	dockerSays(t, "kill", containersOf(t, image)[0])
	await(t, l.Failed())
	if l.Err() == nil || !strings.Contains(l.Err().Error(), "exit status 137") {
		t.Errorf("reported as %v", l.Err())
	}
}
