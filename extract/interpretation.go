package extract

import "fmt"

// A Format is how a table of curves is laid out.
type Format string

// The formats.
const (
	Wide Format = "BIDS-like table" // a row for each frame and a column for each region, as PETPrep writes it
	Long Format = "petfit's table"  // a row for each region and frame
	PMOD Format = "PMOD .tac"       // start[unit] end[unit] and a column for each region
)

// A Source says where a unit comes from.
type Source string

// Where a unit can come from.
const (
	InHints   Source = "as told"
	InHeader  Source = "stated in the header"
	InSidecar Source = "stated in the sidecar"
	Assumed   Source = "assumed"
)

// Hints are what the caller knows better than the table. Empty ones count as
// not given.
type Hints struct {
	TimeUnit string // "s" or "min"
	Unit     string // of activity, such as "kBq/mL"
	Sidecar  []byte // the table's, in JSON
}

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
}

// String returns a line such as "PMOD .tac with 9 regions, time in min,
// activity in kBq/cc (stated in the header)".
func (in Interpretation) String() string {
	unit := in.Unit
	if _, factor := concentrationOf(unit); unit == "" {
		unit = string(BqPerML)
	} else if factor == 0 {
		unit = fmt.Sprintf("%q, which is no activity per volume", unit)
	}
	if in.TimeFrom == in.UnitFrom {
		return fmt.Sprintf("%s with %d regions, time in %s, activity in %s (%s)", in.Format, in.RegionColumns, in.TimeUnit, unit, in.UnitFrom)
	}
	return fmt.Sprintf("%s with %d regions, time in %s (%s), activity in %s (%s)", in.Format, in.RegionColumns, in.TimeUnit, in.TimeFrom, unit, in.UnitFrom)
}
