package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"flashsale/checker"
	"flashsale/internal/evidence"
	"flashsale/reports/wording"
)

// The JUnit format as build servers read it: a broken promise is a failure, an undecided one an error (the run
// could not tell), a skipped one skipped.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    string       `xml:"time,attr"`
		Failure *junitDetail `xml:"failure"`
		Error   *junitDetail `xml:"error"`
		Skipped *junitDetail `xml:"skipped"`
		Output  string       `xml:"system-out,omitempty"`
	}
	junitDetail struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",cdata"`
	}
)

// JUnit writes the verdict as JUnit XML: a test case for every check, threshold and fault, and one for the run as a
// whole, so that a run which ends undecided for a reason of its own never looks green.
func JUnit(w io.Writer, run *evidence.Run, v *checker.Verdict) error {
	report := junitSuites{Name: "flashsale", Time: seconds(run.ElapsedNS)}
	report.add(newSuite("promises", run, promiseCases(run, v)))
	if len(v.Thresholds) > 0 {
		report.add(newSuite("thresholds", run, thresholdCases(run, v)))
	}
	if len(run.Faults) > 0 {
		report.add(newSuite("faults", run, faultCases(run)))
	}
	report.add(newSuite("run", run, []junitCase{runCase(run, v)}))
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write junit: %w", err)
	}
	return nil
}

func (r *junitSuites) add(s junitSuite) {
	r.Tests += s.Tests
	r.Failures += s.Failures
	r.Errors += s.Errors
	r.Skipped += s.Skipped
	r.Suites = append(r.Suites, s)
}

func newSuite(name string, run *evidence.Run, cases []junitCase) junitSuite {
	s := junitSuite{
		Name: name, Tests: len(cases), Cases: cases, Time: seconds(run.ElapsedNS),
		Timestamp: run.StartedAt.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"run", run.ID}, {"scenario", run.Scenario}, {"seed", strconv.FormatUint(run.Seed, 10)},
			{"plan_sha256", run.PlanHash}, {"server", run.Server.Kind},
			{"without", strings.Join(run.Server.Without, ",")}, {"database", run.Database.Version},
			{"repeat", wording.RepeatCommand(run)},
		},
	}
	for i := range cases {
		switch c := &cases[i]; {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

func promiseCases(run *evidence.Run, v *checker.Verdict) []junitCase {
	var cases []junitCase
	for i := range v.Checks {
		c := &v.Checks[i]
		message, text := c.Reason, ""
		if c.Verdict == checker.Fail {
			message, text = c.Promise, plainCheck(run, c)
		}
		cases = append(cases, newCase(run, c.Name, c.Verdict, message, text))
	}
	return cases
}

// plainCheck is a check as the terminal shows it, without colours.
func plainCheck(run *evidence.Run, c *checker.Result) string {
	var text bytes.Buffer
	p := newScreen(&text, false)
	p.tell = wording.NewNarrator(run)
	p.check(c)
	// A buffer takes every byte: there is no error to tell of.
	_ = p.Flush()
	return text.String()
}

func thresholdCases(run *evidence.Run, v *checker.Verdict) []junitCase {
	var cases []junitCase
	for i := range v.Thresholds {
		t := &v.Thresholds[i]
		message := t.Reason
		if message == "" {
			message = "measured " + wording.Measured(t, run)
		}
		cases = append(cases, newCase(run, t.Text, t.Verdict, message, ""))
	}
	return cases
}

// faultCases tell what was done to the system, and whether it proves anything: a fault that did not bite does not.
func faultCases(run *evidence.Run) []junitCase {
	var cases []junitCase
	for i, h := range wording.Harms(run) {
		f, verdict := run.Faults[i], checker.Pass
		if !h.Proves() {
			verdict = checker.Undecided
		}
		c := newCase(run, fmt.Sprintf("fault %d: %s on %s", h.Number, h.Name(), h.Victim()), verdict, h.Sentence(), "")
		c.Time = seconds(f.Over(run.ElapsedNS) - f.Injected)
		if verdict == checker.Pass {
			c.Output = h.Sentence()
		}
		cases = append(cases, c)
	}
	return cases
}

// runCase stands for what no single check can say: the evidence as a whole is fit to be judged.
func runCase(run *evidence.Run, v *checker.Verdict) junitCase {
	verdict := checker.Pass
	if len(v.Reasons) > 0 {
		verdict = checker.Undecided
	}
	return newCase(run, "evidence-is-whole", verdict, strings.Join(v.Reasons, "; "), "")
}

func newCase(run *evidence.Run, name string, verdict checker.Word, message, text string) junitCase {
	c := junitCase{Class: "flashsale." + run.Scenario, Name: name, Time: "0"}
	detail := &junitDetail{Message: message, Text: text}
	switch verdict {
	case checker.Pass:
	case checker.Fail:
		c.Failure = detail
	case checker.Skipped:
		c.Skipped = detail
	default:
		c.Error = detail
	}
	return c
}

func seconds(ns int64) string {
	return strconv.FormatFloat(time.Duration(ns).Seconds(), 'f', 3, 64)
}
