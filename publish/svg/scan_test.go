package svg_test

import (
	"fmt"
	"math"

	"tacstream/publish/svg"
)

// An exps is a sum of exponentials, a times e^(-b t) for each pair.
type exps [][2]float64

// at returns the sum at t.
func (e exps) at(t float64) (sum float64) {
	for _, p := range e {
		sum += p[0] * math.Exp(-p[1]*t)
	}
	return sum
}

// integral returns the integral from 0 to t.
func (e exps) integral(t float64) (sum float64) {
	for _, p := range e {
		sum -= p[0] / p[1] * math.Expm1(-p[1]*t)
	}
	return sum
}

// tissue returns the closed form of SRTM for a reference curve.
func (e exps) tissue(r1, k2, bp float64) exps {
	var all exps
	theta, slow := k2/(1+bp), 0.0
	for _, p := range e {
		share := (k2 - r1*theta) * p[0] / (theta - p[1])
		all = append(all, [2]float64{r1*p[0] + share, p[1]})
		slow -= share
	}
	return append(all, [2]float64{slow, theta})
}

// reference is a curve like that of DASB in the cerebellum, kBq/mL.
var reference = exps{{57, 0.0155}, {-2.2, 2.4}, {-54.8, 0.081}}

// frames returns the schedule of a scan of 90 min.
func frames() (start, end []float64) {
	t := 0.0
	for _, f := range []struct {
		n   int
		min float64
	}{{6, 1. / 6}, {3, 1. / 3}, {6, .5}, {5, 1}, {5, 2}, {8, 5}, {3, 10}} {
		for range f.n {
			start, end = append(start, t), append(end, t+f.min)
			t += f.min
		}
	}
	return start, end
}

// wave stands for noise: it is the same in every run, and no longer than 1.
func wave(i int, seed float64) float64 {
	x := math.Sin(12.9898*float64(i+1)+78.233*seed) * 437.58
	return 2*(x-math.Floor(x)) - 1
}

// aRegion is a row of the given binding potential with two models and, if
// graphical, a third with a line.
func aRegion(name string, bp float64, graphical bool) svg.Region {
	r := svg.Region{Name: name}
	r.StartMin, r.EndMin = frames()
	c := reference.tissue(1.1, 0.0715, bp)
	srtm := svg.Model{Name: "srtm", Summary: fmt.Sprintf("BPND %.2f ± 0.04  R1 1.10 ± 0.01  k2 0.072 ± 0.003 /min  AIC 41.2", bp)}
	mrtm := svg.Model{Name: "mrtm2", Summary: fmt.Sprintf("BPND %.2f ± 0.03  k2prime 0.065 /min", bp-.03), Warnings: []string{"RESIDUALS", "MODEL_AGREE"}}
	logan := svg.Model{Name: "logan-ref", Summary: fmt.Sprintf("BPND %.2f ± 0.05  t* 30 min", bp-.06)}
	line := &svg.Line{Slope: 1 + bp, TStarMin: 30, XLabel: "(∫R dt + R/k2′) / C (min)", YLabel: "∫C dt / C (min)"}
	for i, start := range r.StartMin {
		mid, long := (start+r.EndMin[i])/2, r.EndMin[i]-start
		exact := (c.integral(r.EndMin[i]) - c.integral(start)) / long
		sd := 0.35 * math.Sqrt(max(exact, 1)*math.Exp(0.034*mid)/long) * 0.5
		e := wave(i, bp)
		measured := exact + sd*e*1.5
		r.Measured = append(r.Measured, measured)
		r.Reference = append(r.Reference, (reference.integral(r.EndMin[i])-reference.integral(start))/long)
		srtm.Fitted, srtm.Residuals = append(srtm.Fitted, exact), append(srtm.Residuals, 1.5*e)
		off := exact * (1 + .03*math.Sin(mid/15))
		mrtm.Fitted, mrtm.Residuals = append(mrtm.Fitted, off), append(mrtm.Residuals, (measured-off)/sd)
		used := mid >= 30
		line.X = append(line.X, (reference.integral(mid)+reference.at(mid)/0.065)/measured)
		line.Y = append(line.Y, c.integral(mid)/measured)
		line.Used = append(line.Used, used)
		if !used {
			exact = math.NaN()
		}
		logan.Fitted, logan.Residuals = append(logan.Fitted, exact), append(logan.Residuals, exact*0+1.2*wave(i, 7))
	}
	t := 60.0
	line.Intercept = (c.integral(t) - line.Slope*(reference.integral(t)+reference.at(t)/0.065)) / c.at(t)
	r.Models = []svg.Model{srtm, mrtm}
	if graphical {
		logan.Line = line
		r.Models = append(r.Models, logan)
	}
	return r
}
