package publish_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/fit"
	"tacstream/publish"
)

// Every parameter is a field of an estimate, and comes back as it was.
func TestEveryParameterIsAField(t *testing.T) {
	e := publish.Estimate{Region: "a<b", Values: publish.Values{}, SE: publish.Values{fit.BPND: 0.5}}
	for i, q := range fit.Quantities() {
		e.Values[q.Symbol] = float64(i) + 0.25
	}
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	for _, q := range fit.Quantities() {
		if fields[string(q.Symbol)] != e.Values[q.Symbol] {
			t.Errorf("%s is %v in %s", q.Symbol, fields[string(q.Symbol)], body)
		}
	}
	var back publish.Estimate
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
}

// An estimate without numbers has none of these fields.
func TestAnEstimateWithoutNumbers(t *testing.T) {
	body, err := json.Marshal(publish.Estimate{Region: "a", Values: publish.Values{}, SE: publish.Values{}})
	if want := `{"region":"a"}`; err != nil || string(body) != want {
		t.Errorf("%s, %v, want %s", body, err, want)
	}
}
