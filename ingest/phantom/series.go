package phantom

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tacstream/ingest"
)

// A Series describes one dynamic PET series. Its zero value is a whole
// [11C]DASB baseline scan; a field that is zero takes the default that it
// names. A Series is a value: it may be copied, changed and used concurrently
// as long as its slices are not changed.
type Series struct {
	// Name tells series of one seed apart: other names give other UIDs and
	// other noise.
	Name string
	Seed uint64
	// Folder is where Files puts the series: slices in pet below it, regions
	// in it.
	Folder string

	Size      [3]int         // columns, rows, slices; DefaultSize where 0
	SpacingMM [3]float64     // between columns, rows, slices; the box of the head over Size where 0
	Frames    []ingest.Frame // DefaultFrames where nil
	Start     time.Time      // of the scan, which is model zero; DefaultStart where zero
	Injection time.Duration  // after the scan start, as the header has it; the kinetics do not move with it
	HalfLife  time.Duration  // CarbonHalfLife where 0
	Decay     Decay          // Start where ""

	Tracer    Tracer // DASB where ""
	Reference Curve  // the tracer's where nil
	// Kinetics are those of the regions, left and right alike; the tracer's
	// at baseline where nil. Names that the atlas does not have are ignored.
	Kinetics []Kinetics
	DoseBq   float64 // 170 MBq where 0
	Patient  Patient
	// Description is the SeriesDescription.
	Description string
	// StudyName tells studies of one seed apart; Name where "".
	StudyName string
	// UIDRoot is what all UIDs begin with, without the last dot; 2.25 where
	// "". At most 40 characters.
	UIDRoot string

	NoNoise    bool
	ImplicitVR bool // implicit VR little endian in place of explicit
	OneSlope   bool // one slope in all slices and frames in place of one in each
	OmitCounts bool // leave out NumberOfSlices and NumberOfTimeSlices
}

// A Patient is who was scanned. No field is checked or altered on its way into
// the header.
type Patient struct {
	Name      string  // SYNTHETIC^ANIMAL where ""
	ID        string  // SYNTHETIC where ""
	BirthDate string  // YYYYMMDD; 20160101 where ""
	Sex       string  // M where ""
	WeightKg  float64 // 7 where 0
}

// Decay says what a series' values are corrected for decay to.
type Decay string

// The values of DecayCorrection (0054,1102).
const (
	ToStart     Decay = "START" // the scan start
	ToInjection Decay = "ADMIN" // Series.Injection
	Uncorrected Decay = "NONE"
)

// CarbonHalfLife is the half-life of carbon-11.
const CarbonHalfLife = 1221660 * time.Millisecond

// DefaultSize is columns, rows and slices of a series.
func DefaultSize() [3]int { return [3]int{64, 64, 16} }

// DefaultStart is when a series was scanned.
func DefaultStart() time.Time { return time.Date(2024, time.January, 8, 10, 31, 7, 250e6, time.UTC) }

// Large returns a series of 89 slices of 128 × 128 voxels in frames of equal
// length over 90 min, without noise. It is made for measuring memory: 26
// frames are 77 MB of files, and Files holds one of them at a time.
func Large(frames int) Series {
	return Series{
		Name:    fmt.Sprintf("large-%d", frames),
		Size:    [3]int{128, 128, 89},
		Frames:  EvenFrames(frames, (90 * time.Minute / time.Duration(frames)).Truncate(time.Millisecond)),
		NoNoise: true,
	}
}

// filled returns the series with its defaults in place.
func (s Series) filled() Series {
	s.Tracer = cmp.Or(s.Tracer, DASB)
	if s.Size == [3]int{} {
		s.Size = DefaultSize()
	}
	if s.SpacingMM == [3]float64{} {
		s.SpacingMM = [3]float64{boxWide / float64(s.Size[0]), boxLong / float64(s.Size[1]), boxHigh / float64(s.Size[2])}
	}
	if s.Frames == nil {
		s.Frames = DefaultFrames()
	}
	if s.Start.IsZero() {
		s.Start = DefaultStart()
	}
	if s.Reference == nil {
		s.Reference = s.Tracer.Reference()
	}
	if s.Kinetics == nil {
		s.Kinetics = s.Tracer.kinetics(Baseline)
	}
	s.HalfLife = cmp.Or(s.HalfLife, CarbonHalfLife)
	s.Decay = cmp.Or(s.Decay, ToStart)
	s.DoseBq = cmp.Or(s.DoseBq, 170e6)
	s.StudyName = cmp.Or(s.StudyName, s.Name)
	s.UIDRoot = cmp.Or(s.UIDRoot, "2.25")
	s.Patient = s.Patient.filled()
	return s
}

func (p Patient) filled() Patient {
	return Patient{
		Name:      cmp.Or(p.Name, "SYNTHETIC^ANIMAL"),
		ID:        cmp.Or(p.ID, "SYNTHETIC"),
		BirthDate: cmp.Or(p.BirthDate, "20160101"),
		Sex:       cmp.Or(p.Sex, "M"),
		WeightKg:  cmp.Or(p.WeightKg, 7),
	}
}

// Geometry returns where the voxels are. Columns run to the left and rows to
// the back, as in DICOM's axial slices; slices run upwards. The centre is not
// the origin, so that mistaken signs show.
func (s Series) Geometry() ingest.Geometry {
	s = s.filled()
	g := ingest.Geometry{Size: s.Size}
	centre := ingest.Vec{1.5, -12.25, -148.5}
	for a, sign := range [3]float64{-1, -1, 1} {
		step := sign * s.SpacingMM[a]
		g.Affine[a][a] = step
		g.Affine[a][3] = centre[a] - step*float64(s.Size[a]-1)/2
	}
	return g
}

// kineticsOf returns the kinetics of a region, and whether there are any. The
// cerebellum is the reference itself.
func (s Series) kineticsOf(region string) (Kinetics, bool) {
	if region == Cerebellum {
		return Kinetics{Region: region, R1: 1}, true
	}
	i := slices.IndexFunc(s.Kinetics, func(k Kinetics) bool { return k.Region == region })
	if i < 0 {
		return Kinetics{}, false
	}
	return s.Kinetics[i], true
}
