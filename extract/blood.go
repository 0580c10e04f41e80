package extract

import (
	"time"

	"tacstream/ingest"
)

// A Sample is one value of blood, corrected for decay to model zero.
type Sample struct {
	At      time.Duration // after model zero
	BqPerML float64
}

// Blood holds the arterial curves of one scan.
type Blood struct {
	Parent   []Sample // unmetabolised tracer in plasma, in time order, no repeats
	Whole    []Sample // whole blood, likewise; nil where it was not measured
	Warnings []ingest.Warning
}
