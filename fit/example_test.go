package fit_test

import (
	"fmt"
	"log"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// putamen is a noise-free scan with one region: R1 1.05, k2 0.105 /min, BPND
// 1.44, k2′ 0.1 /min. The curves come from closed forms that share no code
// with this package.
func putamen() fit.Scan {
	frames, ref := phantom.DefaultFrames(), phantom.AZ10419369.Reference()
	k := phantom.Kinetics{R1: 1.05, K2PerMin: 0.105, BPND: 1.44}
	return fit.Scan{
		Frames: frames, HalfLife: phantom.CarbonHalfLife, Reference: "Cerebellum",
		TACs: []extract.TAC{
			{Region: "Cerebellum", BqPerML: ref.FrameMeans(frames, phantom.CarbonHalfLife)},
			{Region: "Putamen", BqPerML: k.FrameMeans(ref, frames, phantom.CarbonHalfLife)},
		},
	}
}

func ExampleSRTM() {
	estimates, err := fit.SRTM{}.Fit(putamen())
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range estimates[0].Parameters {
		fmt.Printf("%s %s = %.3f\n", estimates[0].Region, p.Symbol, p.Value)
	}
	// Output:
	// Putamen R1 = 1.050
	// Putamen k2 = 0.105
	// Putamen BPnd = 1.440
	// Putamen k2prime = 0.100
}

func ExampleMRTM() {
	estimates, err := fit.MRTM{}.Fit(putamen())
	if err != nil {
		log.Fatal(err)
	}
	bp, _ := estimates[0].Get(fit.BPND)
	k2a, _ := estimates[0].Get(fit.K2A)
	fmt.Printf("BPND = %.3f, k2a = %.4f /min\n", bp, k2a)
	// Output: BPND = 1.440, k2a = 0.0430 /min
}

func ExampleLoganRef() {
	estimates, err := fit.LoganRef{K2PerMin: 0.1}.Fit(putamen())
	if err != nil {
		log.Fatal(err)
	}
	bp, _ := estimates[0].Get(fit.BPND)
	dvr, _ := estimates[0].Get(fit.DVR)
	fmt.Printf("BPND = %.3f, DVR = %.3f\n", bp, dvr)
	// Output: BPND = 1.440, DVR = 2.440
}
