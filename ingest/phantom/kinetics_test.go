package phantom_test

import (
	"math"
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// golden returns a reference curve and a region, in kBq/mL. What they give
// was computed in closed form by another program.
func golden() (phantom.Curve, phantom.Kinetics) {
	return phantom.Curve{{57.0, 0.0155}, {-2.2, 2.4}, {-54.8, 0.081}},
		phantom.Kinetics{R1: 1.1, K2PerMin: 0.0715, BPND: 1.9}
}

func TestGoldenVector(t *testing.T) {
	ref, region := golden()
	const places = 0.6e-7 // the table has seven decimals, its integrals eight
	for _, g := range []struct{ minutes, ref, target, refIntegral, targetIntegral float64 }{
		{1, 5.3875181, 6.0620936, 3.08768528, 3.44535408},
		{5, 16.1989976, 19.8554725, 48.01486545, 56.64076188},
		{20, 30.9616278, 50.1217678, 436.65446684, 614.75202486},
		{45, 26.9447610, 62.9677554, 1186.90824077, 2090.24784128},
		{85, 15.2087653, 51.4744896, 2015.82406933, 4436.65821457},
	} {
		near(t, "C_R", ref.At(g.minutes), g.ref, places)
		near(t, "C_T", region.At(ref, g.minutes), g.target, places)
		near(t, "∫C_R", ref.Integral(g.minutes), g.refIntegral, places)
		near(t, "∫C_T", region.Integral(ref, g.minutes), g.targetIntegral, places)
	}
	near(t, "k2′", region.K2PrimePerMin(), 0.065, 1e-15)
}

// Integrating the model gives ∫C_T = (1 + BPND)(∫C_R + C_R/k2′ − C_T/k2), so
// all points of the reference Logan plot lie on a line of slope 1 + BPND.
func TestReferenceLoganIsAStraightLine(t *testing.T) {
	ref, region := golden()
	point := func(minutes float64) (x, y float64) {
		c, r := region.At(ref, minutes), ref.At(minutes)
		return (ref.Integral(minutes) + r/0.065) / c, region.Integral(ref, minutes) / c
	}
	x0, y0 := point(30)
	x1, y1 := point(90)
	slope := (y1 - y0) / (x1 - x0)
	near(t, "slope", slope, 2.9, 1e-9)
	near(t, "intercept", y0-slope*x0, -40.559441, 1e-6)
}

// The closed form of the frame means is held against the differential
// equation of the model, dC_T/dt = R1 dC_R/dt + k2 C_R − θ C_T, solved in
// small steps, times the decay.
func TestFrameMeansFollowTheDifferentialEquation(t *testing.T) {
	ref, region := golden()
	lambda := math.Ln2 / phantom.CarbonHalfLife.Minutes()
	for name, k := range map[string]phantom.Kinetics{
		"golden":          region,
		"fast":            {R1: 0.7, K2PerMin: 0.5, BPND: 0.3},
		"no binding":      {R1: 1.2, K2PerMin: 0.1},
		"no efflux":       {R1: 0.8},
		"θ equals a rate": {R1: 1, K2PerMin: 0.162, BPND: 1},
		"θ near a rate":   {R1: 1, K2PerMin: 0.162 * (1 + 1e-11), BPND: 1},
	} {
		t.Run(name, func(t *testing.T) {
			frames := phantom.DefaultFrames()
			got := k.FrameMeans(ref, frames, phantom.CarbonHalfLife)
			for i, want := range integrate(k, ref, frames, lambda) {
				near(t, "frame mean", got[i], want, 1e-9*60) // Runge-Kutta's own error, of a peak of 60
			}
		})
	}
}

// integrate solves the model by Runge-Kutta of fourth order in steps of 0.0025
// min and integrates the decaying curve by Simpson's rule over pairs of them.
func integrate(k phantom.Kinetics, ref phantom.Curve, frames []ingest.Frame, lambda float64) []float64 {
	const h = 0.0025
	theta := k.K2PerMin / (1 + k.BPND)
	slope := func(t, c float64) float64 {
		d := 0.0
		for _, term := range ref {
			d -= term.PerMin * term.BqPerML * math.Exp(-term.PerMin*t)
		}
		return k.R1*d + k.K2PerMin*ref.At(t) - theta*c
	}
	step := func(t, c float64) float64 {
		k1 := slope(t, c)
		k2 := slope(t+h/2, c+h/2*k1)
		k3 := slope(t+h/2, c+h/2*k2)
		k4 := slope(t+h, c+h*k3)
		return c + h/6*(k1+2*k2+2*k3+k4)
	}
	t, c := 0.0, k.R1*ref.At(0)
	var means []float64
	for _, f := range frames {
		pairs := int(math.Round(f.Duration.Minutes() / (2 * h)))
		sum := 0.0
		for range pairs {
			middle := step(t, c)
			last := step(t+h, middle)
			sum += c*math.Exp(-lambda*t) + 4*middle*math.Exp(-lambda*(t+h)) + last*math.Exp(-lambda*(t+2*h))
			t, c = t+2*h, last
		}
		means = append(means, sum*h/3/f.Duration.Minutes())
	}
	return means
}

func TestCurvesAreZeroBeforeModelZero(t *testing.T) {
	ref, region := golden()
	early := []ingest.Frame{{Start: -2 * time.Minute, Duration: time.Minute}, {Start: -time.Minute, Duration: 2 * time.Minute}}
	means := region.FrameMeans(ref, early, 0)
	near(t, "before", means[0], 0, 0)
	near(t, "half before", means[1], 3.44535408/2, 0.6e-8) // the golden vector's integral to 1 min
	near(t, "curve", region.At(ref, -1), 0, 0)
}

func TestRegionLikeTheReferenceHasItsCurve(t *testing.T) {
	ref, _ := golden()
	frames := phantom.DefaultFrames()
	same := phantom.Kinetics{R1: 1, K2PerMin: 0.065}
	got := same.FrameMeans(ref, frames, phantom.CarbonHalfLife)
	for i, want := range ref.FrameMeans(frames, phantom.CarbonHalfLife) {
		near(t, "frame mean", got[i], want, 1e-12*want)
	}
}

func TestReferenceCurvesStartAtZeroAndPeak(t *testing.T) {
	for _, tt := range []struct {
		tracer   phantom.Tracer
		from, to float64 // where the peak lies, in minutes
	}{
		{phantom.AZ10419369, 3.5, 4.5},
		{phantom.DASB, 15, 30},
	} {
		ref := tt.tracer.Reference()
		near(t, "start", ref.At(0), 0, 1e-9)
		best := 0.0
		for m := 0.0; m < 90; m += 0.05 {
			if ref.At(m) > ref.At(best) {
				best = m
			}
		}
		if best < tt.from || best > tt.to {
			t.Errorf("%s peaks at %.2f min, want %v to %v", tt.tracer, best, tt.from, tt.to)
		}
	}
}

// near reports values that differ by more than tol.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.10g, want %.10g ± %.2g", what, got, want, tol)
	}
}
