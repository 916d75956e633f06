// Package bench compares: the same work, done by us and by others or with and without something, interleaved in
// rounds on one machine. A ratio is the median of the rounds' ratios, because rounds share whatever else the
// machine is doing and absolute rates do not.
package bench
