package study

import (
	"fmt"
	"math"
)

// A K2PrimeChange says whether k2′, the efflux rate of the reference region, may
// be shared between the conditions of a study.
type K2PrimeChange struct {
	PairedT
	Interval  Interval  // of the change of ln k2′, covers 1 − 2α
	Hidden    []float64 // for every region the largest change of ln BPND that sharing could hide
	Limit     float64   // that Hidden must stay below, on the scale of logarithms
	Unchanged bool      // all of Hidden are below Limit; else k2′ is best fitted scan by scan
}

// K2PrimeUnchanged tests whether k2′ changed enough to matter. Changes are those of
// ln k2′, fitted scan by scan in regions of high binding, one a subject;
// sensitivities are ∂ln BPND/∂ln k2′ of the regions. Margin is a share, such as 0.15: what
// k2′ could hide must stay within a third of it. Alpha is that of the interval.
//
// Source: Ichise et al., J Cereb Blood Flow Metab 2003;23:1096–1112,
// doi:10.1097/01.WCB.0000085441.37552.CA, for k2′ and its effect on BPND.
func K2PrimeUnchanged(changes, sensitivities []float64, margin, alpha float64) (K2PrimeChange, error) {
	m, err := LogMargin(margin)
	if err != nil {
		return K2PrimeChange{}, err
	}
	if err := checkLevel("alpha", 2*alpha); err != nil {
		return K2PrimeChange{}, err
	}
	if err := checkFinite(sensitivities...); err != nil {
		return K2PrimeChange{}, fmt.Errorf("sensitivity: %w", err)
	}
	if len(sensitivities) == 0 {
		return K2PrimeChange{}, fmt.Errorf("no sensitivity of a region: %w", ErrTooFew)
	}
	p, err := PairedTest(changes)
	if err != nil {
		return K2PrimeChange{}, fmt.Errorf("k2′: %w", err)
	}
	c := K2PrimeChange{PairedT: p, Interval: p.Interval(1 - 2*alpha), Limit: m.High / 3, Unchanged: true}
	reach := math.Max(math.Abs(c.Interval.Low), math.Abs(c.Interval.High))
	for _, s := range sensitivities {
		hidden := math.Abs(s) * reach
		c.Hidden = append(c.Hidden, hidden)
		c.Unchanged = c.Unchanged && hidden < c.Limit
	}
	return c, nil
}
