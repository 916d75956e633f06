package overload

import (
	"fmt"
	"slices"
	"time"
)

// Options set the experiment up.
type Options struct {
	DSN         string        // database server to use; empty: a private one
	Image       string        // run the private one in a container of this image
	CommitDelay time.Duration // by which every commit is slowed down
	BatchMax    int           // commands in one transaction: with the delay, it caps the capacity
	Multiples   []float64     // of the capacity: the steps of the offered load, ascending
	Recovery    float64       // multiple of the capacity at which the commits become slow and fast again
	Rounds      int           // each makes every step and the recovery once
	Measure     time.Duration // of each step; all else takes its time in proportion
	Connections int           // at most; an arrival that finds none free is sent late
	Report      func(line string)
}

// Defaults is the experiment that the documentation shows.
func Defaults() Options {
	return Options{
		CommitDelay: 100 * time.Millisecond, BatchMax: 128, Multiples: []float64{0.5, 0.8, 1, 1.5, 2, 3}, Recovery: 3,
		Rounds: 3, Measure: 3 * time.Second, Connections: 8192,
	}
}

// warmUp comes before each step is measured: the queue takes its time to fill.
func (o Options) warmUp() time.Duration { return o.Measure / 2 }

// fast is how long the recovery's load meets fast commits, before and after the slow ones.
func (o Options) fast() time.Duration { return 3 * o.Measure / 4 }

// slow is how long it meets slow ones.
func (o Options) slow() time.Duration { return 5 * o.Measure / 4 }

// ConnectionsMax bounds the connections of one load.
const ConnectionsMax = 16384

// Validate says what is wrong with options, in the words of the command's flags, or nil.
func (o Options) Validate() error {
	switch {
	case o.CommitDelay < time.Millisecond || o.CommitDelay > time.Second:
		return fmt.Errorf("--commit-delay %s: from 1ms to 1s", o.CommitDelay)
	case o.BatchMax < 1 || o.BatchMax > 4096:
		return fmt.Errorf("--batch-max %d: from 1 to 4096", o.BatchMax)
	case o.Rounds < 1 || o.Rounds > 1000:
		return fmt.Errorf("--rounds %d: from 1 to 1000", o.Rounds)
	case o.Measure < windowWidth || o.Measure > time.Hour:
		return fmt.Errorf("--measure %s: from %s to 1h", o.Measure, windowWidth)
	case o.Connections < 1 || o.Connections > ConnectionsMax:
		return fmt.Errorf("--connections %d: from 1 to %d", o.Connections, ConnectionsMax)
	case len(o.Multiples) == 0 || o.Multiples[0] < 0.01 || o.Multiples[len(o.Multiples)-1] > 100 || !slices.IsSorted(o.Multiples):
		return fmt.Errorf("--loads %v: from 0.01 to 100, rising", o.Multiples)
	}
	return nil
}
