package history

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"flashsale/internal/evidence"
)

func TestListsKeepTheirRecords(t *testing.T) {
	var list List[int]
	const n = 3*chunkLen + 7
	for i := range n {
		list.Add(i)
		if list.Len() != i+1 {
			t.Fatalf("%d records after %d", list.Len(), i+1)
		}
	}
	next := 0
	for i, record := range list.All() {
		if int(i) != next || *record != next || *list.At(i) != next {
			t.Fatalf("record %d: number %d, %d", next, i, *record)
		}
		next++
	}
	if next != n {
		t.Errorf("went through %d of %d", next, n)
	}
}

// Keys are told apart as a map of strings tells them apart: byte for byte.
func TestKeysAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var keys Keys
		model := make(map[string]KeyID)
		word := rapid.StringOfN(rapid.SampledFrom([]rune{'a', 'A', 'á', ' ', 0}), 0, 4, -1)
		for range rapid.IntRange(1, 600).Draw(t, "words") {
			text := word.Draw(t, "word") + fmt.Sprint(rapid.IntRange(0, 300).Draw(t, "number"))
			want, known := model[text]
			id, err := keys.Intern(text)
			if err != nil || known && id != want || !known && int(id) != len(model)+1 || keys.Text(id) != text {
				t.Fatalf("%q is %d (%v), want %d; reads back as %q", text, id, err, want, keys.Text(id))
			}
			model[text] = id
		}
	})
}

// Keys are numbered together as they are one by one, whatever is known of them before.
func TestKeysTogetherAreKeysOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var single, many Keys
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			texts := rapid.SliceOfN(rapid.StringMatching(`[ab]{0,7}`), 0, 3*together).Draw(t, "texts")
			ids, err := many.InternAll(nil, texts)
			if err != nil || len(ids) != len(texts) {
				t.Fatalf("%d numbers for %d keys, %v", len(ids), len(texts), err)
			}
			for i, text := range texts {
				if want, _ := single.Intern(text); ids[i] != want {
					t.Fatalf("key %d, %q, is %d, want %d", i, text, ids[i], want)
				}
			}
		}
		many.Seal()
		if ids, err := many.InternAll(nil, []string{"", "c"}); err == nil || len(ids) != 1 {
			t.Fatalf("after all were numbered: %v, %v", ids, err)
		}
	})
}

func TestKeysOfAnyLength(t *testing.T) {
	var keys Keys
	for _, size := range []int{keyBytesMax, 1, keyBytesMax - 1} {
		for i := range 40 {
			text := strings.Repeat(string([]byte{byte('A' + i)}), size)
			id, err := keys.Intern(text)
			if err != nil || keys.Text(id) != text {
				t.Fatalf("a key of %d bytes: %d, %v", size, id, err)
			}
		}
	}
	if id, err := keys.Intern(""); id != 0 || err != nil || keys.Text(0) != "" {
		t.Errorf("no key is key %d, %v", id, err)
	}
	if _, err := keys.Intern(strings.Repeat("x", keyBytesMax+1)); err == nil {
		t.Error("a key that is too long was taken")
	}
	keys.Seal()
	if _, err := keys.Intern("late"); err == nil || keys.Text(41) != "A" {
		t.Errorf("after sealing: %v, key 41 is %q", err, keys.Text(41))
	}
}

func TestIDsAreFound(t *testing.T) {
	tests := map[string][]int64{
		"none":     {},
		"dense":    {5, 6, 7, 9, 12},
		"sparse":   {1, 1 << 40, 3},
		"extremes": {math.MinInt64, 0, math.MaxInt64},
		"negative": {-3, -2, -1, 0},
	}
	for name, ids := range tests {
		var list List[int64]
		for _, id := range ids {
			list.Add(id)
		}
		index := IndexIDs(&list, func(id *int64) int64 { return *id })
		for i, id := range ids {
			if got := index.Find(id); got != uint32(i) {
				t.Errorf("%s: %d is record %d, want %d", name, id, got, i)
			}
		}
		for _, id := range []int64{4, 8, 13, -4, math.MaxInt64 - 1, math.MinInt64 + 1} {
			if got := index.Find(id); got != None && !slices.Contains(ids, id) {
				t.Errorf("%s: %d is record %d, and there is none", name, id, got)
			}
		}
	}
}

func TestGroupsHoldTheirMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 5
		var list List[uint32]
		model := make(map[uint32][]uint32)
		for i := range uint32(rapid.IntRange(0, 50).Draw(t, "records")) {
			g := rapid.SampledFrom([]uint32{0, 1, 2, 3, 4, None}).Draw(t, "group")
			list.Add(g)
			model[g] = append(model[g], i)
		}
		groups := Group(&list, n, func(g *uint32) uint32 { return *g })
		if groups.Len() != n || groups.Of(None) != nil || groups.Of(n) != nil {
			t.Fatalf("%d groups, of none %v, of one too many %v", groups.Len(), groups.Of(None), groups.Of(n))
		}
		visited := 0
		for g, members := range groups.All() {
			visited += len(members)
			if !slices.Equal(members, model[g]) || !slices.Equal(groups.Of(g), members) {
				t.Fatalf("group %d holds %v, want %v", g, members, model[g])
			}
		}
		if visited != list.Len()-len(model[None]) {
			t.Fatalf("visited %d members", visited)
		}
	})
}

// Every word survives, and a foreign one is neither lost nor taken for another.
func TestWords(t *testing.T) {
	check := func(parse func(string) fmt.Stringer, words ...string) {
		t.Helper()
		seen := make(map[fmt.Stringer]string)
		for _, word := range append(words, "") {
			w := parse(word)
			if known, taken := seen[w]; taken || w.String() != word {
				t.Errorf("%q became %q, like %q", word, w, known)
			}
			seen[w] = word
		}
		if w := parse("Paid"); w.String() != other || parse("émigré") != w {
			t.Errorf("a foreign word became %q", w)
		}
	}
	check(func(s string) fmt.Stringer { return ParseHoldStatus(s) }, "active", "used", "completed", "expired", "canceled")
	check(func(s string) fmt.Stringer { return ParseOrderStatus(s) }, "pending", "paid", "canceled")
	check(func(s string) fmt.Stringer { return ParsePayment(s) }, "success", "failure")
	check(func(s string) fmt.Stringer { return ParseEffect(s) }, "paid", "canceled", "refund_due", "ignored")
	check(func(s string) fmt.Stringer { return parseProblem(s) }, "not-found", "not-enough-stock", "hold-already-used",
		"hold-expired", "hold-canceled", "idempotency-key-reused", "overloaded")
	check(func(s string) fmt.Stringer { return parseTamper(s) }, evidence.Unsigned, evidence.Forged, evidence.Stale,
		evidence.Altered)
	for text, want := range map[string]Outcome{"ok": OK, "fail": Refused, "unknown": Unknown, "": Unknown, "what": Unknown} {
		if got := parseOutcome(text); got != want {
			t.Errorf("outcome %q is %s", text, got)
		}
	}
}

func TestOperationsOutOfRange(t *testing.T) {
	for _, op := range []evidence.Operation{{ID: -1}, {ID: math.MaxUint32 + 1}, {Request: math.MaxInt64}} {
		op.Kind = evidence.ReadHold
		if err := new(History).Add([]evidence.Operation{op}); err == nil {
			t.Errorf("%+v was taken", op)
		}
	}
	h := new(History)
	if err := h.Add([]evidence.Operation{{Kind: evidence.ReadHold, HTTPStatus: -1}, {Kind: "dance"}}); err != nil {
		t.Fatal(err)
	}
	if h.HoldReads.At(0).HTTPStatus == 0 || h.Operations != 2 {
		t.Errorf("%+v, %d operations", h.HoldReads.At(0), h.Operations)
	}
}
