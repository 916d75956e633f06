package fault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"flashsale/scenarios"
)

// script is a system that does nothing but write down what it is told, and say what the test has it say. That real
// victims say such things, the tests of internal/trial see to.
type script struct {
	calls []string

	broken     map[string]error // what is answered to these calls
	end        string           // how a process ends
	knock      error            // what whoever knocks at a process meets
	stopped    bool
	off        time.Duration
	cuts       int64
	unanswered int64
	refused    int64
	left       int64
	complaint  string
	took       time.Duration // of a knock along a road
	roadKnock  error
	sweepless  bool
}

func (s *script) note(call string) error {
	s.calls = append(s.calls, call)
	return s.broken[call]
}

func (s *script) system() System {
	server := func(n string) Server {
		return Server{
			Process: part{s, "server" + n}, Pauser: part{s, "server" + n}, Drainer: part{s, "server" + n},
			Clock: part{s, "clock" + n}, Sweeps: part{s, "sweeps" + n},
			Database: road{s, "database road" + n}, Clients: road{s, "client road" + n},
		}
	}
	database := part{s, "database"}
	return System{
		Servers:  []Server{server("0"), server("1")},
		Database: Database{Process: database, Pauser: database, Sessions: database, Disk: database, Commit: database.Commit},
		Clients:  s,
	}
}

func (s *script) Unanswered() int64 { return s.unanswered }

type part struct {
	*script
	name string
}

func (p part) Kill(context.Context) (string, error)  { return p.end, p.note(p.name + " kill") }
func (p part) Drain(context.Context) (string, error) { return p.end, p.note(p.name + " drain") }
func (p part) Start(context.Context) error           { return p.note(p.name + " start") }
func (p part) Knock(context.Context) error           { return p.knock }
func (p part) Pause(context.Context) error           { return p.note(p.name + " pause") }
func (p part) Resume(context.Context) error          { return p.note(p.name + " resume") }
func (p part) State(context.Context) (string, bool, error) {
	return "T (stopped)", p.stopped, nil
}
func (p part) Set(_ context.Context, by time.Duration) error {
	return p.note(fmt.Sprint(p.name, " ", by))
}
func (p part) Off(context.Context) (time.Duration, error) { return p.off, nil }
func (p part) Ambush(ctx context.Context, strike func()) error {
	if p.sweepless {
		<-ctx.Done()
		return ctx.Err()
	}
	strike()
	return p.note(p.name + " pass on")
}
func (p part) Exhaust(context.Context) error          { return p.note(p.name + " exhaust") }
func (p part) Release(context.Context) error          { return p.note(p.name + " release") }
func (p part) Refused(context.Context) (int64, error) { return p.refused, nil }
func (p part) Fill(context.Context) error             { return p.note(p.name + " fill") }
func (p part) Free(context.Context) error             { return p.note(p.name + " free") }
func (p part) Commit(context.Context) error           { return p.note(p.name + " commit") }
func (p part) Full(context.Context) (int64, string, error) {
	return p.left, p.complaint, nil
}

type road struct {
	*script
	name string
}

func (r road) Slow(latency, jitter time.Duration) {
	_ = r.note(fmt.Sprint(r.name, " slow ", latency, " ", jitter))
}
func (r road) Block(blocked bool) { _ = r.note(fmt.Sprint(r.name, " block ", blocked)) }
func (r road) Cut(c Cut)          { _ = r.note(fmt.Sprint(r.name, " cut ", c)) }
func (r road) Cuts() int64        { return r.cuts }
func (r road) Knock(context.Context) (time.Duration, error) {
	return r.took, r.roadKnock
}

var order = Order{
	Server: 1, For: time.Second, Latency: 100 * time.Millisecond, Jitter: time.Millisecond, Share: 0.5,
	By: -3 * time.Hour, Seed: 7,
}

func ordered(t *testing.T, kind string, s *script) Fault {
	t.Helper()
	o := order
	o.Kind = kind
	f, err := New(o, s.system())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestKindsAreTheScenarios(t *testing.T) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
		if k.Why == "" || strings.HasSuffix(k.Why, ".") {
			t.Errorf("%s: why %q", k.Name, k.Why)
		}
		if found, ok := Lookup(k.Name); !ok || found.Name != k.Name {
			t.Errorf("%s is not found", k.Name)
		}
	}
	if want := scenarios.FaultKinds(); !slices.Equal(names, want) {
		t.Errorf("kinds are %v, scenarios know %v", names, want)
	}
}

