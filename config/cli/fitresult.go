package cli

import "tacstream/fit"

// confidence is the share of scans in which a printed interval covers the truth.
const confidence = 0.95

// A fitResult is what is printed.
type fitResult struct {
	estimates []fit.Estimate
	weights   []float64 // of evidence
	resampled []fit.Resampled
}
