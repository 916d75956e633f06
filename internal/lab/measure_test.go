package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// eat takes so many MiB, says so, and exits with a status.
func eat(args []string) error {
	size, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	status, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	fmt.Println("ate", len(filled(size))>>20)
	os.Exit(status)
	return nil
}

// filled is so many MiB that are really there.
func filled(size int) []byte {
	bytes := make([]byte, size<<20)
	for i := 0; i < len(bytes); i += 4096 { // a page has at least so many
		bytes[i] = 1
	}
	return bytes
}

func TestMeasureTellsWhatAProgramTook(t *testing.T) {
	log := filepath.Join(t.TempDir(), "eat.log")
	ours := filled(300) // which must not be counted
	small, err := Measure(t.Context(), "", log, "eat", "1", "0")
	if err != nil {
		t.Fatal(err)
	}
	large, err := Measure(t.Context(), "", log, "eat", "200", "2")
	if err != nil {
		t.Fatal(err)
	}
	if small.ExitCode != 0 || large.ExitCode != 2 {
		t.Errorf("exit codes %d and %d", small.ExitCode, large.ExitCode)
	}
	if more := (large.PeakBytes - small.PeakBytes) >> 20; more < 150 {
		t.Errorf("199 MiB more took %d MiB more", more)
	}
	if small.PeakBytes >= int64(len(ours)) {
		t.Errorf("a small program took %d MiB, its starter %d", small.PeakBytes>>20, len(ours)>>20)
	}
	if large.CPU <= 0 || large.Wall <= 0 {
		t.Errorf("took %+v", large)
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != "ate 1\nate 200\n" {
		t.Errorf("log %q, %v", text, err)
	}
}

func TestMeasureEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	t.Setenv("LABTEST_NEVER_READY", "1")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Measure(ctx, "", "", "serve", "--webhook-secret-file", secret)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
