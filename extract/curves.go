package extract

import (
	"time"

	"tacstream/ingest"
)

// A TAC is the time-activity curve of one region: in each frame the mean of
// the activity as it decayed, not corrected for decay.
type TAC struct {
	Region    Region
	Index     int32     // in the region source; 0 for a merged region
	Voxels    float64   // effective number that was averaged
	VolumeMM3 float64   // of those voxels
	BqPerML   []float64 // one per frame of Curves; in Curves.Units where those are arbitrary
	Parts     []Region  // what was merged into it; nil for a region of the source
}

// Curves holds the curves of one series. Frames are in time order and do not
// overlap; there may be gaps between them.
type Curves struct {
	Frames   []ingest.Frame
	TACs     []TAC
	HalfLife time.Duration // 0 where it is not known: then nothing can be corrected
	Units    Units
	Decay    Decay
	Warnings []ingest.Warning
}

// Units says what the numbers of the curves are.
type Units string

// Units of curves.
const (
	BqPerML   Units = "Bq/mL"
	Uptake    Units = "g/mL"      // standardised uptake value by body weight, SUV
	Arbitrary Units = "arbitrary" // proportional to Bq/mL by a factor that is not known
)

// An Origin is the time to which values are corrected for decay.
type Origin string

// The origins to which curves can be corrected for decay.
const (
	ToInjection Origin = "injection"
	ToScanStart Origin = "start"
	AsStored    Origin = "stored" // the series' own correction, whatever it is
	AsDecayed   Origin = "none"   // no correction
)

// Decay says how the curves of a series relate in time: what the series'
// stored values were corrected to, and where the injection lies.
type Decay struct {
	// Stored is the time to which the series' values were corrected, after
	// model zero (negative when before it); meaningless where StoredNone.
	Stored     time.Duration
	StoredNone bool // the series' values are not corrected
	// Injection is after model zero, usually 0 or negative.
	Injection      time.Duration
	InjectionKnown bool
}

// NoHalfLife is the warning of curves of which no half-life is known.
func NoHalfLife() ingest.Warning {
	return ingest.Warn(ingest.WarnNoDecayKnown, ingest.LevelWarn, 0, 0, "No half-life is known, so the curves are used as if nothing decayed.")
}

// UnknownUnits is the warning of curves in the units of their series.
func UnknownUnits() ingest.Warning {
	return ingest.Warn(ingest.WarnArbitrary, ingest.LevelWarn, 0, 0, "The units of the series cannot be turned into Bq/mL; the curves are in its own units.")
}

// finite reports whether x is a number.
func finite(x float64) bool { return x-x == 0 }
