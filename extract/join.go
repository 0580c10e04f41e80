package extract

import (
	"slices"
	"time"

	"tacstream/ingest"
)

// ErrJoin means that curves are not parts of one acquisition.
var ErrJoin = ingest.NewSentinel(ingest.CodeMixed, "curves that are no parts of one acquisition")

// Join appends the curves of a later part of one acquisition, whose model zero
// lies that long after that of c. Both hold activity as it decayed, so the
// parts may have been corrected for decay to different times: the joined
// curves keep what is said of c's. Regions, units and half-life must be equal,
// and the later frames must follow the earlier ones.
func (c Curves) Join(later Curves, after time.Duration) (Curves, error) {
	if c.Units != later.Units || c.HalfLife != later.HalfLife || len(c.TACs) != len(later.TACs) {
		return c, ErrJoin.With("they differ in regions, units or half-life")
	}
	c.Frames, c.TACs = slices.Clone(c.Frames), slices.Clone(c.TACs)
	for _, f := range later.Frames {
		c.Frames = append(c.Frames, ingest.Frame{Start: f.Start + after, Duration: f.Duration})
	}
	if err := ingest.CheckFrames(c.Frames); err != nil {
		return c, err
	}
	for r := range c.TACs {
		if c.TACs[r].Region != later.TACs[r].Region || c.TACs[r].Index != later.TACs[r].Index {
			return c, ErrJoin.With("they differ in regions")
		}
		c.TACs[r].BqPerML = slices.Concat(c.TACs[r].BqPerML, later.TACs[r].BqPerML)
	}
	if !c.Decay.InjectionKnown && later.Decay.InjectionKnown {
		c.Decay.Injection, c.Decay.InjectionKnown = later.Decay.Injection+after, true
	}
	c.Warnings = slices.Clone(c.Warnings)
	for _, w := range later.Warnings {
		if !slices.Contains(c.Warnings, w) {
			c.Warnings = append(c.Warnings, w)
		}
	}
	return c, nil
}
