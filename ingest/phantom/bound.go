package phantom

import "math"

// BPNDBound returns the Cramér-Rao bound of the standard error of BPND in a
// region, left and right together, with R1, k2 and BPND unknown: no unbiased
// estimate from these frames is better. The reference counts with its own
// noise, scaled by R1.
//
// With the derivatives J of the frame means U by the parameters and the
// variances V of the frame means, Var U = (Pc U + R1² Pc′ U′)/Δt, the bound is
// the root of the diagonal of (Jᵀ V⁻¹ J)⁻¹. Derivatives are taken by
// differences of a ten-thousandth.
func (s Series) BPNDBound(k Kinetics) float64 {
	s = s.filled()
	u, ref := k.FrameMeans(s.Reference, s.Frames, s.HalfLife), s.Reference.FrameMeans(s.Frames, s.HalfLife)
	var j [3][]float64
	for p, change := range []func(*Kinetics) float64{
		func(k *Kinetics) float64 { return grow(&k.BPND) },
		func(k *Kinetics) float64 { return grow(&k.R1) },
		func(k *Kinetics) float64 { return grow(&k.K2PerMin) },
	} {
		moved := k
		step := change(&moved)
		j[p] = moved.FrameMeans(s.Reference, s.Frames, s.HalfLife)
		for f := range u {
			j[p][f] = (j[p][f] - u[f]) / step
		}
	}
	var info [3][3]float64
	for f, frame := range s.Frames {
		// Pc is for kBq/mL, U is in Bq/mL.
		v := 1000 * (noiseOf(k.Region)*u[f] + k.R1*k.R1*noiseOf(Cerebellum)*ref[f]) / frame.Duration.Minutes()
		for a := range 3 {
			for b := range 3 {
				info[a][b] += j[a][f] * j[b][f] / v
			}
		}
	}
	// The first element of the inverse, by cofactors.
	minor := info[1][1]*info[2][2] - info[1][2]*info[2][1]
	det := info[0][0]*minor - info[0][1]*(info[1][0]*info[2][2]-info[1][2]*info[2][0]) + info[0][2]*(info[1][0]*info[2][1]-info[1][1]*info[2][0])
	return math.Sqrt(minor / det)
}

// grow makes x larger by a ten-thousandth and returns by how much.
func grow(x *float64) float64 {
	step := 1e-4 * *x
	*x += step
	return step
}

// noiseOf returns the noise constant of a region, in kBq/mL min.
func noiseOf(region string) float64 {
	for _, o := range organs() {
		if o.region == region {
			return o.pc
		}
	}
	return 0
}
