package checker

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"flashsale/internal/evidence"
)

// VerdictVersion is the version of verdict.json's layout.
const VerdictVersion = 1

// VerdictFile is the verdict's name in the run directory.
const VerdictFile = "verdict.json"

// Word is the answer of one check or threshold. In verdict.json these four words are values of `verdict`
// only, so that a search for them finds answers and nothing else.
type Word string

// The four answers.
const (
	Pass      Word = "pass"
	Fail      Word = "fail"
	Undecided Word = "undecided" // evidence missing or gapped, nothing exercised, the check crashed
	Skipped   Word = "skipped"   // the run never had the evidence; turns no exit code
)

// Exit codes of a verdict, worst first: broken beats undecided beats a missed threshold beats held.
const (
	ExitHeld      = 0
	ExitBroken    = 1
	ExitUndecided = 2
	ExitThreshold = 99
)

// Verdict is verdict.json: what the evidence of one run says about every promise.
type Verdict struct {
	Version    int               `json:"version"`
	RunID      string            `json:"run_id"`
	ExitCode   int               `json:"exit_code"`
	Reasons    []string          `json:"reasons"` // why the run as a whole is undecided, one line each
	Checks     []Result          `json:"checks"`  // in the order of Checks
	Thresholds []ThresholdResult `json:"thresholds"`
}

// Result is the answer of one check.
type Result struct {
	Name       string      `json:"name"`
	Promise    string      `json:"promise"`
	Verdict    Word        `json:"verdict"`
	Exercised  int64       `json:"exercised"` // how often the promise was put to the test
	Reason     string      `json:"reason,omitempty"`
	Expected   bool        `json:"expected,omitempty"` // the scenario expects this promise to be broken
	Violations []Violation `json:"violations"`
}

// Violation is one way in which a promise was broken, however often it happened.
type Violation struct {
	What       string      `json:"what"` // one sentence
	Count      int64       `json:"count"`
	First      Case        `json:"first"`
	Worst      Case        `json:"worst"`
	Operations []Operation `json:"operations"` // a few, which show the first case
	Commits    []Commit    `json:"commits"`    // a few, in the database's order
	Rows       []Row       `json:"rows"`       // of the final tables
}

// Case is one instance of a violation.
type Case struct {
	AtUS     int64             `json:"at_us,omitempty"` // database time, microseconds since the epoch
	AtNS     int64             `json:"at_ns,omitempty"` // client time, nanoseconds since the run's start
	IDs      map[string]int64  `json:"ids,omitempty"`
	Values   map[string]string `json:"values,omitempty"`
	Expected string            `json:"expected"`
	Found    string            `json:"found"`

	severity int64 // orders cases of one violation; the greatest is the worst
}

// ThresholdResult is the answer to one threshold of the scenario.
type ThresholdResult struct {
	Text    string  `json:"text"`
	Verdict Word    `json:"verdict"`
	Value   float64 `json:"value"` // in the threshold's unit: milliseconds, a share, a rate, a count
	Reason  string  `json:"reason,omitempty"`
}

// Operation is an operation as verdict.json shows it: named as in operations.parquet, without its zeros,
// and with the outcome `refused` instead of the file's `fail`.
type Operation evidence.Operation

// Commit is a commit as verdict.json shows it: {position, log, end, changes: [{table, before, after}]}, images
// named as in commits.parquet, without their zeros.
type Commit evidence.Commit

// Row is a row of one of the final tables; exactly one field is set.
type Row struct {
	Product *evidence.Product
	Hold    *evidence.Hold
	Order   *evidence.Order
	Event   *evidence.PaymentEvent
}

// Write writes verdict.json into the run directory dir, in one step.
func (v *Verdict) Write(dir string) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", VerdictFile, err)
	}
	return evidence.WriteFile(filepath.Join(dir, VerdictFile), append(text, '\n'))
}

// ReadVerdict reads verdict.json of the run directory dir.
func ReadVerdict(dir string) (*Verdict, error) {
	path := filepath.Join(dir, VerdictFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read verdict: %w", err)
	}
	v := new(Verdict)
	if err := json.Unmarshal(text, v); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if v.Version != VerdictVersion {
		return nil, fmt.Errorf("%s: version %d, this build reads %d", path, v.Version, VerdictVersion)
	}
	return v, nil
}
