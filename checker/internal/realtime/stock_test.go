package realtime

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// held is a hold of the test's product: it reserves from one position until another.
type held struct {
	expires, qty    int64
	from, to        Position
	decided, leaves int64
}

// reserved is what is taken at a position, at a time: the definition, without any shortcut.
func reserved(holds []held, p Position, at int64) (sum int64) {
	for _, h := range holds {
		if h.from <= p && p < h.to && h.expires > at {
			sum += h.qty
		}
	}
	return sum
}

// day is a product with some commits. Times may run backwards: not every server reads them under one lock.
func drawDay(t *rapid.T, lapsing bool) (*Stock, []held, []int64) {
	const total = 20
	ttl := int64(1 << 30)
	if lapsing {
		ttl = rapid.Int64Range(1, 12).Draw(t, "ttl")
	}
	var holds []held
	times := []int64{0}
	stock := new(Stock)
	stock.Step(0, Standing{Available: total, Low: total, High: total, Settled: math.MaxInt64})
	newest := int64(0)
	for p := Position(1); p <= Position(rapid.IntRange(1, 70).Draw(t, "commits")); p++ {
		now := max(1, newest+rapid.Int64Range(-1, 3).Draw(t, "step"))
		newest = max(newest, now)
		times = append(times, now)
		settled := int64(math.MaxInt64)
		before := total - reserved(holds, p-1, newest)
		taken, given := int64(0), int64(0)
		if n := rapid.IntRange(0, 4).Draw(t, "hold") - 1; n >= 0 && n < len(holds) && holds[n].to == Never {
			h := &holds[n]
			h.to, h.leaves, settled = p, now, now
			if h.expires > now {
				stock.Leave(h.expires, h.qty)
			}
			if h.expires > newest {
				given = h.qty
			}
		} else {
			h := held{expires: now + ttl, qty: rapid.Int64Range(1, 3).Draw(t, "qty"), from: p, to: Never, decided: now}
			holds, settled, taken = append(holds, h), now, h.qty
			stock.Come(h.expires, h.qty)
		}
		stock.Step(p, Standing{
			At: newest, Available: total - reserved(holds, p, newest), Reserved: reserved(holds, p, newest),
			Low: before - taken, High: before + given, Settled: settled,
		})
	}
	stock.Seal()
	return stock, holds, times
}

func drawSight(t *rapid.T, times []int64) Sight {
	low := rapid.IntRange(0, len(times)-1).Draw(t, "low")
	from := times[low] + rapid.Int64Range(-2, 9).Draw(t, "from")
	to := from + rapid.Int64Range(0, 9).Draw(t, "span")
	high := low - 1 // what was decided after the end cannot be seen
	for p := range times {
		if times[p] > to {
			break
		}
		high = p
	}
	if high < low {
		return Sight{Window: Window{1, 0}, From: from, To: to}
	}
	high = rapid.IntRange(low, high).Draw(t, "high")
	return Sight{Window: Window{Position(low), Position(high)}, From: from, To: to}
}

// What was available at some position and instant in sight is found, and no later than it was.
func TestStockFindsWhatWasAvailable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stock, holds, times := drawDay(t, true)
		for range 5 {
			in := drawSight(t, times)
			for p := in.Low; p <= in.High; p++ {
				for at := in.From; at <= in.To; at++ {
					truth := 20 - reserved(holds, p, at)
					if got, ok := stock.First(in, truth); !ok || got > p {
						t.Fatalf("%d at position %d, time %d: found %d %v in %+v", truth, p, at, got, ok, in)
					}
				}
			}
		}
	})
}

// Where nothing lapses in sight, nothing else is found.
func TestStockFindsNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stock, holds, times := drawDay(t, false)
		in := drawSight(t, times)
		asked := rapid.Int64Range(0, 20).Draw(t, "asked")
		want, found := Position(0), false
		for p := in.Low; p <= in.High && !found; p++ {
			want, found = p, 20-reserved(holds, p, 0) == asked
		}
		if got, ok := stock.First(in, asked); ok != found || ok && got != want {
			t.Fatalf("%d: found %d %v, want %d %v in %+v", asked, got, ok, want, found, in)
		}
	})
}

func TestStockWindows(t *testing.T) {
	stock := new(Stock)
	stock.Step(0, Standing{At: 0, Price: 7, Available: 5, Low: 5, High: 5, Settled: math.MaxInt64})
	stock.Come(1000, 2)
	// A batch: 4 are taken, 2 given back.
	stock.Step(3, Standing{At: 100, Price: 7, Available: 3, Reserved: 2, Low: 1, High: 6, Settled: 100})
	stock.Step(6, Standing{At: 200, Price: 8, Available: 4, Reserved: 2, Low: 3, High: 4, Settled: 200})
	stock.Seal()
	for name, c := range map[string]struct {
		in        Sight
		available int64
		inside    bool
		want      Position
		ok        bool
	}{
		"before the commit":                    {Sight{Window{0, 9}, 50, 150}, 5, false, 0, true},
		"after it":                             {Sight{Window{0, 9}, 50, 150}, 3, false, 3, true},
		"never":                                {Sight{Window{0, 9}, 50, 150}, 1, false, 0, false},
		"inside the batch":                     {Sight{Window{0, 9}, 50, 150}, 1, true, 2, true},
		"the batch had been seen":              {Sight{Window{3, 9}, 50, 150}, 1, true, 0, false},
		"the batch was not over":               {Sight{Window{0, 2}, 50, 150}, 1, true, 0, false},
		"a later one":                          {Sight{Window{0, 9}, 50, 200}, 4, false, 6, true},
		"the lapse gives it back":              {Sight{Window{6, 9}, 900, 1000}, 6, false, 6, true},
		"the lapse is still to come":           {Sight{Window{6, 9}, 900, 999}, 6, false, 0, false},
		"the lapse has been":                   {Sight{Window{6, 9}, 1000, 1100}, 4, false, 0, false},
		"what had lapsed is not yet, a moment": {Sight{Window{3, 5}, 50, 1100}, 5, false, 3, true},
	} {
		got, ok := stock.find(c.in, c.available, c.inside)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %d %v", name, got, ok)
		}
	}
	if !stock.Price(Window{0, 6}, 8) || !stock.Price(Window{5, 6}, 7) {
		t.Error("a price is not known")
	}
	if stock.Price(Window{6, 9}, 7) || stock.Price(Window{0, 5}, 8) {
		t.Error("a price is known too early or too long")
	}
}
