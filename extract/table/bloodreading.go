package table

import (
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// longestBloodGap is the longest time without a sample that is not doubted.
const longestBloodGap = 15 * time.Minute

// percent turns a percentage into a fraction.
const percent = 0.01

// A quantity is what a column of a table of blood holds.
type quantity int

const (
	plasma quantity = iota
	fraction
	whole
	parent
	quantities
	sampleTime
	notBlood
)

// String returns the words for a quantity.
func (q quantity) String() string {
	return [...]string{"plasma", "parent fraction", "whole blood", "AIF"}[q]
}

// A bloodRow holds what was measured at a time; NaN where nothing was.
type bloodRow struct {
	at     time.Duration
	values [quantities]float64
}

// A bloodReading is a table of blood while it is read.
type bloodReading struct {
	sheet
	time   int // column
	clock  TimeUnit
	stated bool            // whether something says what clock is
	column [quantities]int // −1 where there is none

	unitAssumed bool // whether nothing states the unit of the activity
	factor      [quantities]float64
	rows        []bloodRow
	warnings    []ingest.Warning
}

// warn adds a warning about the samples, as ingest.Warn makes it.
func (b *bloodReading) warn(level ingest.Level, value, threshold float64, format string, args ...any) {
	b.warnings = append(b.warnings, ingest.Warn(ingest.WarnBlood, level, value, threshold, format, args...))
}

// peak returns the number of the largest sample, the first of several.
func peak(list []extract.Sample) int {
	at := 0
	for i, s := range list {
		if s.BqPerML > list[at].BqPerML {
			at = i
		}
	}
	return at
}
