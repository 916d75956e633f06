package checker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"flashsale/internal/evidence"
)

// refused stands for evidence.Refused in verdict.json, where `fail` is a verdict.
const refused = "refused"

// MarshalJSON writes the columns that are not zero, in the file's order.
func (op Operation) MarshalJSON() ([]byte, error) {
	if op.Outcome == evidence.Refused {
		op.Outcome = refused
	}
	return marshalColumns("", &op)
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (op *Operation) UnmarshalJSON(text []byte) error {
	if err := unmarshalColumns(text, op); err != nil {
		return err
	}
	if op.Outcome == refused {
		op.Outcome = evidence.Refused
	}
	return nil
}

// MarshalJSON writes the table's name and the columns that are not zero, in the table's order.
func (r Row) MarshalJSON() ([]byte, error) {
	switch {
	case r.Product != nil:
		return marshalColumns(evidence.TableProducts, r.Product)
	case r.Hold != nil:
		return marshalColumns(evidence.TableHolds, r.Hold)
	case r.Order != nil:
		return marshalColumns(evidence.TableOrders, r.Order)
	case r.Event != nil:
		return marshalColumns(evidence.TableEvents, r.Event)
	default:
		return []byte("{}"), nil
	}
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (r *Row) UnmarshalJSON(text []byte) error {
	var head struct {
		Table string `json:"table"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	*r = Row{}
	switch head.Table {
	case evidence.TableProducts:
		r.Product = new(evidence.Product)
		return unmarshalColumns(text, r.Product)
	case evidence.TableHolds:
		r.Hold = new(evidence.Hold)
		return unmarshalColumns(text, r.Hold)
	case evidence.TableOrders:
		r.Order = new(evidence.Order)
		return unmarshalColumns(text, r.Order)
	case evidence.TableEvents:
		r.Event = new(evidence.PaymentEvent)
		return unmarshalColumns(text, r.Event)
	case "":
		return nil
	default:
		return fmt.Errorf("row of an unknown table %q", head.Table)
	}
}

// marshalColumns writes a struct as an object that is named like its Parquet columns.
func marshalColumns(table string, row any) ([]byte, error) {
	var out bytes.Buffer
	separator := byte('{')
	write := func(name string, value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		out.WriteByte(separator)
		fmt.Fprintf(&out, "%q:%s", name, text)
		separator = ','
		return nil
	}
	if table != "" {
		if err := write("table", table); err != nil {
			return nil, err
		}
	}
	fields := reflect.ValueOf(row).Elem()
	for i := range fields.NumField() {
		if fields.Field(i).IsZero() {
			continue
		}
		if err := write(columnName(fields.Type().Field(i)), fields.Field(i).Interface()); err != nil {
			return nil, err
		}
	}
	if separator == '{' {
		out.WriteByte('{')
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func unmarshalColumns(text []byte, row any) error {
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(text, &columns); err != nil {
		return err
	}
	fields := reflect.ValueOf(row).Elem()
	for i := range fields.NumField() {
		value, ok := columns[columnName(fields.Type().Field(i))]
		if !ok {
			continue
		}
		if err := json.Unmarshal(value, fields.Field(i).Addr().Interface()); err != nil {
			return err
		}
	}
	return nil
}

// columnName is a field's name in the Parquet file.
func columnName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("parquet"), ",")
	return name
}
