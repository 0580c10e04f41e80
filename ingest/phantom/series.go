package phantom

import (
	"cmp"
	"fmt"
	"iter"
	"path"
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

// DefaultFrames returns 23 frames over 90 min: 4 × 15 s, 4 × 30 s, 3 × 1 min,
// 2 × 2 min, 4 × 5 min and 6 × 10 min.
func DefaultFrames() []ingest.Frame {
	var frames []ingest.Frame
	for _, run := range []struct {
		n int
		d time.Duration
	}{
		{4, 15 * time.Second}, {4, 30 * time.Second}, {3, time.Minute},
		{2, 2 * time.Minute}, {4, 5 * time.Minute}, {6, 10 * time.Minute},
	} {
		frames = append(frames, following(frames, run.n, run.d)...)
	}
	return frames
}

// EvenFrames returns n frames of one duration without gaps.
func EvenFrames(n int, d time.Duration) []ingest.Frame { return following(nil, n, d) }

// following returns n frames that begin where the given ones end.
func following(frames []ingest.Frame, n int, d time.Duration) []ingest.Frame {
	next := time.Duration(0)
	if len(frames) > 0 {
		next = frames[len(frames)-1].End()
	}
	more := make([]ingest.Frame, n)
	for i := range more {
		more[i] = ingest.Frame{Start: next + time.Duration(i)*d, Duration: d}
	}
	return more
}

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

// Labels returns the regions on the grid of the series. A region that has no
// kinetics has no label, and one that the grid is too coarse for no voxel.
func (s Series) Labels() ingest.Labels { return s.filled().body().labels() }

// Truth returns the kinetics of each label but the cerebellum, in the order of
// the atlas: every region left, then right.
func (s Series) Truth() []Kinetics {
	var truth []Kinetics
	for _, k := range s.Merged() {
		for _, side := range []string{"Left-", "Right-"} {
			of := k
			of.Region = side + k.Region
			truth = append(truth, of)
		}
	}
	return truth
}

// Merged returns the kinetics of each region but the cerebellum, left and
// right together, in the order of the atlas.
func (s Series) Merged() []Kinetics {
	s = s.filled()
	var truth []Kinetics
	for _, o := range organs() {
		if k, ok := s.kineticsOf(o.region); ok && o.region != Cerebellum {
			truth = append(truth, k)
		}
	}
	return truth
}

// A File is one file as a facility drops it.
type File struct {
	Name string      // its path below the drop, with slashes
	Slot ingest.Slot // which frame and slice it holds; zero for a file of regions
	Data []byte      // fresh for each file: the caller may keep and change it
}

// Files returns the files of the series: the slices, frame after frame and
// from the lowest slice up, then the regions. It makes them as they are asked
// for.
func (s Series) Files() iter.Seq[File] {
	return func(yield func(File) bool) {
		for f := range s.Slices() {
			if !yield(f) {
				return
			}
		}
		for _, f := range s.Regions() {
			if !yield(f) {
				return
			}
		}
	}
}

// Slices returns the files of the series without its regions.
func (s Series) Slices() iter.Seq[File] {
	return func(yield func(File) bool) {
		scan := s.acquire()
		for frame := range scan.Frames {
			for slice := range scan.Size[2] {
				if !yield(scan.file(frame, slice)) {
					return
				}
			}
		}
	}
}

// Regions returns the region source of the series, as BIDS has it: a label
// image on the grid of the series and its look-up table.
func (s Series) Regions() []File {
	labels := s.Labels()
	stem := ""
	if s.Name != "" {
		stem = path.Base(s.Name) + "_"
	}
	return []File{
		{Name: path.Join(s.Folder, stem+"dseg.nii.gz"), Data: NIfTI(labels)},
		{Name: path.Join(s.Folder, "dseg.tsv"), Data: LookUpTable(labels)},
	}
}
