package columnar

// element is a node of the schema, which the footer lists parents first.
type element struct {
	name       string
	kind       int64
	repetition int64
	children   int64
}

func readElement(c *cursor) (e element) {
	e.kind = -1
	c.object(func(field int64) bool {
		switch field {
		case 1:
			e.kind = c.int()
		case 3:
			e.repetition = c.int()
		case 4:
			e.name = c.text()
		case 5:
			e.children = c.int()
		default:
			return false
		}
		return true
	})
	if e.name == "" {
		c.fail("a column without a name")
	}
	return e
}

// leaves lists the columns below the first element of a schema, and what comes after them.
func leaves(schema []element, path string, depth int) (columns []Column, rest []element, err error) {
	if len(schema) == 0 || depth > maxDepth {
		return nil, nil, corrupt("a schema without an end")
	}
	first := schema[0]
	rest = schema[1:]
	if depth > 0 {
		path += first.name
	}
	switch {
	case depth > 0 && first.repetition != required:
		return nil, nil, corrupt("column %s may have nulls", path)
	case first.children == 0 && depth > 0:
		return []Column{{Path: path, Kind: Kind(first.kind)}}, rest, nil
	case depth > 0:
		path += "."
	}
	for range first.children {
		var below []Column
		if below, rest, err = leaves(rest, path, depth+1); err != nil {
			return nil, nil, err
		}
		columns = append(columns, below...)
	}
	return columns, rest, nil
}
