package simulator

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"flashsale/internal/api"
	"flashsale/internal/evidence"
)

// agree holds a scanner against encoding/json: what it takes it must read alike.
func agree[T any](t *testing.T, body []byte, scan func([]byte) (T, bool)) (plain bool) {
	t.Helper()
	got, plain := scan(body)
	if !plain {
		return false
	}
	var want T
	if err := json.Unmarshal(body, &want); err != nil {
		t.Fatalf("%q was taken for plain: %v", body, err)
	}
	if p, ok := any(&want).(*api.Problem); ok { // what it says to people is not kept
		p.Title, p.Detail, p.Status = "", "", 0
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q\ngot  %+v\nwant %+v", body, got, want)
	}
	return true
}

// agreeAll tries every scanner, and says whether one took the body.
func agreeAll(t *testing.T, body []byte) bool {
	t.Helper()
	took := agree(t, body, scanProduct)
	took = agree(t, body, scanHoldCreated) || took
	took = agree(t, body, scanHold) || took
	took = agree(t, body, scanOrderCreated) || took
	took = agree(t, body, scanOrder) || took
	took = agree(t, body, scanWebhookAnswer) || took
	return agree(t, body, scanProblem) || took
}

func TestAnswersOfOurServerArePlain(t *testing.T) {
	stock, order := int64(0), int64(7)
	expires := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, answer := range []any{
		api.Product{ID: 1, Name: "Lamp", Price: 250, AvailableStock: 3},
		api.HoldCreated{HoldID: 1, ExpiresAt: expires},
		api.Hold{HoldID: 1, ProductID: 2, Qty: 3, Status: api.HoldExpired, ExpiresAt: expires},
		api.OrderCreated{OrderID: 1, Status: api.OrderPending, Qty: 2, TotalPrice: 500},
		api.Order{OrderID: 1, ProductID: 2, HoldID: 3, Qty: 4, TotalPrice: 5, Status: api.OrderPaid},
		api.WebhookAnswer{Message: api.MessagePaymentHandled, OrderStatus: api.OrderPaid, Outcome: api.OutcomePaid},
		api.Problem{Type: api.ProblemNotEnoughStock, Title: "Not enough stock", Status: 409, AvailableStock: &stock},
		api.Problem{Type: api.ProblemHoldAlreadyUsed, Title: "Used", Status: 409, Detail: "order 7", OrderID: &order},
	} {
		body, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		if !agreeAll(t, body) || !agreeAll(t, append(body, '\n')) {
			t.Errorf("%s is not plain", body)
		}
	}
}

func TestOtherAnswersAreLeftToTheLibrary(t *testing.T) {
	for _, body := range []string{
		``, `{`, `}`, `{}`, `[]`, `{"hold_id":1`, `{"hold_id":1}}`, `{"hold_id":1,}`, `{"hold_id":01}`, `{"hold_id":-1}`, `{"hold_id":1.0}`,
		`{"hold_id":1234567890123456789}`, `{"hold_id":"1"}`, `{"hold_id":null}`, `{"Hold_ID":1}`, `{"hold_id" :1}`, `{"hold_id":}`,
		`{"hold_id":1;"qty":2}`, `{"status":"a\"b"}`, `{"status":"\u00e9"}`, `{"status":7}`, `{"expires_at":"yesterday"}`,
		`{"expires_at":5}`, `{"other":1}`, `{"hold_id":1} {"hold_id":2}`,
	} {
		for name, took := range map[string]bool{
			"created": agree(t, []byte(body), scanHoldCreated), "hold": agree(t, []byte(body), scanHold),
		} {
			if took {
				t.Errorf("%s took %s", name, body)
			}
		}
	}
}

// FuzzPlain: whatever a server says, a scanner reads it as encoding/json does, or leaves it alone.
func FuzzPlain(f *testing.F) {
	f.Add([]byte(`{"hold_id":4,"expires_at":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"type":"not-enough-stock","title":"x","status":409,"available_stock":0}`))
	f.Add([]byte(`{"order_id":5,"product_id":3,"hold_id":4,"qty":2,"total_price":18,"status":"paid"}`))
	f.Add([]byte(`{"message":"Payment handled","order_status":"paid","outcome":"paid"}`))
	f.Fuzz(func(t *testing.T, body []byte) { agreeAll(t, body) })
}

func BenchmarkReadAnswer(b *testing.B) {
	body := []byte(`{"hold_id":123456,"expires_at":"2026-01-02T03:04:05.000006Z"}`)
	op := evidence.Operation{Kind: evidence.CreateHold}
	b.ReportAllocs()
	for b.Loop() {
		readAnswer(&op, 201, body)
	}
}
