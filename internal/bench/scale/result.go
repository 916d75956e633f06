package scale

import "flashsale/internal/bench"

// Result is what the sweeps measured.
type Result struct {
	Machine     bench.Machine `json:"machine"`
	Connections int           `json:"connections"`
	Seconds     float64       `json:"measure_seconds"` // per point and round
	Sweeps      []Sweep       `json:"sweeps"`
}

// Sweep is how the server's speed changed with one setting.
type Sweep struct {
	Name        string  `json:"name"`
	Setting     string  `json:"setting"` // what was varied, in the plural, which ends in s
	Title       string  `json:"title"`
	Explanation string  `json:"explanation"` // one sentence, of what was measured
	Curves      []Curve `json:"curves"`
}

// Curve is one kind of work, done at every point.
type Curve struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
}

// Point is what the rounds measured at one setting. What is said of commits comes from the server's metrics and
// is 0 where there were none.
type Point struct {
	Setting   int64        `json:"setting"`
	PerSecond bench.Spread `json:"per_second"` // requests that were answered, all of them with success
	P50       bench.Spread `json:"p50_ms"`
	P99       bench.Spread `json:"p99_ms"`
	VsFirst   float64      `json:"vs_first"` // speed as a multiple of the first point's: the median of the rounds' ratios

	CommandsPerCommit float64 `json:"commands_per_commit"`
	CommitsPerSecond  float64 `json:"commits_per_second"`
	TransactionMS     float64 `json:"transaction_ms"`
	// CommitsPerGroup is how many commits shared one write of the binary log; 0: the database does not count them.
	CommitsPerGroup float64 `json:"commits_per_group"`

	Rounds []Figures `json:"rounds"`
}

// Figures are what one round measured at one point.
type Figures struct {
	PerSecond         float64 `json:"per_second"`
	P50               float64 `json:"p50_ms"`
	P99               float64 `json:"p99_ms"`
	CommandsPerCommit float64 `json:"commands_per_commit"`
	TransactionMS     float64 `json:"transaction_ms"`
	CommitsPerGroup   float64 `json:"commits_per_group"`
}

// summarize fills in what follows from the rounds.
func (c *Curve) summarize() {
	for i := range c.Points {
		p := &c.Points[i]
		of := func(figure func(Figures) float64) bench.Spread {
			values := make([]float64, len(p.Rounds))
			for n, f := range p.Rounds {
				values[n] = figure(f)
			}
			return *bench.SpreadOf(values)
		}
		p.PerSecond = of(func(f Figures) float64 { return f.PerSecond })
		p.P50, p.P99 = of(func(f Figures) float64 { return f.P50 }), of(func(f Figures) float64 { return f.P99 })
		p.CommandsPerCommit = of(func(f Figures) float64 { return f.CommandsPerCommit }).Median
		p.CommitsPerSecond = of(func(f Figures) float64 { return share(f.PerSecond, f.CommandsPerCommit) }).Median
		p.TransactionMS = of(func(f Figures) float64 { return f.TransactionMS }).Median
		p.CommitsPerGroup = of(func(f Figures) float64 { return f.CommitsPerGroup }).Median
		p.VsFirst = speedRatio(*p, c.Points[0])
	}
}

// speedRatio is the median of the rounds' ratios of one point's speed to another's.
func speedRatio(a, b Point) float64 {
	ratios := make([]float64, len(a.Rounds))
	for i := range a.Rounds {
		ratios[i] = share(a.Rounds[i].PerSecond, b.Rounds[i].PerSecond)
	}
	return bench.SpreadOf(ratios).Median
}

// share is a/b, and 0 where there is no b to speak of.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