// life is one fault from beginning to end: what its victim shows, what is said of that, what was done to whom.
type life struct {
	kind, victim string
	shows        func(*script) // what the victim shows once it was harmed; before, it shows nothing
	sign         string
	calls        []string
}

// What whoever knocks may meet.
var (
	errSilent  = fmt.Errorf("read: %w", os.ErrDeadlineExceeded)
	errRefused = fmt.Errorf("dial: %w", syscall.ECONNREFUSED)
	errReset   = fmt.Errorf("read: %w", syscall.ECONNRESET)
	errTooMany = errors.New("error 1040: Too many connections")
)

func crashed(s *script) { s.knock = errRefused }

func frozen(s *script) { s.stopped, s.knock = true, errSilent }

func lives() []life {
	cut := func(s *script) { s.cuts, s.unanswered = s.cuts+3, s.unanswered+2 }
	slow := func(s *script) { s.took = 210 * time.Millisecond }
	silent := func(s *script) { s.roadKnock = context.DeadlineExceeded }
	return []life{
		{"server-kill", "server-1", crashed, "signal: killed; connection refused", []string{"server1 kill", "server1 start"}},
		{"server-pause", "server-1", frozen, "state T (stopped); no answer within 300ms",
			[]string{"server1 pause", "server1 resume"}},
		{"rolling-restart", "servers", func(*script) {}, "2 ended with exit status 0; another answers in place of each",
			[]string{"server0 drain", "server0 start", "server1 drain", "server1 start"}},
		{"server-clock", "server-1", func(s *script) { s.off = -3*time.Hour + time.Second },
			"by its own account its clock is 2h59m59s slow", []string{"clock1 -3h0m0s", "clock1 0s"}},
		{"sweep-kill", "server-1", crashed, "in mid-sweep; signal: killed; connection refused",
			[]string{"server1 kill", "sweeps1 pass on", "server1 start"}},
		{"database-kill", "database", crashed, "signal: killed; connection refused", []string{"database kill", "database start"}},
		{"database-pause", "database", frozen, "state T (stopped); no answer within 300ms",
			[]string{"database pause", "database resume"}},
		{"database-connections", "database", func(s *script) { s.refused, s.knock = s.refused+3, errTooMany },
			"too many connections; 2 refused", []string{"database exhaust", "database release"}},
		{"disk-full", "database", func(s *script) { s.left, s.complaint = 0, "Disk is full" }, "0 bytes left; Disk is full",
			[]string{"database fill", "database free", "database commit"}},
		{"database-latency", "road server-1 to database", slow, "an answer took 210ms",
			[]string{"database road1 slow 100ms 1ms", "database road1 slow 0s 0s"}},
		{"database-partition", "road server-1 to database", silent, "no answer within 300ms",
			[]string{"database road1 block true", "database road1 block false"}},
		{"commit-lost", "road server-1 to database", cut, "connections cut: 3",
			[]string{"database road1 cut {1 0.5 7}", "database road1 cut {0 0 0}"}},
		{"commit-unanswered", "road server-1 to database", cut, "connections cut: 3",
			[]string{"database road1 cut {2 0.5 7}", "database road1 cut {0 0 0}"}},
		{"client-latency", "road clients to server-1", slow, "an answer took 210ms",
			[]string{"client road1 slow 100ms 1ms", "client road1 slow 0s 0s"}},
		{"client-partition", "road clients to server-1", silent, "no answer within 300ms",
			[]string{"client road1 block true", "client road1 block false"}},
		{"request-lost", "road clients to server-1", cut, "connections cut: 3; calls unanswered: 2",
			[]string{"client road1 cut {1 0.5 7}", "client road1 cut {0 0 0}"}},
		{"answer-lost", "road clients to server-1", cut, "connections cut: 3; calls unanswered: 2",
			[]string{"client road1 cut {2 0.5 7}", "client road1 cut {0 0 0}"}},
	}
}

