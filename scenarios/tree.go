package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A node is one value of a YAML tree, with where it stands. Scenarios need less than YAML has (no
// anchors, tags or second documents), and every error needs a position: so the parser's tree is
// reduced to this one, which overrides edit and the decoder reads.
type node struct {
	kind      nodeKind
	text      string  // of a scalar
	items     []*node // of a sequence
	fields    []field // of a mapping, in the order of the file
	line, col int     // from 1; 0 for a value that an override made
}

type field struct {
	key       string
	line, col int
	value     *node
}

type nodeKind int

const (
	nullNode nodeKind = iota
	textNode
	numberNode
	boolNode
	sequenceNode
	mappingNode
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a list", "a mapping"}[k]
}

// parseTree reads one YAML document; an empty one is an empty mapping.
func parseTree(data []byte) (*node, *Error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	if len(file.Docs) > 1 {
		return nil, &Error{Line: file.Docs[1].GetToken().Position.Line, Col: 1, Message: "one document a file, please"}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return &node{kind: mappingNode, line: 1, col: 1}, nil
	}
	root, failure := reduce(file.Docs[0].Body)
	if failure == nil && root.kind == mappingNode {
		// The parser places a mapping at its first colon.
		root.line, root.col = 1, 1
	}
	return root, failure
}

// syntaxError keeps position and first line of the parser's message, not its picture of the source.
func syntaxError(err error) *Error {
	var positioned yaml.Error
	if errors.As(err, &positioned) && positioned.GetToken() != nil {
		at := positioned.GetToken().Position
		return &Error{Line: at.Line, Col: at.Column, Message: positioned.GetMessage()}
	}
	message, _, _ := strings.Cut(err.Error(), "\n")
	return &Error{Line: 1, Col: 1, Message: message}
}

func reduce(from ast.Node) (*node, *Error) {
	at := from.GetToken().Position
	to := &node{line: at.Line, col: at.Column}
	switch n := from.(type) {
	case *ast.NullNode:
		to.kind = nullNode
	case *ast.StringNode:
		to.kind, to.text = textNode, n.Value
	case *ast.LiteralNode:
		to.kind, to.text = textNode, n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode:
		to.kind, to.text = numberNode, from.GetToken().Value
	case *ast.BoolNode:
		to.kind, to.text = boolNode, fmt.Sprint(n.Value)
	case *ast.SequenceNode:
		to.kind = sequenceNode
		for _, value := range n.Values {
			item, err := reduce(value)
			if err != nil {
				return nil, err
			}
			to.items = append(to.items, item)
		}
	case *ast.MappingNode:
		to.kind = mappingNode
		return to, to.addFields(n.Values)
	case *ast.MappingValueNode:
		to.kind = mappingNode
		return to, to.addFields([]*ast.MappingValueNode{n})
	default:
		return nil, &Error{Line: at.Line, Col: at.Column, Message: "anchors, aliases and tags have no place in a scenario"}
	}
	return to, nil
}

func (n *node) addFields(values []*ast.MappingValueNode) *Error {
	for i, v := range values {
		at := v.Key.GetToken().Position
		if i == 0 && n.col > at.Column {
			n.line, n.col = at.Line, at.Column
		}
		value, err := reduce(v.Value)
		if err != nil {
			return err
		}
		n.fields = append(n.fields, field{key: v.Key.GetToken().Value, line: at.Line, col: at.Column, value: value})
	}
	return nil
}

// field finds a key of a mapping; nil if it is not there.
func (n *node) field(key string) *field {
	for i := range n.fields {
		if n.fields[i].key == key {
			return &n.fields[i]
		}
	}
	return nil
}
