package extract_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/ingest"
)

// curve returns curves of one large region with one value per minute, of a
// nuclide that does not decay.
func curve(values ...float64) extract.Curves {
	return extract.Curves{Frames: minutes(len(values)), TACs: []extract.TAC{{Region: "A", Voxels: 100, BqPerML: values}}}
}

// codes returns value by code.
func codes(warnings []ingest.Warning) map[ingest.Code]float64 {
	got := map[ingest.Code]float64{}
	for _, w := range warnings {
		got[w.Code] = w.Value
	}
	return got
}

func TestRulesOfQuality(t *testing.T) {
	gap := curve(0, 5, 10, 8)
	gap.Frames[2].Start += 3 * time.Second
	gap.Frames[3].Start += 5 * time.Second
	short := curve(0, 5, 10, 8)
	short.Frames[3].Start += time.Second
	small := curve(0, 5, 10, 8)
	small.TACs[0].Voxels = 7.5
	unknown := curve(0, 5, 10, 8)
	unknown.TACs[0].Voxels = 0
	for _, c := range []struct {
		name   string
		curves extract.Curves
		want   map[ingest.Code]float64
	}{
		{"a good curve", curve(0, 5, 10, 9, 8, 7, 6, 5), nil},
		{"first frame at 20 % of the peak", curve(2, 5, 10, 8), nil},
		{"first frame at 21 % of the peak", curve(2.1, 5, 10, 8), map[ingest.Code]float64{ingest.WarnLateStart: 0.21}},
		{"two gaps of 3 and 2 s", gap, map[ingest.Code]float64{ingest.WarnFrameGap: 3}},
		{"a gap of 1 s", short, nil},
		{"negative in the first two minutes, in 2 of 20", curve(-1, -1, 5, 10, 9, 8, 7, 6, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4), nil},
		{"negative in the third minute", curve(0, 5, -1, 10, 9, 8, 7, 6, 5, 4, 3), map[ingest.Code]float64{ingest.WarnNegative: 1}},
		{"negative in 2 of 8", curve(-1, -1, 10, 9, 8, 7, 6, 5), map[ingest.Code]float64{ingest.WarnNegative: 0.25}},
		{"7.5 voxels", small, map[ingest.Code]float64{ingest.WarnSmallRegion: 7.5}},
		{"voxels not known", unknown, nil},
		// Each value is 4 off the line through its neighbours: 4/√1.5 of 10.
		{"late frames up and down", curve(0, 10, 10, 10, 10, 10, 12, 8, 12, 8, 12, 8), map[ingest.Code]float64{ingest.WarnNoise: 4 / math.Sqrt(1.5) / 10}},
		{"early frames up and down", curve(0, 12, 8, 12, 8, 10, 10, 10, 10, 10, 10, 10), nil},
		{"no frames", extract.Curves{}, nil},
		{"one frame", curve(7), nil},
		{"all zero", curve(0, 0, 0, 0, 0, 0, 0, 0), nil},
		{"all negative", curve(-1, -1, -1, -1), map[ingest.Code]float64{ingest.WarnNegative: 2}},
	} {
		if c.want == nil {
			c.want = map[ingest.Code]float64{}
		}
		if diff := cmp.Diff(c.want, codes(c.curves.Quality(extract.Thresholds{})), nearly); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestThresholdsCanBeMoved(t *testing.T) {
	c := curve(1, 5, 10, 8)
	if got := c.Quality(extract.Thresholds{LateStart: 0.05, SmallRegion: 200}); len(got) != 2 || got[0].Threshold != 0.05 || got[1].Threshold != 200 {
		t.Errorf("%+v", got)
	}
}

// A curve that only falls because the nuclide decays is a flat one.
func TestDecayIsNoFaultOfTheCurve(t *testing.T) {
	c := curve(make([]float64, 60)...)
	c.HalfLife = 5 * time.Minute
	for f, frame := range c.Frames {
		c.TACs[0].BqPerML[f] = 1000 / frame.DecayFactor(c.HalfLife, 0)
	}
	want := map[ingest.Code]float64{ingest.WarnLateStart: 1}
	if diff := cmp.Diff(want, codes(c.Quality(extract.Thresholds{})), nearly); diff != "" {
		t.Error(diff)
	}
}

func TestARuleOfARegionNamesIt(t *testing.T) {
	c := curve(0, 5, 10, 8)
	c.TACs[0].Voxels = 2
	want := []ingest.Warning{{Code: ingest.WarnSmallRegion, Level: ingest.LevelWarn, Value: 2, Threshold: 8, Detail: "Region A has 2 effective voxels, fewer than 8."}}
	if diff := cmp.Diff(want, c.Quality(extract.Thresholds{})); diff != "" {
		t.Error(diff)
	}
}