// Every kind says that it has bitten if its victim shows it, and not before; and it takes back what it did.
func TestLives(t *testing.T) {
	told := map[string]bool{}
	for _, l := range lives() {
		told[l.kind] = true
		t.Run(l.kind, func(t *testing.T) {
			s := &script{end: "signal: killed", cuts: 40, unanswered: 50, refused: 60, left: 1 << 20}
			if l.kind == "rolling-restart" {
				s.end = "exit status 0"
			}
			f := ordered(t, l.kind, s)
			if err := f.Inject(t.Context()); err != nil {
				t.Fatal(err)
			}
			if sign := f.Bitten(t.Context()); sign != "" && l.kind != "rolling-restart" {
				t.Errorf("injected, the victim shows nothing: %q", sign)
			}
			l.shows(s)
			if sign := f.Bitten(t.Context()); sign != l.sign {
				t.Errorf("sign %q, want %q", sign, l.sign)
			}
			if err := f.Heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.calls, l.calls) {
				t.Errorf("did %q, want %q", s.calls, l.calls)
			}
			if kind, _ := Lookup(l.kind); kind.Victim(order) != l.victim {
				t.Errorf("victim %q, want %q", kind.Victim(order), l.victim)
			}
		})
	}
	for _, k := range Kinds() {
		if !told[k.Name] {
			t.Errorf("nobody tells the life of %s", k.Name)
		}
	}
}

// Half of the evidence is none.
func TestHalfTheEvidence(t *testing.T) {
	for name, c := range map[string]struct {
		kind, end string
		shows     func(*script)
	}{
		"gone, and somebody answers":             {"server-kill", "signal: killed", func(*script) {}},
		"gone by another's hand":                 {"server-kill", "exit status 1", crashed},
		"refuses, was never killed":              {"database-kill", "", crashed},
		"stopped, and answers":                   {"database-pause", "", func(s *script) { s.stopped = true }},
		"silent, and not stopped":                {"server-pause", "", func(s *script) { s.knock = errSilent }},
		"stopped, and refuses":                   {"server-pause", "", func(s *script) { frozen(s); crashed(s) }},
		"fast instead of slow":                   {"server-clock", "", func(s *script) { s.off = 3 * time.Hour }},
		"hardly slow":                            {"server-clock", "", func(s *script) { s.off = -time.Hour }},
		"cut, and everybody was answered":        {"answer-lost", "", func(s *script) { s.cuts++ }},
		"unanswered, and nothing was cut":        {"request-lost", "", func(s *script) { s.unanswered++ }},
		"reset, not silent":                      {"client-partition", "", func(s *script) { s.roadKnock = errReset }},
		"slow, and not answered":                 {"client-latency", "", func(s *script) { s.took, s.roadKnock = time.Second, errSilent }},
		"refused nobody but us":                  {"database-connections", "", func(s *script) { s.refused++; s.knock = errTooMany }},
		"refused others, and we are let in":      {"database-connections", "", func(s *script) { s.refused += 9 }},
		"full, and nobody complains":             {"disk-full", "", func(s *script) { s.left = 0 }},
		"somebody complains of what is not full": {"disk-full", "", func(s *script) { s.complaint = "Disk is full" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{end: c.end, left: 1 << 20}
			f := ordered(t, c.kind, s)
			if err := f.Inject(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.shows(s)
			if sign := f.Bitten(t.Context()); sign != "" {
				t.Errorf("%q", sign)
			}
		})
	}
}

// Whoever gives up asking has seen nothing.
func TestInterruptedQuestion(t *testing.T) {
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, kind := range []string{"server-pause", "database-pause", "client-partition", "database-partition"} {
		s := &script{stopped: true, knock: errSilent, roadKnock: errSilent}
		if sign := ordered(t, kind, s).Bitten(interrupted); sign != "" {
			t.Errorf("%s: %q", kind, sign)
		}
	}
}

// What a full disk made the database say once is no evidence the next time.
func TestOldComplaint(t *testing.T) {
	s := &script{complaint: "12:00 Disk is full"}
	f := ordered(t, "disk-full", s)
	if err := f.Inject(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sign := f.Bitten(t.Context()); sign != "" {
		t.Errorf("%q", sign)
	}
	s.complaint = "12:05 Disk is full"
	if sign := f.Bitten(t.Context()); sign == "" {
		t.Error("did not bite")
	}
}

// Heal leaves alone what is well, and brings up what is not, whatever Inject came to.
func TestHealAfterFailure(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		kind  string
		fails string
		end   string
		knock error
		calls []string
	}{
		"never killed":             {"server-kill", "server1 kill", "", nil, []string{"server1 kill"}},
		"killed, nobody knows how": {"server-kill", "server1 kill", "", errRefused, []string{"server1 kill", "server1 start"}},
		"killed, not passed on": {"sweep-kill", "sweeps1 pass on", "signal: killed", errRefused,
			[]string{"server1 kill", "sweeps1 pass on", "server1 start"}},
		"never stopped":  {"database-pause", "database pause", "", nil, []string{"database pause", "database resume"}},
		"half the clock": {"server-clock", "clock1 -3h0m0s", "", nil, []string{"clock1 -3h0m0s", "clock1 0s"}},
		"half the sessions": {"database-connections", "database exhaust", "", nil,
			[]string{"database exhaust", "database release"}},
		"half the disk": {"disk-full", "database fill", "", nil, []string{"database fill", "database free", "database commit"}},
		"does not end":  {"rolling-restart", "server0 drain", "", nil, []string{"server0 drain"}},
		"ends, and its end is not known": {"rolling-restart", "server0 drain", "", errRefused,
			[]string{"server0 drain", "server0 start"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{end: c.end, knock: c.knock, broken: map[string]error{c.fails: broken}}
			f := ordered(t, c.kind, s)
			if err := f.Inject(t.Context()); !errors.Is(err, broken) {
				t.Fatalf("inject: %v", err)
			}
			if err := f.Heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.calls, c.calls) {
				t.Errorf("did %q, want %q", s.calls, c.calls)
			}
		})
	}
}

