// Package recent remembers what came lately, in bounded memory: what is asked for or put again stays, and what is
// not is gone after two generations.
package recent

import "sync"

// GenerationMax bounds a Map to two generations of this many entries: with small ones, some 50 MB at worst.
const GenerationMax = 1 << 18

// Map is a bounded map that is safe for concurrent use. The zero Map is empty and ready.
type Map[K comparable, V any] struct {
	mu         sync.Mutex
	young, old map[K]V
}

// Get returns what was put last under the key, if that is not forgotten.
func (m *Map[K, V]) Get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(key)
}

// Put remembers a value, and says whether there was one under the key.
func (m *Map[K, V]) Put(key K, v V) (before bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, before = m.find(key)
	m.keep(key, v)
	return before
}

// Forget removes a value.
func (m *Map[K, V]) Forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, key)
	delete(m.old, key)
}

func (m *Map[K, V]) find(key K) (V, bool) {
	if v, ok := m.young[key]; ok {
		return v, true
	}
	v, ok := m.old[key]
	if ok {
		m.keep(key, v)
	}
	return v, ok
}

func (m *Map[K, V]) keep(key K, v V) {
	if m.young == nil || len(m.young) >= GenerationMax {
		m.old, m.young = m.young, make(map[K]V)
	}
	m.young[key] = v
}
