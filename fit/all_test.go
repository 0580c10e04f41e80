package fit_test

import (
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// A blocked scan: nothing binds, so k2′ cannot be estimated for the Logan plot.
// The other models are not lost, and the failure is named.
func TestAModelThatFailsIsNamedAndHarmsNoOther(t *testing.T) {
	frames, ref := phantom.DefaultFrames(), phantom.DASB.Reference()
	blocked := phantom.Kinetics{R1: 1, K2PerMin: 0.065, BPND: 0}
	scan := fit.NewScan(extract.Curves{Frames: frames, HalfLife: phantom.CarbonHalfLife, TACs: []extract.TAC{
		{Region: "r", BqPerML: ref.FrameMeans(frames, phantom.CarbonHalfLife)},
		{Region: "t", BqPerML: blocked.FrameMeans(ref, frames, phantom.CarbonHalfLife)},
	}}, "r")
	all, failed, err := fit.All([]fit.Model{fit.SRTM{}, fit.MRTM{}, fit.LoganRef{}}, scan)
	if err != nil || len(all) != 2 || len(failed) != 1 || failed[0].Code != ingest.WarnModelFailed {
		t.Errorf("%d estimates, failed %v, %v", len(all), failed, err)
	}
	if _, _, err := fit.All([]fit.Model{fit.LoganRef{}}, scan); ingest.ReasonOf(err).Code != ingest.CodeFit {
		t.Errorf("no model at all: %v", err)
	}
	scan.TACs = scan.TACs[:1]
	if _, _, err := fit.All([]fit.Model{fit.SRTM{}}, scan); ingest.ReasonOf(err).Code != ingest.CodeFit {
		t.Errorf("no region but the reference: %v", err)
	}
}
