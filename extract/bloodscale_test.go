package extract_test

import (
	"math"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// tissueAndBlood are two regions of one compartment without any loss, K1 of 0.1 and
// 0.2 mL/cm³/min, and blood of 10 kBq/mL from model zero on, times a factor.
func tissueAndBlood(factor float64) (extract.Curves, extract.Blood) {
	c := extract.Curves{TACs: []extract.TAC{{Region: "A"}, {Region: "B"}}}
	var b extract.Blood
	for i := range 30 {
		f := ingest.Frame{Start: time.Duration(i) * time.Minute, Duration: time.Minute}
		c.Frames = append(c.Frames, f)
		for r := range c.TACs {
			c.TACs[r].BqPerML = append(c.TACs[r].BqPerML, 10_000*0.1*float64(r+1)*f.Mid().Minutes())
		}
		b.Parent = append(b.Parent, extract.Sample{At: f.Start, BqPerML: 10_000 * factor})
	}
	return c, b
}

func TestUptakeOfTissueFromBlood(t *testing.T) {
	for _, factor := range []float64{1e-3, 1, 1e3} {
		c, b := tissueAndBlood(factor)
		if got := b.Uptake(c.Frames, c.HalfLife, c.TACs, 0) * factor; math.Abs(got-0.2) > 1e-9 {
			t.Errorf("uptake %g, want 0.2", got)
		}
		whole := extract.Blood{Whole: b.Parent}
		if got := whole.Uptake(c.Frames, c.HalfLife, c.TACs, 0) * factor; math.Abs(got-0.2) > 1e-9 {
			t.Errorf("uptake from whole blood %g, want 0.2", got)
		}
		if doubts := b.CheckScale(c.Frames, b.Uptake(c.Frames, c.HalfLife, c.TACs, 0)); len(doubts) > 0 != (factor != 1) {
			t.Errorf("factor %g: %v", factor, doubts)
		}
	}
}

// Only where nothing states the unit does the tissue decide, and it says so.
func TestTheTissueDecidesTheUnitOfBlood(t *testing.T) {
	for _, test := range []struct {
		name     string
		factor   float64 // that is wrong
		assumed  bool
		want     float64 // of the samples
		warnings int
	}{
		{"right as assumed", 1, true, 10_000, 1},
		{"numbers in Bq/mL", 1e3, true, 10_000, 1},
		{"numbers in MBq/mL", 1e-3, true, 10_000, 1},
		{"stated, however odd", 1e3, false, 10_000_000, 0},
		{"beyond any unit", 1e12, true, 1e16, 1},
	} {
		c, b := tissueAndBlood(test.factor)
		b.UnitAssumed, b.Whole = test.assumed, b.Parent
		if test.assumed {
			b.Warnings = append(b.Warnings, extract.UnstatedBloodUnit())
		}
		before := b.Parent[3].BqPerML
		got := b.Settle(c)
		for _, list := range [][]extract.Sample{got.Parent, got.Whole} {
			if math.Abs(list[3].BqPerML/test.want-1) > 1e-12 {
				t.Errorf("%s: %g, want %g", test.name, list[3].BqPerML, test.want)
			}
		}
		if len(got.Warnings) != test.warnings {
			t.Errorf("%s: %v", test.name, got.Warnings)
		}
		if b.Parent[3].BqPerML != before {
			t.Errorf("%s: the samples that were given changed", test.name)
		}
	}
}

// Plasma and whole blood in two units are named.
func TestPlasmaAndWholeBloodInTwoUnits(t *testing.T) {
	c, b := tissueAndBlood(1)
	_, other := tissueAndBlood(1e3)
	end := c.Frames[len(c.Frames)-1].End()
	b.Whole = other.Parent
	found := false
	for _, w := range b.Check(end) {
		found = found || w.Code == ingest.WarnBloodScale && math.Abs(w.Value-1000) < 1e-6
	}
	if !found {
		t.Errorf("warnings %v", b.Check(end))
	}
}
