package fit

import (
	"fmt"
	"math"
	"time"

	"tacstream/extract"
)

// FindDelay estimates how much later the tracer arrives in the regions than
// where blood was sampled, for Scan.Delay: the delay with which TCM2 fits the
// mean of all curves best, from −30 s to 60 s. Dispersion between the two is
// not modelled. It returns an error where a model with an arterial input would.
//
// Source: Meyer, J Nucl Med 1989;30:1069–1078.
func FindDelay(s Scan) (time.Duration, error) {
	if len(s.TACs) == 0 {
		return 0, fmt.Errorf("no curves: %w", ErrFrames)
	}
	if err := s.check(); err != nil {
		return 0, err
	}
	mean := extract.TAC{Region: "mean of all", BqPerML: make([]float64, len(s.Frames))}
	for _, t := range s.TACs {
		for f, v := range t.BqPerML {
			mean.BqPerML[f] += v / float64(len(s.TACs))
		}
	}
	s.TACs = []extract.TAC{mean}
	var failed error
	left := func(seconds float64) float64 {
		s.Delay = time.Duration(seconds * float64(time.Second))
		estimates, err := TCM2{}.Fit(s)
		if err != nil {
			failed = err
			return math.Inf(1)
		}
		return estimates[0].RSS
	}
	const from, to, stride = -30.0, 60.0, 5.0
	best, least := 0.0, math.Inf(1)
	for x := from; x <= to; x += stride {
		if rss := left(x); rss < least {
			best, least = x, rss
		}
	}
	if failed != nil {
		return 0, failed
	}
	best, _ = golden(left, best-stride, best+stride, 0.05)
	return time.Duration(best*1000) * time.Millisecond, nil
}
