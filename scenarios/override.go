package scenarios

import (
	"fmt"
	"strconv"
	"strings"
)

// override applies one "key.path=value" to the tree, value being YAML. It makes the mappings on its
// way that are missing, and replaces what is there; whether the key exists at all is for the
// decoder to say.
func override(root *node, set string) *Error {
	path, value, ok := strings.Cut(set, "=")
	refuse := func(format string, args ...any) *Error {
		return &Error{Set: set, Key: path, Message: fmt.Sprintf(format, args...)}
	}
	if !ok || path == "" {
		return refuse("must be key.path=value")
	}
	// Reading the value as a field's lets "a: b" style values fail as they would in a file.
	parsed, err := parseTree([]byte("value: " + value))
	if err != nil || len(parsed.fields) != 1 {
		return refuse("%q is not a YAML value", value)
	}
	steps, reason := pathSteps(path)
	if reason != "" {
		return refuse("%s", reason)
	}
	at := root
	for i, step := range steps {
		next, reason := at.step(step)
		if reason != "" {
			return refuse("%s %s", strings.Join(steps[:i+1], "."), reason)
		}
		at = next
	}
	*at = *parsed.fields[0].value
	at.unplace()
	return nil
}

// unplace takes away a tree's positions: it does not come from the file.
func (n *node) unplace() {
	n.line, n.col = 0, 0
	for _, item := range n.items {
		item.unplace()
	}
	for i := range n.fields {
		n.fields[i].line, n.fields[i].col = 0, 0
		n.fields[i].value.unplace()
	}
}

// pathSteps splits a.b[0].c into a b [0] c.
func pathSteps(path string) ([]string, string) {
	var steps []string
	for part := range strings.SplitSeq(path, ".") {
		key, rest, _ := strings.Cut(part, "[")
		if key == "" {
			return nil, "has an empty key in its path"
		}
		steps = append(steps, key)
		for rest != "" {
			index, after, closed := strings.Cut(rest, "]")
			if !closed || (after != "" && after[0] != '[') {
				return nil, "has an index that is not closed"
			}
			steps = append(steps, "["+index+"]")
			rest = strings.TrimPrefix(after, "[")
		}
	}
	return steps, ""
}

// step goes one step down, into a field that is made if need be or into an item that must exist.
func (n *node) step(step string) (*node, string) {
	if index, ok := strings.CutPrefix(step, "["); ok {
		i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		if err != nil || n.kind != sequenceNode || i < 0 || i >= len(n.items) {
			return nil, fmt.Sprintf("is not there: the list has %d entries", len(n.items))
		}
		return n.items[i], ""
	}
	if n.kind == nullNode {
		n.kind = mappingNode
	}
	if n.kind != mappingNode {
		return nil, fmt.Sprintf("is not there: above it is %s", n.kind)
	}
	if f := n.field(step); f != nil {
		return f.value, ""
	}
	made := &node{kind: nullNode}
	n.fields = append(n.fields, field{key: step, value: made})
	return made, ""
}

// blame names the override that brought an error in: errors without a position are about values that
// do not come from the file.
func blame(errors Errors, sets []string) {
	for _, e := range errors {
		for _, set := range sets {
			path, _, _ := strings.Cut(set, "=")
			if e.Line == 0 && (within(e.Key, path) || within(path, e.Key)) {
				e.Set = set
			}
		}
	}
}

// within tells whether a key path is another one or lies below it.
func within(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
