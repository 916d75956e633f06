package history

import "slices"

// together is how many keys are looked up at once.
const together = 64

// InternAll numbers keys one after the other, as Intern does, and appends their numbers to ids. After an error the
// ids of those before it are there.
func (k *Keys) InternAll(ids []KeyID, texts []string) ([]KeyID, error) {
	for some := range slices.Chunk(texts, together) {
		known := k.recall(some)
		for i, text := range some {
			id := known[i]
			if id == 0 {
				var err error
				if id, err = k.Intern(text); err != nil {
					return ids, err
				}
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// recall finds the numbers of keys that have one; 0 means that Intern has to say. Of millions of keys a look-up
// waits for memory three times, for its slot, its span and its bytes. Many that take each of the three steps
// together wait for one another's memory as well, which is hardly longer than for their own.
func (k *Keys) recall(texts []string) (ids [together]KeyID) {
	if len(k.slots) == 0 {
		return ids
	}
	var hashes [together]uint32
	for i, text := range texts {
		hashes[i] = k.hash(text)
	}
	for i := range texts {
		ids[i] = k.candidate(hashes[i])
	}
	var spans [together]span
	for i := range texts {
		if ids[i] != 0 {
			spans[i] = *k.spans.At(uint32(ids[i] - 1))
		}
	}
	for i, text := range texts {
		if ids[i] != 0 && string(k.bytesAt(spans[i])) != text {
			ids[i] = 0
		}
	}
	return ids
}

// candidate is the first key in the table with a hash; 0: there is none.
func (k *Keys) candidate(hash uint32) KeyID {
	mask := uint32(len(k.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		if s := k.slots[at]; s.key == 0 || s.hash == hash {
			return s.key
		}
	}
}
