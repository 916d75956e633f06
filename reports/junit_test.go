package reports

import (
	"bytes"
	"encoding/xml"
	"testing"

	"flashsale/checker"
)

func TestJUnit(t *testing.T) {
	tests := []struct {
		file                             string
		fixture                          func() (*bytes.Buffer, error)
		tests, failures, errors, skipped int
	}{
		{"passing.xml", func() (*bytes.Buffer, error) {
			run, v, _ := passingRun()
			out := new(bytes.Buffer)
			return out, JUnit(out, run, v)
		}, 8, 0, 0, 2},
		{"broken.xml", func() (*bytes.Buffer, error) {
			run, v, _ := brokenRun()
			out := new(bytes.Buffer)
			return out, JUnit(out, run, v)
		}, 11, 3, 4, 2},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			out, err := test.fixture()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.file, out.Bytes())
			var read junitSuites
			if err := xml.Unmarshal(out.Bytes(), &read); err != nil {
				t.Fatal(err)
			}
			got := [4]int{read.Tests, read.Failures, read.Errors, read.Skipped}
			if want := [4]int{test.tests, test.failures, test.errors, test.skipped}; got != want {
				t.Errorf("tests, failures, errors, skipped are %v, want %v", got, want)
			}
		})
	}
}

func TestJUnitSurvivesAnyText(t *testing.T) {
	run, v, _ := brokenRun()
	v.Checks[0].Violations[0].First.Found = "key \x00\x1b[31m\xff ]]> <&\">"
	var out bytes.Buffer
	if err := JUnit(&out, run, v); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(out.Bytes(), new(junitSuites)); err != nil {
		t.Errorf("what the run contained breaks the report: %v", err)
	}
}

func TestUndecidedRunIsNotGreen(t *testing.T) {
	run, v, _ := passingRun()
	v.ExitCode, v.Reasons = checker.ExitUndecided, []string{"the run was interrupted"}
	var out bytes.Buffer
	if err := JUnit(&out, run, v); err != nil {
		t.Fatal(err)
	}
	var read junitSuites
	if err := xml.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if read.Errors != 1 {
		t.Errorf("%d errors, want 1 for the interruption", read.Errors)
	}
}
