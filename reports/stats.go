package reports

import (
	"flashsale/internal/evidence"
	"flashsale/reports/measure"
)

// Stats are the figures and plots' data of a run; see package measure.
type Stats = measure.Stats

// Measure reads a run's evidence once for every report; see package measure.
func Measure(runDir string, run *evidence.Run) (Stats, error) { return measure.Run(runDir, run) }
