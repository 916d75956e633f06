package server

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// spec is openapi.yaml, ready to judge answers. OpenAPI 3.1 schemas are JSON Schema 2020-12, so a plain
// JSON Schema validator reads them where they stand.
type spec struct {
	document map[string]any
	compiler *jsonschema.Compiler
}

const specURL = "openapi.json"

func loadSpec(t *testing.T) *spec {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(specURL, document); err != nil {
		t.Fatal(err)
	}
	return &spec{document: document.(map[string]any), compiler: c}
}

// check says in what an answer departs from the specification. Paths that are not in it are not judged.
func (s *spec) check(request *http.Request, a answered) error {
	path := regexp.MustCompile(`/-?\w+$`).ReplaceAllStringFunc(request.URL.Path, func(last string) string {
		if regexp.MustCompile(`^/-?\d`).MatchString(last) {
			return "/{id}"
		}
		return last
	})
	operation, pointer := s.dig("paths", path, strings.ToLower(request.Method))
	if operation == nil {
		return nil
	}
	response, pointer := s.follow(operation, pointer, "responses", fmt.Sprint(a.status))
	if response == nil {
		return fmt.Errorf("%s %s does not document %d", request.Method, path, a.status)
	}
	mediaType, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return err
	}
	content, pointer := s.follow(response, pointer, "content", mediaType, "schema")
	if content == nil {
		return fmt.Errorf("%s is not documented", mediaType)
	}
	schema, err := s.compiler.Compile(specURL + "#" + pointer)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err != nil {
		return err
	}
	return errors.Join(schema.Validate(value), s.checkHeaders(response, a))
}

// checkHeaders wants every documented Retry-After and Allow to be there.
func (s *spec) checkHeaders(response map[string]any, a answered) error {
	headers, _ := response["headers"].(map[string]any)
	if _, documented := headers["Retry-After"]; documented && a.header.Get("Retry-After") == "" {
		return errors.New("no Retry-After")
	}
	if a.status == http.StatusMethodNotAllowed && a.header.Get("Allow") == "" {
		return errors.New("no Allow")
	}
	return nil
}

func (s *spec) dig(steps ...string) (map[string]any, string) {
	return s.follow(s.document, "", steps...)
}

// follow walks the document, through references, and returns the node with its JSON pointer.
func (s *spec) follow(node map[string]any, pointer string, steps ...string) (map[string]any, string) {
	for _, step := range steps {
		next, ok := node[step].(map[string]any)
		if !ok {
			return nil, ""
		}
		node, pointer = next, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(step)
		if ref, ok := node["$ref"].(string); ok {
			node, pointer = s.dig(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
	}
	return node, pointer
}

func TestTheSpecificationJudges(t *testing.T) {
	s := loadSpec(t)
	request := func(method, path string) *http.Request {
		r, err := http.NewRequest(method, "http://x"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	header := func(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }
	const good = `{"hold_id":1,"product_id":1,"qty":1,"status":"used","expires_at":"2026-01-01T00:00:00.5Z"}`
	for name, c := range map[string]struct {
		r    *http.Request
		a    answered
		good bool
	}{
		"good":         {request("GET", "/api/holds/7"), answered{200, header("application/json"), []byte(good)}, true},
		"bad status":   {request("GET", "/api/holds/7"), answered{200, header("application/json"), []byte(strings.Replace(good, "used", "lost", 1))}, false},
		"no field":     {request("GET", "/api/holds/7"), answered{200, header("application/json"), []byte(`{}`)}, false},
		"undocumented": {request("GET", "/api/holds/7"), answered{418, header("application/json"), []byte(`{}`)}, false},
		"no UTC":       {request("GET", "/api/holds/7"), answered{200, header("application/json"), []byte(strings.Replace(good, "Z", "+02:00", 1))}, false},
		"no Retry":     {request("GET", "/api/holds/7"), answered{503, header("application/problem+json"), []byte(`{"type":"overloaded","title":"x","status":503}`)}, false},
		"wrong type":   {request("POST", "/api/orders"), answered{409, header("application/problem+json"), []byte(`{"type":"nope","title":"x","status":409}`)}, false},
		"no order id":  {request("POST", "/api/orders"), answered{409, header("application/problem+json"), []byte(`{"type":"hold-already-used","title":"x","status":409}`)}, false},
	} {
		if err := s.check(c.r, c.a); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
