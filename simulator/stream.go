package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"time"

	"flashsale/scenarios"
)

// stream is the n-th source of randomness of a name. Streams of different names or numbers have
// nothing in common, so a new actor, or one that draws more, moves no other.
func stream(seed uint64, name string, n int64) *rand.Rand { return newDice().stream(seed, name, n) }

// dice give one stream after the other without making each anew. A stream ends when the next begins.
type dice struct {
	source *rand.PCG
	rand   *rand.Rand
}

func newDice() *dice {
	source := new(rand.PCG)
	return &dice{source: source, rand: rand.New(source)}
}

func (d *dice) stream(seed uint64, name string, n int64) *rand.Rand {
	text := make([]byte, 0, 64)
	text = binary.LittleEndian.AppendUint64(text, seed)
	text = append(text, name...)
	text = append(text, 0)
	text = binary.LittleEndian.AppendUint64(text, uint64(n))
	sum := sha256.Sum256(text)
	d.source.Seed(binary.LittleEndian.Uint64(sum[0:]), binary.LittleEndian.Uint64(sum[8:]))
	return d.rand
}

// The draws below take exactly one number from their stream whatever they draw from, so that
// changing one distribution leaves all later draws of the same actor alone.

func chance(r *rand.Rand, share scenarios.Share) bool { return r.Float64() < float64(share) }

func drawNumber(r *rand.Rand, n scenarios.Numbers) int64 {
	u := r.Float64()
	if len(n.List) > 0 {
		return n.List[int(u*float64(len(n.List)))]
	}
	return n.Min + int64(u*float64(n.Max-n.Min+1))
}

func drawSpan(r *rand.Rand, s scenarios.Span) time.Duration {
	if s.Mean > 0 {
		return min(seconds(-math.Log(1-r.Float64())*s.Mean.Seconds()), s.Max)
	}
	return s.Min + time.Duration(r.Float64()*float64(s.Max-s.Min))
}

// backoff is how long to wait before the attempt after the given one: first, doubled each time up
// to limit, then shortened by up to half, drawn from the request's own stream.
func backoff(seed uint64, request string, attempt int32, first, limit time.Duration) time.Duration {
	wait := first
	for i := int32(1); i < attempt && wait < limit; i++ {
		wait *= 2
	}
	wait = min(wait, limit)
	return wait/2 + time.Duration(stream(seed, "retry/"+request, int64(attempt)).Float64()*float64(wait)/2)
}
