package server

import (
	"errors"
	"strings"
	"testing"
)

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func TestParseBody(t *testing.T) {
	const ok, malformed, invalid = "ok", "malformed", "invalid"
	for _, c := range []struct{ body, want string }{
		{`{"product_id":1,"qty":2}`, ok},
		{` {"qty":2 , "product_id":1, "more":{"a":[1,null,"x"]}} `, ok},
		{`{"product_id":1,"qty":2,"deep":` + nested(30) + `}`, ok},
		{`{"product_id":1,"qty":2,"deep":` + nested(31) + `}`, malformed},
		{``, malformed},
		{`   `, malformed},
		{`{`, malformed},
		{`{"product_id":1,"qty":2`, malformed},
		{`{"product_id":1,"qty":2}}`, malformed},
		{`{"product_id":1,"qty":2} x`, malformed},
		{`{"product_id":1,"qty":2}{}`, malformed},
		{`{"product_id":1,"qty":2,"qty":3}`, malformed},
		{`{"product_id":1,"qty":2,"s":"\ud800"}`, malformed},
		{`{"product_id":1,"qty":2,"s":"\ud83d\ude00"}`, ok},
		{"{\"product_id\":1,\"qty\":2,\"s\":\"\xff\"}", malformed},
		{`{"product_id":1,"qty":2,"n":1e999}`, malformed},
		{`{"product_id":1,"qty":NaN}`, malformed},
		{`{'product_id':1,'qty':2}`, malformed},
		{`product_id=1&qty=2`, malformed},
		{`[]`, invalid},
		{`[{"product_id":1,"qty":2}]`, invalid},
		{`5`, invalid},
		{`null`, invalid},
		{`{}`, invalid},
		{`{"qty":2}`, invalid},
		{`{"product_id":1}`, invalid},
		{`{"product_id":1,"QTY":2}`, invalid},
		{`{"product_id":"1","qty":2}`, invalid},
		{`{"product_id":1,"qty":"2"}`, invalid},
		{`{"product_id":1,"qty":null}`, invalid},
		{`{"product_id":1,"qty":true}`, invalid},
		{`{"product_id":1,"qty":[2]}`, invalid},
		{`{"product_id":1,"qty":2.0}`, invalid},
		{`{"product_id":1,"qty":2e0}`, invalid},
		{`{"product_id":1,"qty":0}`, invalid},
		{`{"product_id":1,"qty":-1}`, invalid},
		{`{"product_id":1,"qty":1000000000}`, invalid},
		{`{"product_id":1,"qty":9223372036854775808}`, invalid},
		{`{"product_id":9223372036854775808,"qty":1}`, invalid},
	} {
		var product, qty int64
		err := parseBody([]byte(c.body), integer("product_id", 1, 1<<62, &product), integer("qty", 1, 1000, &qty))
		got := ok
		if errors.Is(err, errMalformed) {
			got = malformed
		} else if err != nil {
			got = invalid
		}
		if got != c.want {
			t.Errorf("%.80s: %s (%v), want %s", c.body, got, err, c.want)
		}
		if got == ok && (product != 1 || qty != 2) {
			t.Errorf("%s: read product %d, qty %d", c.body, product, qty)
		}
	}
}

func TestParseText(t *testing.T) {
	for body, good := range map[string]bool{
		`{"k":"evt_1"}`: true,
		`{"k":"` + strings.Repeat("x", 255) + `"}`: true,
		`{"k":"` + strings.Repeat("x", 256) + `"}`: false,
		`{"k":"` + strings.Repeat("é", 128) + `"}`: false, // 256 bytes
		`{"k":""}`:   false,
		`{"k":1}`:    false,
		`{"k":null}`: false,
	} {
		var key string
		if err := parseBody([]byte(body), text("k", &key, keyLength)); (err == nil) != good {
			t.Errorf("%.40s: %v", body, err)
		}
	}
	var key string
	if err := parseBody([]byte(`{"k":"a\u0062c"}`), text("k", &key, keyLength)); err != nil || key != "abc" {
		t.Errorf("escapes: %q, %v", key, err)
	}
}
