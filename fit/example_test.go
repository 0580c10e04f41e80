package fit_test

import (
	"fmt"
	"log"
	"math"
	"time"

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
	estimates, err := fit.LoganRef{K2PrimePerMin: 0.1}.Fit(putamen())
	if err != nil {
		log.Fatal(err)
	}
	bp, _ := estimates[0].Get(fit.BPND)
	dvr, _ := estimates[0].Get(fit.DVR)
	fmt.Printf("BPND = %.3f, DVR = %.3f\n", bp, dvr)
	// Output: BPND = 1.440, DVR = 2.440
}

// show prints the parameters of the first region.
func show(m fit.Model, s fit.Scan) {
	estimates, err := m.Fit(s)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(estimates[0].Region)
	for _, p := range estimates[0].Parameters {
		fmt.Printf(" %s %.3f", p.Symbol, p.Value)
	}
	fmt.Println()
}

func ExampleSRTM2() {
	show(fit.SRTM2{}, putamen()) // k2′ is estimated
	show(fit.SRTM2{K2PrimePerMin: 0.1}, putamen())
	// Output:
	// Putamen R1 1.050 k2 0.105 BPnd 1.440 k2prime 0.100
	// Putamen R1 1.050 k2 0.105 BPnd 1.440 k2prime 0.100
}

func ExampleMRTM0() {
	show(fit.MRTM0{}, putamen())
	// Output: Putamen R1 1.050 k2 0.105 BPnd 1.440 DVR 2.440 k2prime 0.100 k2a 0.043
}

func ExampleMRTM2() {
	show(fit.MRTM2{K2PrimePerMin: 0.1}, putamen())
	// Output: Putamen R1 1.050 k2 0.105 BPnd 1.440 k2a 0.043 k2prime 0.100
}

// Without k2′ the slope is low though the line looks straight.
func ExampleLoganRefNoK2P() {
	show(fit.LoganRefNoK2P{TStar: 20 * time.Minute}, putamen())
	// Output: Putamen BPnd 1.363 DVR 2.363
}

// A tracer that comes off again has no Ki: the slope of the plot means nothing
// here, and the warnings say that it is not straight.
func ExamplePatlakRef() {
	show(fit.PatlakRef{TStar: 20 * time.Minute}, putamen())
	// Output: Putamen Ki 0.007
}

// The ratio lies above DVR = 2.44 while the tracer washes out.
func ExampleSUVR() {
	show(fit.SUVR{Window: fit.Window{From: 60 * time.Minute, To: 90 * time.Minute}}, putamen())
	// Output: Putamen BPnd 2.375 DVR 3.375
}

func ExampleRPM() {
	show(fit.RPM{Bases: 2000}, putamen())
	// Output: Putamen R1 1.050 k2 0.105 BPnd 1.440 k2prime 0.100
}

// One compartment in the region is a case of two: k3 and k4 mean nothing then,
// but BPND holds.
func ExampleFRTM() {
	estimates, err := fit.FRTM{}.Fit(putamen())
	if err != nil {
		log.Fatal(err)
	}
	bp, _ := estimates[0].Get(fit.BPND)
	fmt.Printf("%d parameters, BPND = %.1f\n", len(estimates[0].Parameters), bp)
	// Output: 6 parameters, BPND = 1.4
}

// plasma falls with two rates.
func plasma() phantom.Curve {
	return phantom.Curve{{BqPerML: 60000, PerMin: 0.3}, {BqPerML: 20000, PerMin: 0.01}, {BqPerML: -80000, PerMin: 4}}
}

// compartments returns a region of two compartments with blood, in closed form.
func compartments(k1, k2, k3, k4, vB float64) phantom.Curve {
	sum, product := k2+k3+k4, k2*k4
	root := math.Sqrt(sum*sum - 4*product)
	slow, fast := (sum-root)/2, (sum+root)/2
	region := phantom.Curve{}
	for _, c := range plasma() {
		region = append(region, phantom.Curve{{BqPerML: vB * c.BqPerML, PerMin: c.PerMin}}...)
		for _, e := range [2][2]float64{{k1 * (k3 + k4 - slow) / root, slow}, {k1 * (fast - k3 - k4) / root, fast}} {
			f := (1 - vB) * e[0] * c.BqPerML / (c.PerMin - e[1])
			region = append(region, phantom.Curve{{BqPerML: f, PerMin: e[1]}, {BqPerML: -f, PerMin: c.PerMin}}...)
		}
	}
	return region
}

// cortex is a noise-free region of two compartments with a plasma curve that
// falls with two rates: K1 0.1, k2 0.1, vB 0.05; VT is 2 with k3 and k4 of 0.05.
func cortex(k3, k4 float64) fit.Scan {
	region := compartments(0.1, 0.1, k3, k4, 0.05)
	frames := phantom.DefaultFrames()
	s := fit.Scan{Frames: frames, HalfLife: phantom.CarbonHalfLife, TACs: []extract.TAC{{Region: "Cortex", BqPerML: region.FrameMeans(frames, phantom.CarbonHalfLife)}}}
	for at := 0.0; at <= 100; at += 0.05 + at/50 {
		s.Blood.Parent = append(s.Blood.Parent, extract.Sample{At: time.Duration(at * float64(time.Minute)), BqPerML: plasma().At(at)})
	}
	s.Blood.Whole = s.Blood.Parent
	return s
}

func ExampleTCM1() {
	show(fit.TCM1{}, cortex(1e-9, 0.05)) // one compartment: nothing binds
	// Output: Cortex K1 0.100 k2 0.100 VT 1.000 vB 0.050
}

func ExampleTCM2() {
	show(fit.TCM2{}, cortex(0.05, 0.05))
	// Output: Cortex K1 0.100 k2 0.100 k3 0.050 k4 0.050 VT 2.000 BPnd 1.000 vB 0.050
}

func ExampleTCM2Irreversible() {
	show(fit.TCM2Irreversible{}, cortex(0.05, 1e-9))
	// Output: Cortex K1 0.100 k2 0.100 k3 0.050 Ki 0.033 vB 0.050
}

// The plots leave the blood in: VT, 2 in the tissue, is that of 95 % of it.
func ExampleLogan() {
	show(fit.Logan{TStar: 40 * time.Minute}, cortex(0.05, 0.05))
	// Output: Cortex VT 1.913
}

func ExampleMA1() {
	show(fit.MA1{TStar: 40 * time.Minute}, cortex(0.05, 0.05))
	// Output: Cortex VT 1.913
}

func ExampleMA2() {
	show(fit.MA2{}, cortex(0.05, 0.05))
	// Output: Cortex VT 1.920
}

func ExamplePatlak() {
	show(fit.Patlak{TStar: 30 * time.Minute}, cortex(0.05, 1e-9))
	// Output: Cortex Ki 0.032
}

func ExampleSpectral() {
	show(fit.Spectral{}, cortex(0.05, 0.05))
	// Output: Cortex K1 0.100 VT 2.003 vB 0.050
}
