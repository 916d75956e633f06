package measure

import (
	"math"
	"testing"
	"time"

	"flashsale/internal/evidence"
)

func sums() timeline[*int64] {
	return newTimeline(func() *int64 { return new(int64) }, func(into, from *int64) *int64 {
		*into += *from
		return into
	})
}

// However long the run, nothing is lost and the slots stay few.
func TestTimelineFolds(t *testing.T) {
	line, n := sums(), int64(0)
	for at := int64(0); at < int64(10*time.Minute); at += int64(time.Second) {
		*line.at(at)++
		n++
	}
	if line.width != int64(4*time.Second) {
		t.Errorf("slots of %s, want 4s: 160 of them hold ten minutes", time.Duration(line.width))
	}
	total, last := int64(0), int64(-1)
	line.each(func(start int64, sum *int64) {
		if start <= last {
			t.Errorf("slot at %d after %d", start, last)
		}
		if *sum != 4 {
			t.Errorf("slot at %s holds %d, want 4", time.Duration(start), *sum)
		}
		total, last = total+*sum, start
	})
	if total != n {
		t.Errorf("%d of %d are left", total, n)
	}
}

func TestTimelineTakesAnyTime(t *testing.T) {
	line := sums()
	for _, at := range []int64{-1, 0, math.MaxInt64, math.MinInt64} {
		*line.at(at)++
	}
	total := int64(0)
	line.each(func(_ int64, sum *int64) { total += *sum })
	if total != 4 {
		t.Errorf("%d of 4 are left", total)
	}
}

func TestFlowCountsOffersByIntentionAndAnswersByReturn(t *testing.T) {
	flow := newFlow()
	at := func(intended, returned int64, outcome evidence.Outcome, status int32) {
		flow.add(&evidence.Operation{Intended: intended * ms, Return: returned * ms, Outcome: outcome, HTTPStatus: status})
	}
	at(10, 20, evidence.OK, 201)
	at(10, 20, evidence.Refused, 409)
	at(10, 600, evidence.Refused, 503)
	at(20, 600, evidence.Unknown, 504)
	got := flow.stats()
	want := []FlowMoment{{At: 0, Offered: 4, OK: 1, Refused: 1}, {At: 500 * time.Millisecond, Overloaded: 1, Unknown: 1}}
	if len(got.Moments) != 2 || got.Moments[0] != want[0] || got.Moments[1] != want[1] {
		t.Errorf("moments are %+v\nwant        %+v", got.Moments, want)
	}
}

func TestDeliveries(t *testing.T) {
	keys := make(keyCounts)
	send := func(key string, times int, handled bool, tamper evidence.Tamper) {
		for range times {
			keys.deliver(&evidence.Operation{Kind: evidence.SendWebhook, Key: key, Outcome: evidence.OK,
				GotHandled: handled, Tamper: tamper})
			handled = false
		}
	}
	send("once", 1, true, "")
	send("thrice", 3, true, "")
	send("lost", 3, false, "")
	send("often", 40, true, "")
	send("forged", 2, false, evidence.Forged)
	for _, key := range []string{"once", "thrice", "thrice", "often", "nobody's"} {
		keys.effect(key)
	}
	byRows, byAnswers := keys.stats(true), keys.stats(false)
	if n := len(byRows.Counts); n != DeliveriesMax {
		t.Fatalf("%d counts, want up to %d", n, DeliveriesMax)
	}
	for _, want := range []Delivered{{1, 0, 1, 0}, {2, 0, 0, 0}, {3, 1, 0, 1}, {DeliveriesMax, 0, 1, 0}} {
		if got := byRows.Counts[want.Deliveries-1]; got != want {
			t.Errorf("by rows: %+v, want %+v", got, want)
		}
	}
	if got, want := byAnswers.Counts[2], (Delivered{3, 1, 1, 0}); got != want {
		t.Errorf("by answers: %+v, want %+v", got, want)
	}
}

func TestSpectrumReachesTheSlowestTenth(t *testing.T) {
	kinds := make(tally)
	for i := range int64(1000) {
		kinds.add(&evidence.Operation{Kind: evidence.CreateHold, Outcome: evidence.OK, Return: (i + 1) * ms})
	}
	q := kinds.stats()[0].Spectrum
	first, last := q[0], q[len(q)-1]
	near(t, "the fastest", first.Latency, time.Millisecond)
	near(t, "the 99.9th percentile", last.Latency, 999*time.Millisecond)
	if first.Share != 0 || math.Abs(last.Share-0.999) > 1e-9 {
		t.Errorf("shares from %v to %v, want 0 to 0.999", first.Share, last.Share)
	}
}
