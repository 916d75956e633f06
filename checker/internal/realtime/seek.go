package realtime

import "cmp"

// seek finds the first of some sorted values that is greater than one; their number if none is. It looks in doubling
// steps from a guess: where one search ends close to the one before it, that costs less than halving the whole.
func seek[V cmp.Ordered](sorted []V, guess int, value V) int {
	low, high := guess, guess // nothing below low is greater; high is, or is the end
	if guess < len(sorted) && sorted[guess] <= value {
		low++
		high++
		for stride := 1; high < len(sorted) && sorted[high] <= value; stride *= 2 {
			low = high + 1
			high = min(high+stride, len(sorted))
		}
	} else {
		for stride := 1; low > 0 && sorted[low-1] > value; stride *= 2 {
			high = low - 1
			low = max(high-stride, 0)
		}
	}
	for low < high {
		if middle := int(uint(low+high) / 2); sorted[middle] > value {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}
