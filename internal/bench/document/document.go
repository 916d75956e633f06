// Package document writes the page about performance from what the benchmarks measured. Every figure on it comes from
// their JSON files, and so do its plots; what a file would have said that is not there, the page says is not measured.
package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"flashsale/internal/bench"
	"flashsale/internal/bench/overload"
	"flashsale/internal/bench/scale"
	"flashsale/internal/evidence"
	"flashsale/reports"
	"flashsale/reports/plots"
)

// Results are what the benchmarks measured; nil: that one was not run.
type Results struct {
	Server    *bench.ServerResult
	MySQL     *bench.ServerResult // the same on MySQL
	Simulator *bench.SimulatorResult
	Checker   *bench.CheckerResult
	Scale     *scale.Result
	Overload  *overload.Result

	Machine     bench.Machine // that all were measured on, as the first of them describes it
	First, Last time.Time     // when the machine was asked, by the first benchmark and by the last
}

// When is the day on which all was measured, or from which day to which.
func (r *Results) When() string {
	first, last := r.First.Format(time.DateOnly), r.Last.Format(time.DateOnly)
	if first == last {
		return first
	}
	return first + " to " + last
}

// ErrNothing says that no benchmark has left its result in the directory.
var ErrNothing = errors.New("no result of a benchmark")

// Load reads the results of a directory: server.json, server-mysql.json, simulator.json, checker.json, scale.json and
// overload.json, as far as they are there. They must come from one machine, because a reader will compare them.
func Load(dir string) (*Results, error) {
	r := &Results{}
	var found []string
	for _, file := range []struct {
		name string
		into func() (any, *bench.Machine)
	}{
		{"server.json", func() (any, *bench.Machine) { r.Server = &bench.ServerResult{}; return r.Server, &r.Server.Machine }},
		{"server-mysql.json", func() (any, *bench.Machine) { r.MySQL = &bench.ServerResult{}; return r.MySQL, &r.MySQL.Machine }},
		{"simulator.json", func() (any, *bench.Machine) {
			r.Simulator = &bench.SimulatorResult{}
			return r.Simulator, &r.Simulator.Machine
		}},
		{"checker.json", func() (any, *bench.Machine) { r.Checker = &bench.CheckerResult{}; return r.Checker, &r.Checker.Machine }},
		{"scale.json", func() (any, *bench.Machine) { r.Scale = &scale.Result{}; return r.Scale, &r.Scale.Machine }},
		{"overload.json", func() (any, *bench.Machine) { r.Overload = &overload.Result{}; return r.Overload, &r.Overload.Machine }},
	} {
		text, err := os.ReadFile(filepath.Join(dir, file.name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		result, machine := file.into()
		if err := json.Unmarshal(text, result); err != nil {
			return nil, fmt.Errorf("%s is not the result of that benchmark: %w", filepath.Join(dir, file.name), err)
		}
		if len(found) == 0 {
			r.Machine, r.First, r.Last = *machine, machine.MeasuredAt, machine.MeasuredAt
		} else if machine.CPU != r.Machine.CPU || machine.Cores != r.Machine.Cores {
			return nil, fmt.Errorf("%s was measured on another machine than %s: run both benchmarks on one", file.name, found[0])
		}
		if machine.MeasuredAt.Before(r.First) {
			r.First = machine.MeasuredAt
		}
		if machine.MeasuredAt.After(r.Last) {
			r.Last = machine.MeasuredAt
		}
		found = append(found, file.name)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w in %s: run make performance", ErrNothing, dir)
	}
	return r, nil
}

// Figures are the page's plots.
func (r *Results) Figures() []plots.Figure {
	var all []plots.Figure
	if r.Server != nil {
		all = append(all, r.Server.Plot().Figure())
	}
	if r.Simulator != nil {
		all = append(all, r.Simulator.Plot().Figure())
	}
	if r.Checker != nil {
		all = append(all, r.Checker.Plot().Figure())
	}
	if r.Scale != nil {
		for i := range r.Scale.Sweeps {
			all = append(all, r.Scale.Sweeps[i].Plot().Figure())
		}
	}
	if r.Overload != nil {
		all = append(all, r.Overload.Plots()...)
	}
	return all
}

// Write writes the page, and its plots into the directory images beside it.
func (r *Results) Write(page string) error {
	var text bytes.Buffer
	if err := r.Render(&text); err != nil {
		return err
	}
	images := filepath.Join(filepath.Dir(page), imagesDir)
	if err := os.MkdirAll(images, 0o755); err != nil {
		return err
	}
	for _, figure := range r.Figures() {
		if err := reports.WritePicture(images, figure); err != nil {
			return err
		}
	}
	return evidence.WriteFile(page, text.Bytes())
}
