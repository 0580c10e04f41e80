package extract_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// phantomCurves returns curves of the phantom's regions with noise.
func phantomCurves(seed uint64, noise float64, regions int) extract.Curves {
	random := rand.New(rand.NewPCG(seed, 1))
	c := extract.Curves{Frames: phantom.DefaultFrames(), HalfLife: 20 * time.Minute}
	for _, k := range (phantom.Series{}).Truth()[:regions] {
		t := extract.TAC{Region: extract.Region(k.Region), Voxels: 50}
		for _, v := range k.FrameMeans(phantom.DASB.Reference(), c.Frames, c.HalfLife) {
			t.BqPerML = append(t.BqPerML, v*(1+noise*random.NormFloat64()))
		}
		c.TACs = append(c.TACs, t)
	}
	return c
}

// A frame without data is named and left out, wherever it is and however many
// regions there are; a curve before the tracer arrives is not.
func TestFramesWithoutDataAreLeftOut(t *testing.T) {
	last := len(phantom.DefaultFrames()) - 1
	for _, tt := range []struct {
		name            string
		empty, repeated []int
	}{
		{"none", nil, nil},
		{"one in the middle", []int{10}, nil},
		{"two in a row", []int{12, 13}, nil},
		{"the last", []int{last}, nil},
		{"a repeat", nil, []int{14}},
		{"a repeat and an empty one", []int{16}, []int{9}},
	} {
		for _, regions := range []int{1, 5} {
			t.Run(fmt.Sprintf("%s, %d regions", tt.name, regions), func(t *testing.T) {
				c := phantomCurves(3, 0.03, regions)
				factors, err := c.Factors(extract.ToScanStart)
				if err != nil {
					t.Fatal(err)
				}
				for i := range c.TACs {
					c.TACs[i].BqPerML[0] = 0 // before the tracer arrives
					for _, f := range tt.empty {
						c.TACs[i].BqPerML[f] = 0
					}
					for _, f := range tt.repeated {
						c.TACs[i].BqPerML[f] = c.TACs[i].BqPerML[f-1] * factors[f-1] / factors[f]
					}
				}
				sound, kept, warnings := c.Sound()
				gone := slices.Sorted(slices.Values(slices.Concat(tt.empty, tt.repeated)))
				for f := range c.Frames {
					if slices.Contains(kept, f) == slices.Contains(gone, f) {
						t.Errorf("frame %d: kept %v, want %v", f+1, slices.Contains(kept, f), !slices.Contains(kept, f))
					}
				}
				got := codes(warnings)
				if got[ingest.WarnFrameEmpty] != float64(len(tt.empty)) || got[ingest.WarnFrameRepeated] != float64(len(tt.repeated)) {
					t.Error(warnings)
				}
				if len(sound.Frames) != len(kept) || len(sound.TACs[0].BqPerML) != len(kept) {
					t.Errorf("%d frames, %d values, want %d", len(sound.Frames), len(sound.TACs[0].BqPerML), len(kept))
				}
			})
		}
	}
}

// Good scans have no frame without data: 300 scans, from no noise to 30 %, with
// one region and with five, and with values of three digits; nor have flat curves.
func TestGoodScansHaveNoFramesWithoutData(t *testing.T) {
	for seed := range uint64(300) {
		c := phantomCurves(seed, []float64{0, 0.03, 0.3}[seed%3], []int{1, 5}[seed%2])
		for i := range c.TACs {
			for f := range c.TACs[i].BqPerML {
				if seed%4 == 0 {
					c.TACs[i].BqPerML[f] = float64(int(c.TACs[i].BqPerML[f] / 100))
				}
			}
		}
		if faults := c.FrameFaults(); faults != nil {
			t.Errorf("seed %d: %v", seed, faults)
		}
	}
	for _, c := range []extract.Curves{curve(0, 0, 0, 0), curve(1.23456789012, 1.23456789012, 1.23456789012), curve(0, 0, 5, 4, 3)} {
		if faults := c.FrameFaults(); faults != nil {
			t.Errorf("%v: %v", c.TACs[0].BqPerML, faults)
		}
	}
}

// The injection is where the header states it, unless the curves contradict it.
func TestInjectionTimeIsNotTakenAgainstTheCurves(t *testing.T) {
	for _, tt := range []struct {
		name      string
		values    []float64
		injection time.Duration
		want      time.Duration
		doubt     bool
	}{
		{"a late scan", []float64{8, 9, 8, 7}, -20 * time.Minute, -20 * time.Minute, false},
		{"seconds before", []float64{0, 9, 8, 7}, -30 * time.Second, -30 * time.Second, false},
		{"minutes before a curve from zero", []float64{0, 9, 8, 7}, -5 * time.Minute, 0, true},
		{"after activity", []float64{4, 9, 8, 7}, 2 * time.Minute, 0, true},
		{"inside the scan", []float64{0, 0, 8, 7}, 2 * time.Minute, 2 * time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := curve(tt.values...)
			c.Decay.Injection, c.Decay.InjectionKnown = tt.injection, true
			got, doubts := c.InjectionTime()
			if _, doubted := codes(doubts)[ingest.WarnInjection]; got != tt.want || doubted != tt.doubt {
				t.Errorf("%v, %v", got, doubts)
			}
		})
	}
}
