package publish_test

import (
	"strings"
	"testing"

	"tacstream/fit"
	"tacstream/publish"
)

// The table shows what a model is run for, whatever that is.
func TestTheTableShowsWhatAModelIsRunFor(t *testing.T) {
	b := &publish.Binding{Models: []publish.ModelEstimates{{Name: "patlak-ref", Estimates: []publish.Estimate{
		{Region: "Putamen", Values: publish.Values{fit.KI: 0.0123}, SE: publish.Values{fit.KI: 0.001}},
	}}}}
	var out strings.Builder
	if err := publish.WriteTable(&out, b); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "Ki ± SE") || !strings.Contains(got, "0.012 ± 0.001") || strings.Contains(got, "BPnd") {
		t.Errorf("the table is\n%s", got)
	}
}