// A restart that stops half-way has not bitten, and leaves nobody down.
func TestRollingRestartStopsAtTrouble(t *testing.T) {
	broken := errors.New("broken")
	s := &script{end: "exit status 0", broken: map[string]error{"server1 start": broken}}
	f := ordered(t, "rolling-restart", s)
	if err := f.Inject(t.Context()); !errors.Is(err, broken) || !strings.Contains(err.Error(), "server 1") {
		t.Errorf("inject: %v", err)
	}
	if sign := f.Bitten(t.Context()); sign != "" {
		t.Errorf("sign %q", sign)
	}
	s.knock = errRefused
	if err := f.Heal(t.Context()); !errors.Is(err, broken) {
		t.Errorf("heal: %v", err)
	}
	s.broken = nil
	if err := errors.Join(f.Heal(t.Context()), f.Heal(t.Context())); err != nil {
		t.Errorf("heal again: %v", err)
	}
	want := []string{"server0 drain", "server0 start", "server1 drain", "server1 start", "server1 start", "server1 start"}
	if !slices.Equal(s.calls, want) {
		t.Errorf("did %q, want %q", s.calls, want)
	}
}

// A server that does not drain is replaced all the same, and the fault says so.
func TestRollingRestartOfOneThatDoesNotDrain(t *testing.T) {
	s := &script{end: "signal: killed"}
	f := ordered(t, "rolling-restart", s)
	if err := f.Inject(t.Context()); err == nil || !strings.Contains(err.Error(), "did not drain: signal: killed") {
		t.Errorf("inject: %v", err)
	}
	if want := []string{"server0 drain", "server0 start"}; f.Bitten(t.Context()) != "" || !slices.Equal(s.calls, want) {
		t.Errorf("did %q, want %q", s.calls, want)
	}
}

// Where nothing lapses nobody sweeps, and nobody is killed.
func TestNoSweep(t *testing.T) {
	s := &script{sweepless: true}
	f := ordered(t, "sweep-kill", s)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := f.Inject(ctx); !errors.Is(err, errNoSweep) {
		t.Errorf("inject: %v", err)
	}
	if err := f.Heal(t.Context()); err != nil || f.Bitten(t.Context()) != "" || len(s.calls) > 0 {
		t.Errorf("heal: %v, did %q", err, s.calls)
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	bare := System{Servers: []Server{{}}}
	for kind, want := range map[string]string{
		"meteorite":     `unknown fault "meteorite"`,
		"database-kill": "database-kill needs a database server of the run's own, which this system has not",
		"disk-full": "disk-full needs a database server of the run's own and a database on a disk that can be filled, " +
			"which this system has not",
		"commit-lost": "commit-lost needs a road from the server to the database, which this system has not",
		"answer-lost": "answer-lost needs a road from the clients to the server and clients who count what goes unanswered, " +
			"which this system has not",
		"rolling-restart": "rolling-restart needs a balancer, which this system has not",
	} {
		if _, err := New(Order{Kind: kind}, bare); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", kind, err, want)
		}
	}
	want := "server-kill: there is no server 1: the system has 1"
	if _, err := New(Order{Kind: "server-kill", Server: 1}, bare); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}
