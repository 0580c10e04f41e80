package study

import (
	"fmt"
	"math"
)

// A Measured is one estimate, such as BPND of a region in a scan.
type Measured struct {
	Value float64 // BPND is unitless
	SE    float64 // standard error in the same unit; 0 where it is not known
}

// A Change is the change from one estimate to another, on the scale of
// logarithms and as a share.
type Change struct {
	Log     float64 // ln after − ln before
	LogSE   float64 // its standard error; 0 where one of the two is not known
	Share   float64 // after/before − 1: 0.2 is a rise by a fifth
	ShareSE float64 // its standard error, likewise
}

// LogChange returns the change from before to after, both above 0. The two
// estimates' errors have the correlation rho, which is not 0 where both fits
// share a curve or k2′.
//
//	d = ln b₁ − ln b₀    se(d)² = (s₀/b₀)² + (s₁/b₁)² − 2ρ s₀s₁/(b₀b₁)
//	se(b₁/b₀ − 1) = b₁/b₀ · se(d)
//
// Source: first order of Taylor's series; Oehlert, Am Stat 1992;46:27–29,
// doi:10.1080/00031305.1992.10475842. In R: log(b1/b0), sqrt((s0/b0)^2 +
// (s1/b1)^2 - 2*rho*(s0/b0)*(s1/b1)).
func LogChange(before, after Measured, rho float64) (Change, error) {
	if err := checkFinite(before.Value, before.SE, after.Value, after.SE, rho); err != nil {
		return Change{}, err
	}
	if before.Value <= 0 || after.Value <= 0 {
		return Change{}, fmt.Errorf("%v and %v must be above 0 for a logarithm: %w", before.Value, after.Value, ErrValues)
	}
	if before.SE < 0 || after.SE < 0 || math.Abs(rho) > 1 {
		return Change{}, fmt.Errorf("standard errors %v and %v with correlation %v: %w", before.SE, after.SE, rho, ErrValues)
	}
	ratio := after.Value / before.Value
	c := Change{Log: math.Log(ratio), Share: ratio - 1}
	if before.SE > 0 && after.SE > 0 {
		r0, r1 := before.SE/before.Value, after.SE/after.Value
		c.LogSE = math.Sqrt(math.Max(r0*r0+r1*r1-2*rho*r0*r1, 0))
		c.ShareSE = ratio * c.LogSE
	}
	return c, checkFinite(c.Log, c.LogSE, c.Share, c.ShareSE)
}
