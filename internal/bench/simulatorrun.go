package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"flashsale/internal/database"
	"flashsale/internal/lab"
)

// findPrograms looks for the load generators on PATH. Ours comes first.
func findPrograms() []SimulatorProgram {
	programs := []SimulatorProgram{{Name: simulatorName}}
	for _, g := range generators() {
		p := SimulatorProgram{Name: g.name, arguments: g.arguments}
		var err error
		if p.path, err = exec.LookPath(g.name); err != nil {
			p.Missing = "not on PATH; " + g.get
		}
		programs = append(programs, p)
	}
	return programs
}

// simulatorBench is a measurement while it goes on.
type simulatorBench struct {
	o        SimulatorOptions
	lab      *lab.Lab
	post     post
	programs []SimulatorProgram
	rates    map[string]float64 // of the closed loops, by name, when last measured
}

// run warms up with a second of each load generator, which also says how fast ours is to send, and then measures. The
// order is rotated from round to round, so that nobody always comes first.
func (s *simulatorBench) run(ctx context.Context) (*SimulatorResult, error) {
	warm := s.post
	warm.seconds = 1
	for i := range s.programs {
		if s.programs[i].arguments == nil || s.programs[i].Missing != "" {
			continue
		}
		if _, err := s.measure(ctx, i, warm); err != nil {
			return nil, err
		}
	}
	result := &SimulatorResult{Machine: ThisMachine(), Connections: s.post.connections, Seconds: s.post.seconds}
	for n := range s.o.Rounds {
		round := SimulatorRound{}
		for turn := range s.programs {
			i := (turn + n) % len(s.programs)
			p := &s.programs[i]
			if p.Missing != "" {
				continue
			}
			figures, err := s.measure(ctx, i, s.post)
			if err != nil {
				return nil, err
			}
			round[p.Name] = figures
			s.o.Report(fmt.Sprintf("round %d  %-10s %6.1f us/request  %8.0f requests/s", n+1, p.Name, figures.microseconds(),
				float64(figures.Requests)/float64(s.post.seconds)))
		}
		result.Rounds = append(result.Rounds, round)
	}
	result.Programs = s.programs
	result.summarize()
	return result, nil
}

// measure runs one program once.
func (s *simulatorBench) measure(ctx context.Context, i int, work post) (SimulatorFigures, error) {
	program, err := s.program(i, work)
	if err != nil {
		return SimulatorFigures{}, err
	}
	before, err := s.granted(ctx)
	if err != nil {
		return SimulatorFigures{}, err
	}
	cost, err := lab.MeasureProgram(ctx, s.o.Binary, program)
	if err != nil {
		return SimulatorFigures{}, err
	}
	p := &s.programs[i]
	if cost.ExitCode != 0 {
		return SimulatorFigures{}, fmt.Errorf("%s ended with exit code %d:\n%s", p.Name, cost.ExitCode,
			database.LogTail(program.LogFile, quotedLines))
	}
	after, err := s.granted(ctx)
	if err != nil {
		return SimulatorFigures{}, err
	}
	figures := SimulatorFigures{Requests: after - before, CPUSeconds: cost.CPU.Seconds(), Seconds: cost.Wall.Seconds()}
	if figures.Requests == 0 {
		return SimulatorFigures{}, fmt.Errorf("%s got nothing granted:\n%s", p.Name, database.LogTail(program.LogFile, quotedLines))
	}
	if p.arguments != nil {
		s.rates[p.Name] = float64(figures.Requests) / float64(work.seconds)
		return figures, nil
	}
	figures.Stormed, err = readStormed(program.LogFile)
	return figures, err
}

// program is what to run, with a log of its own.
func (s *simulatorBench) program(i int, work post) (database.Program, error) {
	p := &s.programs[i]
	program := database.Program{Path: p.path, LogFile: work.file(p.Name + ".log")}
	if p.arguments != nil {
		program.Args = p.arguments(work)
		work.url, work.dir = "URL", ""
		p.Command = commandLine(p.Name, p.arguments(work))
	} else {
		own, err := s.ownProgram()
		if err != nil {
			return program, err
		}
		storm := StormOptions{Target: s.lab.URLs()[0], Product: benchProduct().ID, Rate: s.rate(), Measure: s.o.Measure,
			Connections: s.o.Connections}
		program.Path, program.Args = own, storm.Arguments()
		storm.Target = "URL"
		p.Command = commandLine(simulatorName, storm.Arguments())
	}
	return program, os.WriteFile(program.LogFile, nil, 0o644)
}

func (s *simulatorBench) ownProgram() (string, error) {
	if s.o.Binary != "" {
		return s.o.Binary, nil
	}
	return os.Executable()
}

// rate is how fast our simulator is to send, in round figures. It goes by what the machine has allowed lately.
func (s *simulatorBench) rate() float64 {
	fastest := 0.0
	for _, rate := range s.rates {
		fastest = max(fastest, rate)
	}
	switch {
	case s.o.Rate != 0:
		return s.o.Rate
	case fastest != 0:
		return max(1, float64(int(RateShare*fastest)/100*100))
	}
	return rateAlone
}

// grantedSeries is the counter of the server's metrics that tells how many holds it has granted.
const grantedSeries = `flashsale_requests_total{operation="hold",status="201"}`

// granted asks the server how many holds it has granted so far.
func (s *simulatorBench) granted(ctx context.Context) (int64, error) {
	values, err := lab.ReadSeries(ctx, s.lab.AdminURLs()[0]+"/metrics", grantedSeries)
	return int64(values[grantedSeries]), err
}

// commandLine writes a command for people to read.
func commandLine(name string, args []string) string {
	words := []string{name}
	for _, a := range args {
		if strings.ContainsAny(a, " {}\"") {
			a = "'" + a + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
