package reports

import (
	"bytes"
	"path/filepath"

	"flashsale/checker"
	"flashsale/internal/evidence"
)

// JUnitFile is the name of the JUnit report in the run directory.
const JUnitFile = "junit.xml"

// WriteAll writes the reports that are files into the run directory, each in one step: whoever opens one finds
// it whole, even while it is written again.
func WriteAll(runDir string, run *evidence.Run, v *checker.Verdict) error {
	var text bytes.Buffer
	if err := JUnit(&text, run, v); err != nil {
		return err
	}
	return evidence.WriteFile(filepath.Join(runDir, JUnitFile), text.Bytes())
}
