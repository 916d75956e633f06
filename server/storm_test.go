package server

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"flashsale/internal/api"
)

// visitors is how many clients a storm has.
const visitors = 8

// A visit is one request of a storm, and what came of it.
type visit struct {
	path, key, body string // without a key it is a read
	status          int    // 0: no answer
	answer          []byte
	took            time.Duration
}

// counts is how often each status was answered.
type counts map[int]int

func (c counts) since(before counts) counts {
	more := maps.Clone(c)
	for status, n := range before {
		more[status] -= n
	}
	return more
}

// storm is clients who buy one after the other, as long as it lasts.
type storm struct {
	shop    *shop
	product int64
	ended   chan struct{}
	wait    sync.WaitGroup

	mu     sync.Mutex
	visits []visit
	counts counts
}

func (s *shop) storm(product int64) *storm {
	b := &storm{shop: s, product: product, ended: make(chan struct{}), counts: counts{}}
	for i := range visitors {
		b.wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-b.ended:
					return
				default:
					b.purchase(fmt.Sprintf("%s-%d-%d", s.keys, i, n))
				}
			}
		})
	}
	return b
}

// purchase looks at the product, takes a unit, orders and pays it, as far as that goes.
func (b *storm) purchase(key string) {
	b.send(visit{path: api.PathProducts + strconv.FormatInt(b.product, 10)})
	held := b.send(visit{path: api.PathHolds, key: key, body: holdOf(b.product, 1)})
	hold, ok := parsed[api.HoldCreated](held)
	if !ok {
		return
	}
	ordered := b.send(visit{path: api.PathOrders, key: key, body: fmt.Sprintf(`{"hold_id":%d}`, hold.HoldID)})
	order, ok := parsed[api.OrderCreated](ordered)
	if !ok {
		return
	}
	b.send(visit{path: api.PathWebhook, key: key, body: fmt.Sprintf(`{"order_id":%d,"status":"success","idempotency_key":%q}`, order.OrderID, key)})
}

// send sends one request and notes what came of it.
func (b *storm) send(v visit) visit {
	v = b.shop.send(v)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.visits = append(b.visits, v)
	b.counts[v.status]++
	return v
}

// met is how often each status was answered so far.
func (b *storm) met() counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.counts)
}

// stop ends the storm and returns all its visits.
func (b *storm) stop() []visit {
	close(b.ended)
	b.wait.Wait()
	return b.visits
}

// send sends a request; other than do it takes no answer for an answer, too.
func (s *shop) send(v visit) visit {
	request, err := http.NewRequest(http.MethodGet, s.url+v.path, nil)
	switch {
	case v.path == api.PathWebhook:
		headers := signed(s.t, s.secret, v.key, time.Now(), v.body)
		request = s.request(http.MethodPost, v.path, []byte(v.body), headers...)
	case v.key != "":
		request = s.request(http.MethodPost, v.path, []byte(v.body), api.HeaderIdempotencyKey, v.key)
	case err != nil:
		s.t.Error(err)
		return v
	}
	began := time.Now()
	response, err := s.client.Do(request)
	if err == nil {
		v.status = response.StatusCode
		v.answer, err = io.ReadAll(response.Body)
		err = errors.Join(err, response.Body.Close())
	}
	if v.took = time.Since(began); err != nil {
		v.status, v.answer = 0, []byte(err.Error())
	}
	return v
}

// parsed reads the answer to a visit that was served.
func parsed[T any](v visit) (answer T, served bool) {
	if v.status/100 != 2 {
		return answer, false
	}
	return answer, json.Unmarshal(v.answer, &answer) == nil
}

func slowest(visits []visit) (took time.Duration) {
	for _, v := range visits {
		took = max(took, v.took)
	}
	return took
}

// judge holds what the visitors were told against the database, product by product: everybody was answered within the
// bound; what was acknowledged is there; what was refused left nothing; and what is unknown is settled by sending it
// again under the same key.
func (s *shop) judge(product int64, visits []visit, bound time.Duration) {
	s.t.Helper()
	there := s.keysOf(product)
	for _, v := range visits {
		switch {
		case v.took > bound:
			s.t.Errorf("%s answered %d after %v", v.path, v.status, v.took)
		case v.key == "" && v.status != http.StatusOK && v.status != http.StatusServiceUnavailable:
			s.t.Errorf("%s answered %d %s", v.path, v.status, v.answer)
		case v.key != "":
			s.judgeWrite(v, there[v.path][v.key])
		}
	}
	s.checkSums(product)
}

func (s *shop) judgeWrite(v visit, there bool) {
	s.t.Helper()
	switch v.status {
	case http.StatusOK, http.StatusCreated:
		if !there {
			s.t.Errorf("%s %s was acknowledged and is not there", v.path, v.key)
		}
	case http.StatusServiceUnavailable:
		if there {
			s.t.Errorf("%s %s was refused and is there", v.path, v.key)
		}
	case http.StatusGatewayTimeout:
		if again := s.send(v); again.status/100 != 2 {
			s.t.Errorf("%s %s is unknown, and then %d %s", v.path, v.key, again.status, again.answer)
		}
	default:
		s.t.Errorf("%s %s answered %d %s", v.path, v.key, v.status, v.answer)
	}
}

// keysOf are the keys under which something is in the database, by the path that puts it there.
func (s *shop) keysOf(product int64) map[string]map[string]bool {
	s.t.Helper()
	there := map[string]map[string]bool{}
	for path, query := range map[string]string{
		api.PathHolds:   "SELECT idempotency_key FROM holds WHERE product_id = ?",
		api.PathOrders:  "SELECT idempotency_key FROM orders WHERE product_id = ?",
		api.PathWebhook: "SELECT e.idempotency_key FROM payment_events e JOIN orders o ON o.id = e.order_id WHERE o.product_id = ?",
	} {
		there[path] = map[string]bool{}
		rows, err := s.db.Query(query, product)
		if err != nil {
			s.t.Fatal(err)
		}
		for rows.Next() {
			var key sql.NullString
			if err := rows.Scan(&key); err != nil {
				s.t.Fatal(err)
			}
			there[path][key.String] = true
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			s.t.Fatal(err)
		}
	}
	return there
}

// checkSums holds a product's columns against its rows.
func (s *shop) checkSums(product int64) {
	s.t.Helper()
	var sold, held, wantSold, wantHeld int64
	err := s.db.QueryRow(`SELECT stock_sold, stock_held,
		COALESCE((SELECT SUM(qty) FROM orders WHERE product_id = p.id AND status = 'paid'), 0),
		COALESCE((SELECT SUM(qty) FROM holds WHERE product_id = p.id AND status IN ('active', 'used')), 0)
		FROM products p WHERE id = ?`, product).Scan(&sold, &held, &wantSold, &wantHeld)
	if err != nil || sold != wantSold || held != wantHeld {
		s.t.Errorf("sold %d (rows say %d), held %d (rows say %d): %v", sold, wantSold, held, wantHeld, err)
	}
}
