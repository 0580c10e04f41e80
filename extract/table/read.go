package table

import (
	"io"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// Read reads a table of curves as other programs write it, and says what
// it read them as: a row per frame and a column per region (PETPrep, PMOD's
// .tac and their kin) or a row per region and frame (petfit). A table of
// several scans is rejected.
//
// Units are those of the hints, else those in the names of the columns, else
// those of the sidecar, by "Units" of the column, of "time" or of
// "radioactivity", or at its top. The sidecar's FrameTimesStart and
// FrameDuration, always seconds, settle what the times of the table are. Where
// nothing states the unit of time, seconds are assumed, as BIDS and PETPrep
// have them. If the scan then ends within shortestScan it is read with a
// doubt, and with a frame below shortestFrame it is rejected: those are
// minutes, and a factor of 60 in every rate is worse than no result.
//
// Values are returned in Bq/mL, where a unit is stated that can be turned into
// it; otherwise they are as they were and Units is Arbitrary. Nothing in a table
// says what its values were corrected to for decay, so HalfLife is 0 until the
// caller, who may have a sidecar, knows better: see extract.FromCorrected. Frames
// in which a region lacks a value (empty or n/a) are left out where they are few,
// else the region is, with a warning. Voxels is 0, and
// VolumeMM3 is known of petfit only.
func Read(r io.Reader, h Hints) (extract.CorrectedCurves, Interpretation, error) {
	side, err := readSidecarKeys(h.Sidecar)
	if err != nil {
		return extract.CorrectedCurves{}, Interpretation{}, err
	}
	s, err := readSheet(r, "table of curves")
	if err != nil {
		return extract.CorrectedCurves{}, Interpretation{}, err
	}
	l, err := newLayout(s)
	if err != nil {
		return extract.CorrectedCurves{}, Interpretation{}, err
	}
	return l.curves(h, side)
}

// curves reads the rows in the units that header and sidecar state.
func (l layout) curves(h Hints, side sidecarKeys) (extract.CorrectedCurves, Interpretation, error) {
	in := Interpretation{Format: l.format}
	var err error
	if in.TimeUnit, in.TimeFrom, err = l.setClock(h, side); err != nil {
		return extract.CorrectedCurves{}, Interpretation{}, err
	}
	if in.Unit, in.UnitFrom, err = l.setFactor(h, side); err != nil {
		return extract.CorrectedCurves{}, Interpretation{}, err
	}
	found, err := l.read()
	if err != nil {
		return extract.CorrectedCurves{}, Interpretation{}, err
	}
	if in.TimeFrom == Assumed {
		if found, err = l.settle(found, side, &in); err != nil {
			return extract.CorrectedCurves{}, Interpretation{}, err
		}
	}
	in.RegionColumns = len(found.tacs)
	frames := found.frames
	c, left, err := found.curves()
	if err != nil {
		return extract.CorrectedCurves{}, Interpretation{}, err
	}
	in.Weights, in.LeftOut = found.weights, left
	doubts, err := in.doubts(frames, side)
	c.Warnings = append(c.Warnings, doubts...)
	if in.known() {
		c.Units = extract.BqPerML
	}
	return c, in, err
}

// settle asks the frames of the sidecar what times nothing states the unit of
// are, and reads the table again where they are minutes.
func (l layout) settle(found contents, side sidecarKeys, in *Interpretation) (contents, error) {
	others := side.frames()
	if len(others) == 0 {
		return found, nil
	}
	if apart(found.frames, others) == 0 {
		in.TimeFrom = InSidecar
		return found, nil
	}
	for m := range l.clock {
		l.clock[m] = Minutes
	}
	again, err := l.read()
	if err == nil && apart(again.frames, others) == 0 {
		in.TimeUnit, in.TimeFrom = Minutes, InSidecar
		return again, nil
	}
	return found, nil
}

// read reads the rows in the units of the layout.
func (l layout) read() (contents, error) {
	var t contents
	var err error
	if l.format == Long {
		t, err = l.readLong()
	} else {
		t, err = l.readWide()
	}
	if err == nil && l.clock[start] == Minutes {
		joinFrames(t.frames)
	}
	return t, err
}

// roundedEdge is how far apart the end of a frame and the start of the next
// can be written where both are rounded to a thousandth of a minute.
const roundedEdge = 100 * time.Millisecond

// joinFrames makes frames that touch share their edge, in place.
func joinFrames(frames []ingest.Frame) {
	for f := 1; f < len(frames); f++ {
		edge := frames[f-1].End()
		if off := frames[f].Start - edge; off != 0 && off.Abs() < roundedEdge && frames[f].Duration > roundedEdge {
			frames[f].Duration += off
			frames[f].Start = edge
		}
	}
}
