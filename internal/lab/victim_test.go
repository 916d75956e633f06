package lab

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// recovery is how soon everything must be well again after harm.
const recovery = 2 * time.Second

// victims starts two real servers with all the roads there are, and checks when they are gone that nothing else is left.
func victims(t *testing.T, o Options) *Lab {
	t.Helper()
	o.Binary = realProgram(t)
	isolate(t)
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		goleak.VerifyNone(t, before)
	})
	o.Replicas, o.DatabaseRoads, o.ClientRoads, o.Products = 2, true, true, twoProducts()
	o.HoldTTL, o.SweepInterval, o.RequestTimeout = 300*time.Millisecond, 50*time.Millisecond, 2*time.Second
	return start(t, o)
}

// becomesReady waits until the lab says that all is well.
func becomesReady(t *testing.T, l *Lab) {
	t.Helper()
	var err error
	if !within(recovery, func() bool { err = l.Ready(t.Context()); return err == nil }) {
		t.Errorf("not ready again: %v", err)
	}
}

// hold asks one server for a unit, and returns the status of its answer; 0: there was none.
func hold(t *testing.T, url string) int {
	t.Helper()
	body := strings.NewReader(`{"product_id":1,"qty":1}`)
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post(url+"/api/holds", "application/json", body)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func count(t *testing.T, l *Lab, where string) (n int) {
	t.Helper()
	if err := l.DB().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM holds WHERE "+where).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVictims(t *testing.T) {
	l := victims(t, Options{})
	if err := l.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("roads", func(t *testing.T) { roadsAreInUse(t, l) })
	t.Run("commits", func(t *testing.T) { commitsAreCut(t, l) })
	t.Run("processes", func(t *testing.T) { processesAreHarmed(t, l) })
	t.Run("clocks", func(t *testing.T) { clocksAreWrong(t, l) })
	t.Run("sweeps", func(t *testing.T) { sweepsAreAmbushed(t, l) })
	if l.Err() != nil {
		t.Errorf("harm done on purpose was reported: %v", l.Err())
	}
	t.Run("close", func(t *testing.T) { whatIsHarmedIsClosed(t, l) })
}

func TestStrawmansSweepsAreAmbushed(t *testing.T) {
	sweepsAreAmbushed(t, victims(t, Options{Kind: KindStrawman}))
}

// roadsAreInUse: what blocks a road keeps its server, and no other, from being reached.
func roadsAreInUse(t *testing.T, l *Lab) {
	first := l.Victims()[0]
	for name, r := range map[string]*Road{"the database": first.DatabaseRoad(), "the clients": first.ClientRoad()} {
		if took, err := r.Knock(t.Context()); err != nil || took > time.Second {
			t.Errorf("the road to %s took %s: %v", name, took, err)
		}
		r.Block(true)
		if err := l.Ready(t.Context()); err == nil {
			t.Errorf("all is well although the road to %s is blocked", name)
		}
		if err := first.Knock(t.Context()); err != nil {
			t.Errorf("the process itself does not answer: %v", err)
		}
		if status := hold(t, l.URLs()[1]); status != http.StatusCreated {
			t.Errorf("the other server's answer is %d", status)
		}
		r.Block(false)
		becomesReady(t, l)
	}
}

// commitsAreCut: the client is told the truth, whatever became of its COMMIT.
func commitsAreCut(t *testing.T, l *Lab) {
	r := l.Victims()[0].DatabaseRoad()
	for name, cutRoad := range map[string]func(float64, uint64){"before": r.CutBefore, "after": r.CutAfter} {
		holds, cuts := count(t, l, "TRUE"), r.Cuts()
		cutRoad(0.5, 1)
		granted := 0
		for range 10 {
			if hold(t, l.URLs()[0]) == http.StatusCreated {
				granted++
			}
		}
		r.Mend()
		if r.Cuts() == cuts {
			t.Errorf("%s: nothing was cut", name)
		}
		if n := count(t, l, "TRUE") - holds; n != granted {
			t.Errorf("%s: %d holds were granted, %d are there", name, granted, n)
		}
	}
	becomesReady(t, l)
}

func processesAreHarmed(t *testing.T, l *Lab) {
	ctx, v := t.Context(), l.Victims()[1]
	if end, err := v.Kill(ctx); err != nil || end != "signal: killed" {
		t.Fatalf("killed: %q, %v", end, err)
	}
	if status := hold(t, l.URLs()[1]); status != 0 {
		t.Errorf("a dead server answered %d", status)
	}
	if err := v.Start(ctx); err != nil {
		t.Fatal(err)
	}
	becomesReady(t, l)
	if err := v.Pause(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/self/status"); err == nil {
		var state string
		var stopped bool
		if !within(time.Second, func() bool { state, stopped, err = v.State(ctx); return stopped }) || state != "T (stopped)" {
			t.Errorf("state %q: %v", state, err)
		}
	}
	if err := v.Knock(ctx); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("a knock at a paused server: %v", err)
	}
	if err := v.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	becomesReady(t, l)
}

func clocksAreWrong(t *testing.T, l *Lab) {
	ctx, clock := t.Context(), l.Victims()[0].Clock()
	for _, by := range []time.Duration{3 * time.Hour, -90 * time.Minute, 0} {
		if err := clock.Set(ctx, by); err != nil {
			t.Fatal(err)
		}
		if off, err := clock.Off(ctx); err != nil || (off-by).Abs() > time.Minute {
			t.Errorf("its clock is set wrong by %s, and it says %s: %v", by, off, err)
		}
		becomesReady(t, l)
	}
}

// sweepsAreAmbushed: a server dies while it releases a lapsed hold, which is released all the same.
func sweepsAreAmbushed(t *testing.T, l *Lab) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	first, second := l.Victims()[0], l.Victims()[1]
	if _, err := second.Kill(ctx); err != nil { // or it may be the one who sweeps
		t.Fatal(err)
	}
	struck := make(chan error, 1)
	var end string
	go func() {
		struck <- first.Ambush(ctx, func() {
			var err error
			if end, err = first.Kill(ctx); err != nil {
				t.Error(err)
			}
		})
	}()
	for waiting := true; waiting; {
		hold(t, l.URLs()[0])
		select {
		case err := <-struck:
			if err != nil || end != "signal: killed" {
				t.Errorf("struck with %v: %s", err, end)
			}
			waiting = false
		default:
		}
	}
	for _, v := range l.Victims() {
		if err := v.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if !within(recovery+time.Second, func() bool { return count(t, l, "status <> 'expired'") == 0 }) {
		t.Error("there are holds that nobody releases")
	}
}

// whatIsHarmedIsClosed: a lab whose servers are paused and cut off is taken down as quickly as any.
func whatIsHarmedIsClosed(t *testing.T, l *Lab) {
	for _, v := range l.Victims() {
		v.DatabaseRoad().Block(true)
		v.ClientRoad().Slow(time.Hour, 0)
	}
	if err := l.Victims()[0].Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > drainWait/2 {
		t.Errorf("that took %s", took)
	}
}

func TestRoadsCannotLookIntoTLS(t *testing.T) {
	isolate(t)
	host := start(t, Options{Kind: KindDatabase})
	dsn := fmt.Sprintf("%s&tls=skip-verify", host.DSN())
	if l, err := Start(t.Context(), Options{DSN: dsn, DatabaseRoads: true}); err == nil || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("started %v: %v", l, err)
	}
}
