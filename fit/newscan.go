package fit

import (
	"slices"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// NewScan returns the scan of curves with a reference region, "" for none.
//
// The values of curves are activity as it decayed. extract.FromCorrected makes
// such curves of values that are corrected for decay. Values that are corrected
// all the same give a BPND that is wrong many times over. The warning
// LOOKS_CORRECTED finds some of them and cannot find all: a scan of less than two
// half-lives, such as most with fluorine-18, shows no mark, and of three real scans
// with carbon-11, cut to an hour, it finds one.
//
// Frames without data of their own, see extract.Curves.FrameFaults, are left out,
// and every estimate has the warning that names them. The scan has a gap there.
func NewScan(curves extract.Curves, reference extract.Region) Scan {
	sound, _, doubts := curves.Sound()
	return Scan{Frames: sound.Frames, TACs: sound.TACs, Reference: reference, HalfLife: curves.HalfLife, doubts: doubts}.sharing()
}

// NewPair returns the scan of two curves, "reference" and "region", of one value
// for each frame. AsDecayed and CorrectedTo make the values of numbers, and say of
// which kind these are: there is no other way to make them, for a model that takes
// one kind for the other gives a wrong answer, and often without a warning. See
// NewScan for what the warning LOOKS_CORRECTED can see. It shares no numbers with
// the values.
func NewPair(frames []ingest.Frame, halfLife time.Duration, reference, region Values) Scan {
	return NewScan(extract.Curves{Frames: frames, HalfLife: halfLife, TACs: []extract.TAC{
		{Region: "reference", BqPerML: reference.decayed(frames, halfLife)},
		{Region: "region", BqPerML: region.decayed(frames, halfLife)},
	}}, "reference")
}

// Values are frame means of activity together with what they are corrected for.
type Values struct {
	numbers   []float64
	corrected bool
	origin    time.Duration
}

// AsDecayed returns values of the activity as it decayed, corrected for nothing.
func AsDecayed(bqPerML []float64) Values { return Values{numbers: bqPerML} }

// CorrectedTo returns values that are corrected for decay to a time after model
// zero, mostly 0: the mean of the activity as it decayed times ingest.Frame's
// DecayFactor. That is how scanners and tables correct.
func CorrectedTo(origin time.Duration, bqPerML []float64) Values {
	return Values{numbers: bqPerML, corrected: true, origin: origin}
}

// decayed returns the activity as it decayed. Numbers without a frame stay as
// they are: models refuse the scan.
func (v Values) decayed(frames []ingest.Frame, halfLife time.Duration) []float64 {
	list := slices.Clone(v.numbers)
	for f := range min(len(list), len(frames)) {
		if v.corrected {
			list[f] /= frames[f].DecayFactor(halfLife, v.origin)
		}
	}
	return list
}
