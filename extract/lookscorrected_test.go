package extract_test

import (
	"math"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A curve in tissue that rises and is washed out again, over 90 minutes, as a
// table has it: corrected for decay.
func washedOut() extract.CorrectedCurves {
	c := extract.CorrectedCurves{Frames: minutes(90), TACs: []extract.CorrectedTAC{{Region: "A"}}}
	for _, f := range c.Frames {
		t := f.Mid().Minutes()
		c.TACs[0].BqPerML = append(c.TACs[0].BqPerML, 1000*(math.Exp(-t/80)-math.Exp(-t/8)))
	}
	return c
}

func TestCorrectedValuesThatAreCalledDecayed(t *testing.T) {
	for _, test := range []struct {
		name     string
		halfLife time.Duration
		want     bool
	}{
		{"of carbon-11", c11, true},
		{"of fluorine-18, which shows no mark in 90 minutes", 6586 * time.Second, false},
		{"of what does not decay", 0, false},
	} {
		c := extract.FromDecayed(washedOut(), test.halfLife)
		if got := codes(c.Warnings)[ingest.WarnCorrected] > 0; got != test.want {
			t.Errorf("%s: warned %v, want %v", test.name, got, test.want)
		}
		if got := codes(c.Quality(extract.Thresholds{}))[ingest.WarnCorrected] > 0; got != test.want {
			t.Errorf("%s: Quality warned %v, want %v", test.name, got, test.want)
		}
	}
	c, err := extract.FromCorrected(washedOut(), c11, 0)
	if err != nil || codes(append(c.Warnings, c.Quality(extract.Thresholds{})...))[ingest.WarnCorrected] != 0 {
		t.Errorf("a false alarm: %v, %v", c.Warnings, err)
	}
}
