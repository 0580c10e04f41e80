package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// proportionalScan has regions of 1.3 times the reference, but for noise.
func proportionalScan() fit.Scan {
	frames, rng := phantom.DefaultFrames(), rand.New(rand.NewPCG(1, 2))
	ref := phantom.DASB.Reference().FrameMeans(frames, phantom.CarbonHalfLife)
	s := fit.Scan{Frames: frames, HalfLife: phantom.CarbonHalfLife, Reference: "reference"}
	s.TACs = append(s.TACs, extract.TAC{Region: "reference", BqPerML: ref})
	for _, name := range []extract.Region{"A", "B", "C", "D", "E", "F"} {
		t := extract.TAC{Region: name}
		for i, v := range ref {
			sd := 0.03 * math.Sqrt(v*ref[len(ref)/2]/frames[i].Duration.Minutes())
			t.BqPerML = append(t.BqPerML, 1.3*v+sd*rng.NormFloat64())
		}
		s.TACs = append(s.TACs, t)
	}
	return s
}

// An end of an interval that the data do not set is null in JSON and ∞ in the table.
func TestAnIntervalWithoutAnEndIsPrinted(t *testing.T) {
	all, _, err := fit.All([]fit.Model{fit.SRTM{}}, proportionalScan())
	if err != nil {
		t.Fatal(err)
	}
	result, out := fitResult{estimates: all, weights: fit.AkaikeWeights(all)}, new(bytes.Buffer)
	if err := result.printJSON(&env{stdout: out}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Estimates []struct {
			Interval map[string][2]*float64
			Warnings []struct{ Code string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	open := 0
	for i, e := range got.Estimates {
		low, high := all[i].Interval(confidence)
		span, ok := e.Interval["BPnd"]
		for k, end := range []float64{low, high} {
			if !ok || finite(end) != (span[k] != nil) || finite(end) && *span[k] != end {
				t.Errorf("%s: %v, want %g to %g", all[i].Region, span, low, high)
			}
			if !finite(end) {
				open++
			}
		}
	}
	if open == 0 {
		t.Fatal("all intervals have both ends: nothing was tried")
	}
	out.Reset()
	if err := result.print(&env{stdout: out}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "∞") || !strings.Contains(text, "INTERVAL_OPEN") {
		t.Error(text)
	}
}
