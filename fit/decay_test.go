package fit_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// The schedules of two real DASB protocols.
func hrrt() []ingest.Frame { return schedule(6, 10, 3, 20, 6, 30, 5, 60, 5, 120, 8, 300, 3, 600) }
func hrPlus() []ingest.Frame {
	return schedule(3, 20, 3, 60, 3, 120, 2, 300, 10, 600)
}

// kinetics covers what regions of tracers do: 100 of them, k2′ 0.03 to 0.15.
func kinetics() []phantom.Kinetics {
	var list []phantom.Kinetics
	for _, r1 := range []float64{0.6, 0.8, 1, 1.2, 1.4} {
		for _, k2Prime := range []float64{0.03, 0.065, 0.1, 0.15} {
			for _, bpnd := range []float64{0.2, 0.7, 1.5, 3, 6} {
				list = append(list, phantom.Kinetics{Region: fmt.Sprintf("R1 %g k2′ %g BPND %g", r1, k2Prime, bpnd), R1: r1, K2PerMin: r1 * k2Prime, BPND: bpnd})
			}
		}
	}
	return list
}

// scanOf returns the frame means of the decaying activity in closed form.
func scanOf(k phantom.Kinetics, ref phantom.Curve, frames []ingest.Frame, halfLife time.Duration) fit.Scan {
	return fit.Scan{Frames: frames, HalfLife: halfLife, Reference: "reference", TACs: []extract.TAC{
		{Region: "reference", BqPerML: ref.FrameMeans(frames, halfLife)},
		{Region: "target", BqPerML: k.FrameMeans(ref, frames, halfLife)},
	}}
}

// offBy returns |error| of BPND in % over the kinetics, sorted.
func offBy(t *testing.T, frames []ingest.Frame, halfLife time.Duration, model func(phantom.Kinetics) fit.Model) []float64 {
	t.Helper()
	var off []float64
	for _, ref := range []phantom.Curve{phantom.DASB.Reference(), phantom.AZ10419369.Reference()} {
		for _, k := range kinetics() {
			estimates, err := model(k).Fit(scanOf(k, ref, frames, halfLife))
			if err != nil {
				t.Fatalf("%s: %v", k.Region, err)
			}
			bpnd, _ := estimates[0].Get(fit.BPND)
			if e := 100 * math.Abs(bpnd/k.BPND-1); math.IsNaN(e) { // R1 = 1 + BPND
				off = append(off, math.Inf(1))
			} else {
				off = append(off, e)
			}
		}
	}
	slices.Sort(off)
	return off
}

var _ = time.Second

func TestDecay2(t *testing.T) {
	for name, frames := range map[string][]ingest.Frame{"HRRT": hrrt(), "HR+": hrPlus()} {
		for _, hl := range []time.Duration{0, phantom.CarbonHalfLife} {
			for _, m := range []func(phantom.Kinetics) fit.Model{
				func(phantom.Kinetics) fit.Model { return fit.SRTM{} },
				func(phantom.Kinetics) fit.Model { return fit.MRTM{} },
				func(k phantom.Kinetics) fit.Model { return fit.Logan{K2PerMin: k.K2PrimePerMin()} },
			} {
				off := offBy(t, frames, hl, m)
				t.Logf("%s %v %s: median %.5f worst %v", name, hl, m(kinetics()[0]).Name(), off[len(off)/2], off[len(off)-6:])
			}
		}
	}
}

func TestGap2(t *testing.T) {
	for _, from := range []time.Duration{20, 30, 35, 40, 45, 50} {
		list := readTruths(t, "../../shared/data/truth", "A90")
		list = slices.DeleteFunc(list, func(tr truth) bool { return math.Abs(tr.params["R1"]-1-tr.params["BPND"]) < 1e-9 })
		for i := range list {
			tr := &list[i]
			var f []ingest.Frame
			var a, b []float64
			for j, fr := range tr.frames {
				if fr.End() <= from*time.Minute || fr.Start >= (from+30)*time.Minute {
					f = append(f, fr)
					a = append(a, tr.ref[j])
					b = append(b, tr.target[j])
				}
			}
			tr.frames, tr.ref, tr.target = f, a, b
		}
		for _, m := range []func(truth) fit.Model{
			func(truth) fit.Model { return fit.SRTM{} },
			func(truth) fit.Model { return fit.MRTM{} },
			func(k truth) fit.Model { return fit.Logan{K2PerMin: k.params["k2prime"]} },
		} {
			s, worst := errorsOf(t, list, m)
			t.Logf("gap from %d min, %d frames left, %s: median %.4f worst %.3f %s", from, len(list[0].frames), m(list[0]).Name(), s[len(s)/2], s[len(s)-1], worst)
		}
	}
}
