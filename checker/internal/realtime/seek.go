package realtime

// seek finds the first of n sorted things that is beyond what is sought; n if none is. It looks in doubling steps
// from a guess: where one search ends close to the one before it, that costs less than halving the whole.
func seek(n, guess int, beyond func(i int) bool) int {
	low, high := guess, guess // nothing below low is beyond; high is, or is n
	if guess < n && !beyond(guess) {
		low++
		high++
		for stride := 1; high < n && !beyond(high); stride *= 2 {
			low = high + 1
			high = min(high+stride, n)
		}
	} else {
		for stride := 1; low > 0 && beyond(low-1); stride *= 2 {
			high = low - 1
			low = max(high-stride, 0)
		}
	}
	for low < high {
		if middle := int(uint(low+high) / 2); beyond(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}
