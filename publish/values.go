package publish

import (
	"bytes"
	"encoding/json"
	"slices"

	"tacstream/fit"
)

// Values holds the numbers of parameters by their symbols, those of Innis et al.
// as fit.Quantities has them. In JSON each is a field of its own. What is no
// number is left out.
type Values map[fit.Symbol]float64

// Parameters returns the parameters that events know, in the order of their
// fields: fit.Quantities, BPND first.
func Parameters() []fit.Quantity {
	list := fit.Quantities()
	i := slices.IndexFunc(list, func(q fit.Quantity) bool { return q.Symbol == fit.BPND })
	return slices.Concat(list[i:i+1], list[:i], list[i+1:])
}

// of returns the number of a parameter, nil where there is none.
func (v Values) of(s fit.Symbol) *float64 {
	if x, ok := v[s]; ok {
		return &x
	}
	return nil
}

// set keeps a number.
func (v Values) set(s fit.Symbol, x float64) {
	if finite(x) != nil {
		v[s] = x
	}
}

// IsZero reports whether there is no number.
func (v Values) IsZero() bool { return len(v) == 0 }

// MarshalJSON writes the numbers in the order of Parameters.
func (v Values) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, q := range Parameters() {
		x, ok := v[q.Symbol]
		if !ok {
			continue
		}
		number, err := encode(x)
		if err != nil {
			return nil, err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + string(q.Symbol) + `":`)
		b.Write(number)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads the parameters that events know, and ignores all else.
func (v *Values) UnmarshalJSON(body []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return err
	}
	*v = Values{}
	for _, q := range Parameters() {
		var x *float64
		if field, ok := fields[string(q.Symbol)]; ok {
			if err := json.Unmarshal(field, &x); err != nil {
				return err
			}
		}
		if x != nil {
			(*v)[q.Symbol] = *x
		}
	}
	return nil
}

// MarshalJSON writes the values as fields of the estimate, after its region.
func (e Estimate) MarshalJSON() ([]byte, error) {
	type bare Estimate
	body, err := encode(bare(e))
	if err != nil || e.Values.IsZero() {
		return body, err
	}
	region, err := encode(e.Region)
	if err != nil {
		return nil, err
	}
	values, err := encode(e.Values)
	if err != nil {
		return nil, err
	}
	at := len(`{"region":`) + len(region)
	return slices.Concat(body[:at], []byte(","), values[1:len(values)-1], body[at:]), nil
}

// UnmarshalJSON reads an estimate.
func (e *Estimate) UnmarshalJSON(body []byte) error {
	type bare Estimate
	if err := json.Unmarshal(body, (*bare)(e)); err != nil {
		return err
	}
	return e.Values.UnmarshalJSON(body)
}

// Unit returns the unit of a parameter.
func Unit(s fit.Symbol) string {
	q, _ := s.Quantity()
	return q.Unit
}
