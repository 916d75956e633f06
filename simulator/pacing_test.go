package simulator

import (
	"math"
	"slices"
	"testing"
	"time"

	"flashsale/scenarios"
)

func all(next pacer) []time.Duration {
	var offsets []time.Duration
	for at, ok := next(); ok; at, ok = next() {
		offsets = append(offsets, at)
	}
	return offsets
}

func ms(values ...float64) []time.Duration {
	var offsets []time.Duration
	for _, v := range values {
		offsets = append(offsets, time.Duration(v*float64(time.Millisecond)))
	}
	return offsets
}

func TestPacers(t *testing.T) {
	for _, test := range []struct {
		name  string
		phase scenarios.Phase
		want  []time.Duration
	}{
		{"constant", scenarios.Phase{Kind: scenarios.Constant, Rate: 5, Duration: time.Second}, ms(0, 200, 400, 600, 800)},
		{"constant, less than one", scenarios.Phase{Kind: scenarios.Constant, Rate: 0.4, Duration: time.Second}, nil},
		// N(t) = 4 t^2: the k-th comes after sqrt(k)/2 seconds.
		{"ramp up", scenarios.Phase{Kind: scenarios.Ramp, From: 0, To: 8, Duration: time.Second},
			ms(0, 500, 707.106781, 866.025403)},
		// N(t) = 8 t - 4 t^2: the k-th comes after 1 - sqrt(1-k/4) seconds.
		{"ramp down", scenarios.Phase{Kind: scenarios.Ramp, From: 8, To: 0, Duration: time.Second},
			ms(0, 133.974596, 292.893218, 500)},
		{"spike", scenarios.Phase{Kind: scenarios.Spike, Rate: 0, Peak: 8, Duration: time.Second},
			ms(0, 353.553390, 500, 646.446609)},
		{"burst", scenarios.Phase{Kind: scenarios.Burst, Size: 2, Across: 1, Every: 300 * time.Millisecond,
			Duration: 700 * time.Millisecond}, ms(0, 0, 300, 300, 600, 600)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := all(pace(test.phase, nil))
			if len(got) != len(test.want) {
				t.Fatalf("got %v, want %v", got, test.want)
			}
			for i := range got {
				if (got[i] - test.want[i]).Abs() > time.Microsecond {
					t.Errorf("arrival %d at %s, want %s", i, got[i], test.want[i])
				}
			}
		})
	}
}

func TestRampsAddUpAndNeverGoBack(t *testing.T) {
	for _, rates := range [][2]float64{{0, 1000}, {1000, 0}, {300, 900}, {900, 300}, {7, 7}, {0.5, 2000}} {
		got := all(rampPacer(rates[0], rates[1], 10*time.Second))
		if want := int(math.Round((rates[0] + rates[1]) * 5)); len(got) != want {
			t.Errorf("%v: %d arrivals, want %d", rates, len(got), want)
		}
		if !slices.IsSorted(got) || got[len(got)-1] > 10*time.Second {
			t.Errorf("%v: out of order, or after the end", rates)
		}
	}
}

func TestPoissonHasTheRightRateAndSpread(t *testing.T) {
	got := all(poissonPacer(1000, 20*time.Second, stream(1, "test", 0)))
	// 20000 expected, standard deviation 141.
	if len(got) < 19300 || len(got) > 20700 || !slices.IsSorted(got) {
		t.Fatalf("%d arrivals", len(got))
	}
	// Exponential gaps: a share of 1-1/e is shorter than the mean.
	short := 0
	for i := 1; i < len(got); i++ {
		if got[i]-got[i-1] < time.Millisecond {
			short++
		}
	}
	if share := float64(short) / float64(len(got)); math.Abs(share-0.632) > 0.02 {
		t.Errorf("%.3f of the gaps are shorter than the mean", share)
	}
}

func TestArrivalsMergePhasesInOrderOfTime(t *testing.T) {
	start := 100 * time.Millisecond
	sc := &scenarios.Scenario{Products: scenarios.Products{Count: 3}, Arrivals: scenarios.Arrivals{Max: 11,
		Phases: []scenarios.Phase{
			{Kind: scenarios.Burst, Size: 2, Across: 2, Every: 200 * time.Millisecond, Duration: 400 * time.Millisecond,
				Products: scenarios.ByTurns},
			{Kind: scenarios.Constant, Rate: 10, Duration: 300 * time.Millisecond, Start: &start, Eager: true,
				Products: scenarios.BySkew},
			{Kind: scenarios.Constant, Rate: 10, Duration: time.Second, Products: scenarios.ByTurns},
		}}}
	want := []arrival{
		{0, 0, false}, {0, 0, false}, {0, 1, false}, {0, 1, false}, {100 * time.Millisecond, -1, true},
		{200 * time.Millisecond, 2, false}, {200 * time.Millisecond, 2, false}, {200 * time.Millisecond, 0, false},
		{200 * time.Millisecond, 0, false}, {200 * time.Millisecond, -1, true}, {300 * time.Millisecond, -1, true},
	}
	var got []arrival
	next := arrivals(1, sc)
	for a, ok := next(); ok; a, ok = next() {
		got = append(got, a)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	sc.Arrivals.Max = 0
	next = arrivals(1, sc)
	var last arrival
	for a, ok := next(); ok; a, ok = next() {
		last = a
	}
	// The third phase begins when the second ends, at 400 ms, and takes its tenth turn 900 ms later.
	if want := (arrival{1300 * time.Millisecond, 0, false}); last != want {
		t.Errorf("last is %v, want %v", last, want)
	}
}
