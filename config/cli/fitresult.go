package cli

import "tacstream/fit"

// A fitResult is what is printed.
type fitResult struct {
	estimates []fit.Estimate
	weights   []float64 // of evidence
	resampled []fit.Resampled
}
