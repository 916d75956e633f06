package synth

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

const small = 10_000 // operations

func made(t *testing.T, o Options) (dir string, run *evidence.Run) {
	t.Helper()
	dir = t.TempDir()
	run, err := Write(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, run
}

func judged(t *testing.T, dir string) *checker.Verdict {
	t.Helper()
	v, err := checker.Check(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAMadeUpSaleIsInnocent(t *testing.T) {
	for seed := range uint64(3) {
		dir, _ := made(t, Options{Operations: small, Seed: seed})
		v := judged(t, dir)
		if v.ExitCode != checker.ExitHeld || len(v.Reasons) > 0 {
			t.Errorf("seed %d: exit code %d, %v", seed, v.ExitCode, v.Reasons)
		}
		for _, r := range v.Checks {
			if r.Verdict != checker.Pass || r.Exercised == 0 {
				t.Errorf("seed %d: %s: %s, exercised %d, %s %+v", seed, r.Name, r.Verdict, r.Exercised, r.Reason, r.Violations)
			}
		}
	}
}

// A run is only worth judging if it has in it what a real one has.
func TestAMadeUpSaleHasEverythingInIt(t *testing.T) {
	dir, run := made(t, Options{Operations: 10 * small, Seed: 7})
	if n := run.Declared.Operations; n < 9*small || n > 11*small {
		t.Errorf("%d operations, asked for %d", n, 10*small)
	}
	seen := map[string]int{}
	read(t, dir, run, func(op *evidence.Operation) {
		seen[op.Kind+" "+op.Outcome]++
		seen[op.Problem]++
		seen["outcome "+op.GotOutcome]++
		if op.Attempt > 1 {
			seen["retry"]++
		}
		if op.Replayed {
			seen["replay"]++
		}
		if op.Kind == evidence.SendWebhook && op.Outcome == evidence.OK && !op.GotHandled {
			seen["already processed"]++
		}
		if op.Phase == evidence.PhaseFinal {
			seen["final read"]++
		}
	})
	largest := 0
	err := evidence.ReadCommits(dir, run.ID, func(batch []evidence.Commit) error {
		for _, c := range batch {
			largest = max(largest, len(c.Changes))
			for _, change := range c.Changes {
				seen[change.Table+" "+change.Before.Status+" to "+change.After.Status]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"read-product ok", "read-hold ok", "read-order ok", "hold ok", "order ok", "webhook ok",
		"hold fail", "order fail", "webhook fail", "hold unknown", "order unknown", "webhook unknown",
		"not-enough-stock", "hold-expired", "hold-already-used", "idempotency-key-reused", "not-found", "overloaded",
		"invalid-signature", "outcome paid", "outcome canceled", "outcome refund_due", "outcome ignored",
		"retry", "replay", "already processed", "final read",
		"holds  to active", "holds active to used", "holds used to completed", "holds active to expired",
		"holds used to expired", "holds used to canceled", "orders pending to paid", "orders pending to canceled",
		"payment_events  to ", "products  to ",
	} {
		if seen[want] == 0 {
			t.Errorf("there is no %q", want)
		}
	}
	if largest < 30 {
		t.Errorf("the largest commit changes %d rows: that is no group commit", largest)
	}
}

func TestASeedGivesTheSameFiles(t *testing.T) {
	sums := func(seed uint64) map[string][32]byte {
		dir, _ := made(t, Options{Operations: OperationsMin, Seed: seed})
		all := map[string][32]byte{}
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			rel, _ := filepath.Rel(dir, path)
			all[rel] = sha256.Sum256(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	first, again, other := sums(1), sums(1), sums(2)
	if len(first) != 11 || !maps.Equal(first, again) {
		t.Errorf("one seed, two runs:\n%v\n%v", slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(again)))
	}
	if first[evidence.OperationsFile] == other[evidence.OperationsFile] {
		t.Error("two seeds, one run")
	}
}

func TestWriteEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := Write(ctx, dir, Options{Operations: small}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := evidence.ReadRun(dir); !errors.Is(err, evidence.ErrMissing) {
		t.Errorf("half a run has a run.json: %v", err)
	}
	if _, err := Write(t.Context(), t.TempDir(), Options{Operations: OperationsMin - 1}); err == nil {
		t.Error("a sale too small to judge was made up")
	}
}

func read(t *testing.T, dir string, run *evidence.Run, each func(*evidence.Operation)) {
	t.Helper()
	err := evidence.ReadOperations(dir, run.ID, func(batch []evidence.Operation) error {
		for i := range batch {
			each(&batch[i])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
