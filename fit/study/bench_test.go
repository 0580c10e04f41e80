package study_test

import (
	"testing"

	"tacstream/config/figures"
	"tacstream/fit/study"
)

// Two tracers, two primary regions, six subjects: a family of eight tests, and
// blocking.
func BenchmarkSimulate(b *testing.B) {
	rate := figures.Speed(b, "studies that are simulated and judged", 1).Median("# studies/s")
	d := twoTracers("NAc", "VP")
	plan := study.PowerPlan{Subjects: 6, ScanSD: 0.03, Studies: 2000, Truths: published("NAc", "VP")}
	studies := 0
	for b.Loop() {
		if _, err := study.Simulate(d, plan); err != nil {
			b.Fatal(err)
		}
		studies += plan.Studies
	}
	perSecond := float64(studies) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "studies/s")
	rate.Add(perSecond)
}
