package study

import (
	"fmt"
	"math"
	"slices"
)

// A DoseCurve is the occupancy as a function of the dose.
type DoseCurve struct {
	Points int
	Most   float64 // occupancy at an endless dose; 1 where it was fixed
	MostSE float64 // 0 where it was fixed
	ED50   float64 // dose that reaches half of Most, in the unit of the doses
	ED50SE float64
	RSS    float64 // sum of squares that is left
}

// EmaxCurve fits o = Most·dose/(ED50 + dose) by least squares; with fixed, Most is
// 1. Doses are above 0. An ED50 far outside of the doses gives ErrNotIdentified.
//
// Source: Hill's equation of order 1; Gabrielsson & Weiner, Pharmacokinetic and
// Pharmacodynamic Data Analysis, 2000, section 4.3. In R: nls(o ~ Most*dose/(ED50
// + dose)).
func EmaxCurve(dose, occupancy []float64, fixed bool) (DoseCurve, error) {
	unknown := 2
	if fixed {
		unknown = 1
	}
	if err := checkDoses(dose, occupancy, unknown); err != nil {
		return DoseCurve{}, fmt.Errorf("dose curve: %w", err)
	}
	// At a given ED50 the best Most has a closed form.
	most := func(ed50 float64) float64 {
		if fixed {
			return 1
		}
		num, den := 0.0, 0.0
		for i, d := range dose {
			x := d / (ed50 + d)
			num, den = num+x*occupancy[i], den+x*x
		}
		return num / den
	}
	left := func(logED50 float64) float64 {
		ed50, rss := math.Exp(logED50), 0.0
		m := most(ed50)
		for i, d := range dose {
			e := occupancy[i] - m*d/(ed50+d)
			rss += e * e
		}
		return rss
	}
	const wide, nodes = 9.2, 200 // a factor of 10,000 beyond the doses
	low, high := math.Log(slices.Min(dose))-wide, math.Log(slices.Max(dose))+wide
	node := func(i int) float64 { return low + (high-low)*float64(i)/nodes }
	best := 0
	for i := range nodes + 1 {
		if left(node(i)) < left(node(best)) {
			best = i
		}
	}
	if best == 0 || best == nodes {
		return DoseCurve{}, fmt.Errorf("dose curve: half of the effect lies far beyond the doses: %w", ErrNotIdentified)
	}
	at := goldenLeast(left, node(best-1), node(best+1))
	c := DoseCurve{Points: len(dose), ED50: math.Exp(at)}
	c.Most = most(c.ED50)
	c.polish(dose, occupancy, fixed)
	if !(c.ED50 > 0) {
		return DoseCurve{}, fmt.Errorf("dose curve: %w", ErrNotIdentified)
	}
	return c, checkFinite(c.Most, c.MostSE, c.ED50, c.ED50SE, c.RSS)
}

func checkDoses(dose, occupancy []float64, unknown int) error {
	if len(dose) != len(occupancy) {
		return fmt.Errorf("%d doses with %d occupancies: %w", len(dose), len(occupancy), ErrValues)
	}
	if err := checkFinite(append(slices.Clone(dose), occupancy...)...); err != nil {
		return err
	}
	levels := slices.Compact(slices.Sorted(slices.Values(dose)))
	if len(dose) <= unknown || len(levels) < unknown+1 {
		return fmt.Errorf("%d doses for %d unknowns: %w", len(levels), unknown, ErrTooFew)
	}
	if levels[0] <= 0 {
		return fmt.Errorf("dose %v must be above 0: %w", levels[0], ErrValues)
	}
	return nil
}

// polish takes steps of Gauss and Newton, which reach further than golden
// sections, and puts in the standard errors.
func (c *DoseCurve) polish(dose, occupancy []float64, fixed bool) {
	var xx, xy, yy float64
	for range 8 {
		var xe, ye float64
		xx, xy, yy, c.RSS = 0, 0, 0, 0
		for i, d := range dose {
			x := d / (c.ED50 + d)
			y := -c.Most * d / ((c.ED50 + d) * (c.ED50 + d))
			e := occupancy[i] - c.Most*x
			xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
			xe, ye, c.RSS = xe+x*e, ye+y*e, c.RSS+e*e
		}
		if fixed {
			c.ED50 += ye / yy
			continue
		}
		det := xx*yy - xy*xy
		c.Most, c.ED50 = c.Most+(yy*xe-xy*ye)/det, c.ED50+(xx*ye-xy*xe)/det
	}
	if fixed {
		c.ED50SE = math.Sqrt(c.RSS / float64(c.Points-1) / yy)
		return
	}
	s2, det := c.RSS/float64(c.Points-2), xx*yy-xy*xy
	c.MostSE, c.ED50SE = math.Sqrt(s2*yy/det), math.Sqrt(s2*xx/det)
}
