package replay

import (
	"strings"

	"flashsale/internal/evidence"
)

// An idempotency key is one row of its table. The machine judges this only when it is to forget rows: it then
// remembers the newest keys of each table, whole, and cannot see one that comes back after so many others. When
// all rows are remembered the keys are not, for the final tables hold every duplicate: a row that was deleted and
// a key that was changed are findings of their own, so two rows of one key are both there at the end, and whoever
// has the rows compares their keys. It would cost as much memory as all else to keep them twice.

// recentKeys are the newest keys of one table, each with its row's id.
type recentKeys struct {
	ids   map[string]int64
	queue queue[string]
}

func (k *recentKeys) add(key string, id int64) {
	key = strings.Clone(key) // it may be a piece of a much larger buffer
	k.ids[key] = id
	if oldest, full := k.queue.push(key); full {
		delete(k.ids, oldest)
	}
}

// judgeKey asks whether a new row's key is new.
func (m *Machine) judgeKey(table string, row *evidence.Image) {
	if m.memory == nil || row.Key == "" {
		return
	}
	m.exercised[eventAppliedOnce]++
	keys := m.memory.keys[table]
	id, used := keys.ids[row.Key]
	if !used {
		keys.add(row.Key, row.ID)
		return
	}
	what := map[string]string{
		evidence.TableHolds:  "A commit made a second hold for one request.",
		evidence.TableOrders: "A commit made a second order for one request.",
		evidence.TableEvents: "A commit stored one payment event for the second time.",
	}
	m.accuse(eventAppliedOnce, Finding{What: what[table],
		IDs:    ids{strings.TrimSuffix(strings.TrimPrefix(table, "payment_"), "s") + "_id": row.ID},
		Values: map[string]string{"idempotency_key": row.Key}, Expected: "one row, " + number(id),
		Found: "another, " + number(row.ID)})
}
