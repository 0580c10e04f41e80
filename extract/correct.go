package extract

import (
	"slices"
	"time"

	"tacstream/ingest"
)

// ErrOrigin means that curves cannot be corrected for decay to the time that
// was asked for: it is not known, or the half-life is not.
var ErrOrigin = ingest.NewSentinel(ingest.CodeTiming, "no correction for decay to this time")

// DefaultOrigin returns the time to which curves go out corrected unless
// something else is wanted: Nearest to the injection.
func (c Curves) DefaultOrigin() Origin { return c.Nearest(ToInjection) }

// Nearest returns the time to which curves can be corrected for decay that
// comes nearest to the one that is wanted: the start of the scan stands in for
// an injection that is not known, and where no half-life is known values stay as
// they are stored.
func (c Curves) Nearest(wanted Origin) Origin {
	switch {
	case wanted == AsDecayed:
		return AsDecayed
	case c.HalfLife <= 0 || wanted == AsStored:
		return AsStored
	case wanted == ToInjection && c.Decay.InjectionKnown:
		return ToInjection
	}
	return ToScanStart
}

// OriginTime returns the time that an origin means, after model zero. It is
// false for values that are not corrected at all. A time that is not known is
// ErrOrigin.
func (c Curves) OriginTime(to Origin) (at time.Duration, corrected bool, err error) {
	stored := to == AsStored && !c.Decay.StoredNone
	switch {
	case to == AsDecayed, to == AsStored && c.Decay.StoredNone:
		return 0, false, nil
	case c.HalfLife <= 0 && !stored:
		return 0, false, ErrOrigin.With("%s: the half-life is not known, so values stay as they are stored", to)
	case stored:
		return c.Decay.Stored, true, nil
	case to == ToInjection && c.Decay.InjectionKnown:
		return c.Decay.Injection, true, nil
	case to == ToScanStart:
		return c.scanStart(), true, nil
	}
	return 0, false, ErrOrigin.With("%s: the header does not say when that was", to)
}

// scanStart returns the start of the scan after model zero: the same, unless
// model zero is an injection inside the scan.
func (c Curves) scanStart() time.Duration {
	if len(c.Frames) == 0 {
		return 0
	}
	return min(0, c.Frames[0].Start)
}

// Factors returns what each frame's value of a curve, as it decayed, is to be
// multiplied by to correct it for decay: ingest.Frame.DecayFactor, or 1 where
// to means no correction.
func (c Curves) Factors(to Origin) ([]float64, error) {
	at, corrected, err := c.OriginTime(to)
	if err != nil {
		return nil, err
	}
	factors := make([]float64, len(c.Frames))
	for f, frame := range c.Frames {
		factors[f] = 1
		if corrected {
			factors[f] = frame.DecayFactor(c.HalfLife, at)
		}
		if !finite(factors[f]) || factors[f] == 0 {
			return nil, ingest.Reject(ingest.CodeTiming, "frame %d is too many half-lives away to be corrected for decay", f+1)
		}
	}
	return factors, nil
}

// Corrected returns the curves corrected for decay to a time, in the units and
// the order of c.TACs. It shares no values with c.
func (c Curves) Corrected(to Origin) ([]CorrectedTAC, error) {
	factors, err := c.Factors(to)
	if err != nil {
		return nil, err
	}
	tacs := make([]CorrectedTAC, len(c.TACs))
	for r, t := range c.TACs {
		tacs[r] = CorrectedTAC(t)
		tacs[r].BqPerML = slices.Clone(t.BqPerML)
		for f := range tacs[r].BqPerML {
			tacs[r].BqPerML[f] *= factors[f]
		}
	}
	return tacs, nil
}

// ErrUptake means that there are no uptake values: dose, weight or injection
// time is missing, or the curves have no unit.
var ErrUptake = ingest.NewSentinel(ingest.CodeUnits, "no uptake values")

// AsUptake returns the curves as standardised uptake values, which are to be
// corrected for decay to the injection:
//
//	SUV = activity at the injection / (dose / weight)
//
// where bqPerG is dose over weight.
func (c Curves) AsUptake(bqPerG float64) (Curves, error) {
	if c.Units != BqPerML || !(bqPerG > 0) || !c.Decay.InjectionKnown || c.HalfLife <= 0 {
		return c, ErrUptake.With("they need curves in Bq/mL, and dose, weight, half-life and injection time in the header")
	}
	c.Units, c.TACs = Uptake, slices.Clone(c.TACs)
	for r := range c.TACs {
		c.TACs[r].BqPerML = slices.Clone(c.TACs[r].BqPerML)
		for f := range c.TACs[r].BqPerML {
			c.TACs[r].BqPerML[f] /= bqPerG
		}
	}
	return c, nil
}
