package table

import (
	"fmt"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// A Format is how a table of curves is laid out.
type Format string

// The formats.
const (
	Wide Format = "BIDS-like table" // a row for each frame and a column for each region, as PETPrep writes it
	Long Format = "petfit's table"  // a row for each region and frame
	PMOD Format = "PMOD .tac"       // start[unit] end[unit] and a column for each region
)

// An Interpretation says what the columns and the numbers of a table of curves
// are read as, so that a person can check it before trusting the numbers.
type Interpretation struct {
	Format        Format
	TimeUnit      TimeUnit // of the column of starts
	TimeFrom      Source
	Unit          string // of the values, as found; "" where nothing states it and Bq/mL is assumed
	UnitFrom      Source
	RegionColumns int
	Weights       []float64 // the user's, one per frame; nil where the table has none
	LeftOut       []Gappy   // regions without a curve, since they lack values
}

// A Gappy is a region that lacks values in some frames.
type Gappy struct {
	Region  extract.Region
	Missing int // frames
}

// String returns a line such as "PMOD .tac with 9 regions, time in min,
// activity in kBq/cc (stated in the header)".
func (in Interpretation) String() string {
	unit := in.Unit
	if _, factor := concentrationOf(unit); unit == "" {
		unit = string(extract.BqPerML)
	} else if factor == 0 {
		unit = fmt.Sprintf("%q, which is no activity per volume", unit)
	}
	if in.TimeFrom == in.UnitFrom {
		return fmt.Sprintf("%s with %d regions, time in %s, activity in %s (%s)", in.Format, in.RegionColumns, in.TimeUnit, unit, in.UnitFrom)
	}
	return fmt.Sprintf("%s with %d regions, time in %s (%s), activity in %s (%s)", in.Format, in.RegionColumns, in.TimeUnit, in.TimeFrom, unit, in.UnitFrom)
}

// How short a scan in seconds is doubted to be one, where nothing says that
// its times are seconds: most scans take longer, and few have frames as short.
const (
	shortestScan  = 300 * time.Second
	shortestFrame = time.Second
)

// known reports whether values could be turned into Bq/mL.
func (in Interpretation) known() bool {
	_, factor := concentrationOf(in.Unit)
	return factor > 0
}

// doubts returns what is to be said of the units. Times that nothing states
// the unit of, and which must be minutes, are an error.
func (in Interpretation) doubts(frames []ingest.Frame, side sidecarKeys) ([]ingest.Warning, error) {
	var list []ingest.Warning
	if !in.known() {
		list = append(list, in.unknownUnits())
	}
	if n := apart(frames, side.frames()); n > 0 && len(side.frames()) > 0 {
		list = append(list, ingest.Warn(ingest.WarnTimeAssumed, ingest.LevelWarn, float64(n), 0,
			"The sidecar gives other times than the table for %s; those of the table are used.", ingest.Count(n, "frame")))
	}
	last := frames[len(frames)-1].End()
	if in.TimeFrom != Assumed || last > shortestScan {
		return list, nil
	}
	for f, frame := range frames {
		if frame.Duration < shortestFrame {
			return nil, rejectTable("frame %d lasts %v if times are in seconds; name the column of starts start_min or start_s", f+1, frame.Duration)
		}
	}
	return append(list, ingest.Warn(ingest.WarnTimeAssumed, ingest.LevelDoubt, last.Seconds(), shortestScan.Seconds(),
		"Nothing states the unit of time. In seconds the scan ends at %.4g s, before %g s, so minutes are more likely.", last.Seconds(), shortestScan.Seconds())), nil
}

// unknownUnits is the warning of curves that may not be in Bq/mL.
func (in Interpretation) unknownUnits() ingest.Warning {
	if in.UnitFrom == Assumed {
		return ingest.Warn(ingest.WarnArbitrary, ingest.LevelWarn, 0, 0, "Nothing states the unit of activity; the values are used as they are, as Bq/mL.")
	}
	return ingest.Warn(ingest.WarnArbitrary, ingest.LevelWarn, 0, 0, "The unit of activity, %q, cannot be turned into Bq/mL; the values are used as they are.", in.Unit)
}

// Hints are what the caller knows better than the table. Empty ones count as
// not given.
type Hints struct {
	TimeUnit string // "s" or "min"
	Unit     string // of activity, such as "kBq/mL"
	Sidecar  []byte // the table's, in JSON
}
