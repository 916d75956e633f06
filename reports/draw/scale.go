package draw

import "math"

// Tick is a marked value of an axis.
type Tick struct {
	At    float64
	Label string // empty: a grid line without a word
}

// Scale maps values to pixels: Low to From, High to To, in equal steps or, if Log, in equal ratios.
type Scale struct {
	Low, High float64
	From, To  float64
	Log       bool
}

// Pos is the pixel of a value. Values beyond the scale lie beyond its ends.
func (s Scale) Pos(value float64) float64 {
	low, high := s.Low, s.High
	if s.Log {
		value, low, high = math.Log(max(value, math.SmallestNonzeroFloat64)), math.Log(low), math.Log(high)
	}
	if high == low {
		return s.From
	}
	return s.From + (value-low)/(high-low)*(s.To-s.From)
}

// Clamped is the pixel of a value, or the end that it lies beyond.
func (s Scale) Clamped(value float64) float64 { return s.Pos(min(max(value, s.Low), s.High)) }

// Steps lists round values from 0 to high, few enough to be labelled: about n of them.
func Steps(high float64, n int) []float64 {
	step := Step(high / float64(max(n, 1)))
	var all []float64
	for i := 0; float64(i)*step <= high*(1+1e-9); i++ {
		all = append(all, float64(i)*step)
	}
	return all
}

// Step is the least of 1, 2, 5, 10, 20, ... that is not less than x, at any power of ten.
func Step(x float64) float64 {
	if x <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, digit := range []float64{1, 2, 5} {
		if digit*power >= x*(1-1e-9) {
			return digit * power
		}
	}
	return 10 * power
}

// Decades lists the powers of ten within low and high, and, where they would be fewer than three, their doubles and
// fivefolds too.
func Decades(low, high float64) []float64 {
	digits := []float64{1}
	if math.Log10(high/low) < 2.5 {
		digits = []float64{1, 2, 5}
	}
	var all []float64
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for _, digit := range digits {
			if v := digit * power; v >= low*(1-1e-9) && v <= high*(1+1e-9) {
				all = append(all, v)
			}
		}
	}
	return all
}
