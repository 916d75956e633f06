package recent

import "testing"

// What is used stays, what is not goes, and there are never more than two generations.
func TestWhatIsNotUsedIsForgotten(t *testing.T) {
	var m Map[int, string]
	if m.Put(-1, "used") || !m.Put(-1, "used") {
		t.Error("it is new, then known")
	}
	m.Put(-2, "unused")
	m.Put(-3, "forgotten")
	m.Forget(-3)
	for i := range 3 * GenerationMax {
		m.Put(i, "")
		if v, ok := m.Get(-1); !ok || v != "used" {
			t.Fatalf("after %d entries: %q, %t", i, v, ok)
		}
	}
	for _, gone := range []int{-2, -3, 0} {
		if _, ok := m.Get(gone); ok {
			t.Errorf("%d is remembered", gone)
		}
	}
	if n := len(m.young) + len(m.old); n > 2*GenerationMax {
		t.Errorf("%d entries", n)
	}
}
