package scenarios

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A decoder fills Go values from a tree and remembers where every key stood, so that validation can
// point at it too. It goes on after an error: a file's mistakes are told all at once.
type decoder struct {
	file   string
	where  map[string]node // key path -> where it stands; only line and col are used
	errors Errors
}

func (d *decoder) fail(path string, at *node, format string, args ...any) {
	d.errors = append(d.errors, &Error{File: d.file, Line: at.line, Col: at.col, Key: path,
		Message: subject(path) + fmt.Sprintf(format, args...)})
}

func subject(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// decode fills v from n. The types that occur in Scenario are all there are.
func (d *decoder) decode(path string, n *node, v reflect.Value) {
	d.where[path] = *n
	switch target := v.Addr().Interface().(type) {
	case *time.Duration:
		scalar(d, path, n, target, parseDuration, textNode, numberNode)
	case *Span:
		scalar(d, path, n, target, parseSpan, textNode, numberNode)
	case *Share:
		scalar(d, path, n, target, parseShare, numberNode)
	case *Threshold:
		scalar(d, path, n, target, parseThreshold, textNode)
	case *string:
		scalar(d, path, n, target, func(s string) (string, error) { return strings.TrimSpace(s), nil }, textNode)
	case *bool:
		scalar(d, path, n, target, strconv.ParseBool, boolNode)
	case *float64:
		scalar(d, path, n, target, parseFloat, numberNode)
	case *int64:
		scalar(d, path, n, target, parseInt, numberNode)
	case *int:
		scalar(d, path, n, target, parseSmallInt, numberNode)
	case *uint64:
		scalar(d, path, n, target, parseSeed, numberNode)
	case *Numbers:
		d.numbers(path, n, target)
	case *map[string]int64:
		d.counts(path, n, target)
	case *Kinds:
		d.kinds(path, n, target)
	default:
		d.composite(path, n, v)
	}
}

func (d *decoder) composite(path string, n *node, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(path, n, v.Elem())
	case reflect.Slice:
		if !d.expect(path, n, sequenceNode) {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
		for i, item := range n.items {
			d.decode(fmt.Sprintf("%s[%d]", path, i), item, v.Index(i))
		}
	case reflect.Struct:
		d.mapping(path, n, v)
	}
}

func (d *decoder) mapping(path string, n *node, v reflect.Value) {
	if !d.expect(path, n, mappingNode) {
		return
	}
	known, index := keysOf(v.Type())
	for _, f := range n.fields {
		i, ok := index[f.key]
		if !ok {
			d.fail("", &node{line: f.line, col: f.col}, "unknown key %q; %s", join(path, f.key), didYouMean(f.key, known))
			d.errors[len(d.errors)-1].Key = join(path, f.key)
			continue
		}
		d.decode(join(path, f.key), f.value, v.Field(i))
	}
}

// keysOf lists the YAML keys of a struct, in order, and the fields they stand for.
func keysOf(t reflect.Type) ([]string, map[string]int) {
	var keys []string
	index := make(map[string]int)
	for i := range t.NumField() {
		if tag, ok := t.Field(i).Tag.Lookup("yaml"); ok {
			key, _, _ := strings.Cut(tag, ",")
			keys = append(keys, key)
			index[key] = i
		}
	}
	return keys, index
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// expect tells whether n is of one of the wanted kinds, and complains if not.
func (d *decoder) expect(path string, n *node, wanted ...nodeKind) bool {
	for _, kind := range wanted {
		if n.kind == kind {
			return true
		}
	}
	d.fail(path, n, "must be %s, not %s", wanted[0], n.kind)
	return false
}

func scalar[T any](d *decoder, path string, n *node, to *T, parse func(string) (T, error), wanted ...nodeKind) {
	if !d.expect(path, n, wanted...) {
		return
	}
	value, err := parse(n.text)
	if err != nil {
		d.fail(path, n, "%s", err)
		return
	}
	*to = value
}

func (d *decoder) numbers(path string, n *node, to *Numbers) {
	if n.kind != sequenceNode {
		scalar(d, path, n, to, parseNumbers, numberNode, textNode)
		return
	}
	if len(n.items) == 0 {
		d.fail(path, n, "must not be empty")
	}
	*to = Numbers{List: make([]int64, len(n.items))}
	for i, item := range n.items {
		scalar(d, fmt.Sprintf("%s[%d]", path, i), item, &to.List[i], parseInt, numberNode)
	}
}

func (d *decoder) counts(path string, n *node, to *map[string]int64) {
	if !d.expect(path, n, mappingNode) {
		return
	}
	*to = make(map[string]int64, len(n.fields))
	for _, f := range n.fields {
		var count int64
		d.decode(join(path, f.key), f.value, reflect.ValueOf(&count).Elem())
		(*to)[f.key] = count
	}
}

func parseShare(text string) (Share, error) {
	share, err := parseFloat(text)
	if err == nil && (share < 0 || share > 1) {
		err = fmt.Errorf("a share must be from 0 to 1, and %s is not", text)
	}
	return Share(share), err
}

func parseFloat(text string) (float64, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return value, nil
}

func parseSmallInt(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number below two thousand million", text)
	}
	return int(n), nil
}

func parseSeed(text string) (uint64, error) {
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a seed: a whole number from 0 to 2^64-1", text)
	}
	return seed, nil
}
