package extract

import (
	"time"

	"tacstream/ingest"
)

// Limits of what a curve can say of the injection.
const (
	// mostBeforeInjection is the activity in frames that end before the
	// injection, as a fraction of the peak, above which the injection was earlier.
	mostBeforeInjection = 0.1
	// uptakeTime is the time from the injection by which tissue holds tracer, and
	// risen the fraction of the peak that it holds then at least.
	uptakeTime = 2 * time.Minute
	risen      = 0.02
)

// InjectionTime returns the injection after model zero, from which start times
// of linear phases and windows count: the stated one where the curves do not
// contradict it, else model zero. A warning says that they do. They do where
// tissue holds activity before the injection, or none at the start of a scan
// that began minutes after it.
func (c Curves) InjectionTime() (time.Duration, []ingest.Warning) {
	at := c.Decay.Injection
	mean, ok := c.mean()
	if !c.Decay.InjectionKnown || at == 0 || !ok {
		return 0, nil
	}
	peak, before := 0.0, 0.0
	for f, v := range mean {
		peak = max(peak, v)
		if c.Frames[f].End() <= at {
			before = max(before, v)
		}
	}
	first := mean[0] / peak
	switch {
	case !(peak > 0):
		return 0, nil
	case before > mostBeforeInjection*peak:
		return 0, []ingest.Warning{ingest.Warn(ingest.WarnInjection, ingest.LevelDoubt, before/peak, mostBeforeInjection,
			"The injection is stated at %g s, but frames that end before it hold activity of %.3g of the peak, "+
				"more than %g: times count from model zero, 0 s.",
			at.Seconds(), before/peak, mostBeforeInjection)}
	case c.Frames[0].Start-at > uptakeTime && first < risen:
		return 0, []ingest.Warning{ingest.Warn(ingest.WarnInjection, ingest.LevelDoubt, first, risen,
			"The injection is stated at %g s, but the first frame holds activity of %.3g of the peak, "+
				"less than %g: times count from model zero, 0 s.",
			at.Seconds(), first, risen)}
	}
	return at, nil
}
