package extract

import (
	"io"
	"math"
	"strings"
	"time"

	"tacstream/ingest"
)

// How short a scan in seconds is doubted to be one, where nothing says that
// its times are seconds: most scans take longer, and few have frames as short.
const (
	shortestScan  = 300 * time.Second
	shortestFrame = time.Second
)

// ReadTACs reads a table of curves as other programs write it, and says what
// it was taken for: a row per frame and a column per region (PETPrep, PMOD's
// .tac and their kin) or a row per region and frame (petfit). A table of
// several scans is rejected. ReadTSV reads what WriteTSV wrote.
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
// it; otherwise they are as they were and Units is Arbitrary. As with ReadTSV,
// the caller says by FromCorrected or FromDecayed what they were corrected to, and a region that lacks a value is left
// out, with a warning. VolumeMM3 is known of petfit only.
func ReadTACs(r io.Reader, h Hints) (CorrectedCurves, Taken, error) {
	side, err := readSidecar(h.Sidecar)
	if err != nil {
		return CorrectedCurves{}, Taken{}, err
	}
	s, err := readSheet(r, "table of curves")
	if err != nil {
		return CorrectedCurves{}, Taken{}, err
	}
	l, err := newLayout(s)
	if err != nil {
		return CorrectedCurves{}, Taken{}, err
	}
	return l.curves(h, side)
}

// curves reads the rows in the units that header and sidecar state.
func (l layout) curves(h Hints, side sidecar) (CorrectedCurves, Taken, error) {
	t := Taken{Format: l.format}
	var err error
	if t.TimeUnit, t.TimeFrom, err = l.setClock(h, side); err != nil {
		return CorrectedCurves{}, Taken{}, err
	}
	if t.Unit, t.UnitFrom, err = l.setFactor(h, side); err != nil {
		return CorrectedCurves{}, Taken{}, err
	}
	found, err := l.read()
	if err != nil {
		return CorrectedCurves{}, Taken{}, err
	}
	if t.TimeFrom == Assumed {
		if found, err = l.settle(found, side, &t); err != nil {
			return CorrectedCurves{}, Taken{}, err
		}
	}
	t.Weights, t.RegionColumns = found.weights, len(found.tacs)
	c, err := found.curves()
	if err != nil {
		return CorrectedCurves{}, Taken{}, err
	}
	doubts, err := t.doubts(c.Frames, side)
	c.Warnings = append(c.Warnings, doubts...)
	if t.known() {
		c.Units = BqPerML
	}
	return c, t, err
}

// known reports whether values could be turned into Bq/mL.
func (t Taken) known() bool {
	_, factor := concentrationOf(t.Unit)
	return factor > 0
}

// settle asks the frames of the sidecar what times nothing states the unit of
// are, and reads the table again where they are minutes.
func (l layout) settle(found table, side sidecar, t *Taken) (table, error) {
	others := side.frames()
	if len(others) == 0 {
		return found, nil
	}
	if apart(found.frames, others) == 0 {
		t.TimeFrom = InSidecar
		return found, nil
	}
	for m := range l.clock {
		l.clock[m] = Minutes
	}
	again, err := l.read()
	if err == nil && apart(again.frames, others) == 0 {
		t.TimeUnit, t.TimeFrom = Minutes, InSidecar
		return again, nil
	}
	return found, nil
}

// doubts returns what is to be said of the units. Times that nothing states
// the unit of, and which must be minutes, are an error.
func (t Taken) doubts(frames []ingest.Frame, side sidecar) ([]ingest.Warning, error) {
	var list []ingest.Warning
	if !t.known() {
		list = append(list, t.unknownUnits())
	}
	if n := apart(frames, side.frames()); n > 0 && len(side.frames()) > 0 {
		list = append(list, ingest.Warning{
			Code: ingest.WarnTimeAssumed, Level: ingest.LevelWarn, Value: float64(n),
			Detail: "frames that lie elsewhere in the sidecar than in the table: those of the table are used",
		})
	}
	last := frames[len(frames)-1].End()
	if t.TimeFrom != Assumed || last > shortestScan {
		return list, nil
	}
	for f, frame := range frames {
		if frame.Duration < shortestFrame {
			return nil, rejectTable("frame %d lasts %v if times are in seconds: name the column of starts start_min or start_s", f+1, frame.Duration)
		}
	}
	return append(list, ingest.Warning{
		Code: ingest.WarnTimeAssumed, Level: ingest.LevelDoubt, Value: last.Seconds(), Threshold: shortestScan.Seconds(),
		Detail: "seconds at which the scan ends: nothing states the unit of time, and minutes would be likelier",
	}), nil
}

// read reads the rows in the units of the layout.
func (l layout) read() (table, error) {
	var t table
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

// readWide reads a row per frame.
func (l layout) readWide() (table, error) {
	var t table
	for _, h := range l.headings {
		if h.means == notTime {
			t.tacs = append(t.tacs, TAC{Region: Region(strings.Clone(h.name))})
		}
	}
	for line, fields := range l.rows() {
		if fields == nil {
			return table{}, l.short(line)
		}
		if len(t.frames) >= maxTableFrames {
			return table{}, l.reject("it has more than %d frames", maxTableFrames)
		}
		if err := l.addFrame(&t, line, fields); err != nil {
			return table{}, err
		}
	}
	return t, l.checkWeights(t.weights)
}

// addFrame reads one frame.
func (l layout) addFrame(t *table, line int, fields []string) error {
	frame, err := l.frame(line, fields)
	if err != nil {
		return err
	}
	t.frames = append(t.frames, frame)
	if l.has(weight) {
		w, err := l.weight(line, fields)
		if err != nil {
			return err
		}
		t.weights = append(t.weights, w)
	}
	region := 0
	for i, h := range l.headings {
		if h.means != notTime {
			continue
		}
		v, err := l.activity(line, i, fields)
		if err != nil {
			return err
		}
		t.tacs[region].BqPerML = append(t.tacs[region].BqPerML, v)
		region++
	}
	return nil
}

// activity reads a value in Bq/mL; one that is missing is NaN.
func (l layout) activity(line, column int, fields []string) (float64, error) {
	v, ok := value(fields[column])
	if v *= l.factor; !ok || math.IsInf(v, 0) {
		return 0, l.reject("row %d, column %d: no number", line, column+1)
	}
	return v, nil
}

// frame reads the times of one row. Where both are given the end counts.
func (l layout) frame(line int, fields []string) (ingest.Frame, error) {
	times := map[meaning]time.Duration{}
	for _, m := range []meaning{start, end, duration} {
		at, ok := l.column[m]
		if !ok {
			continue
		}
		v, ok := value(fields[at])
		if !ok || !(math.Abs(l.clock[m].seconds(v)) <= maxTableSeconds) {
			return ingest.Frame{}, l.reject("row %d, column %d: no time in %s", line, at+1, l.clock[m])
		}
		times[m] = l.clock[m].duration(v)
	}
	f := ingest.Frame{Start: times[start], Duration: times[duration]}
	if stop, ok := times[end]; ok {
		f.Duration = stop - f.Start
	}
	return f, nil
}

// weight reads the weight of one row.
func (l layout) weight(line int, fields []string) (float64, error) {
	at := l.column[weight]
	w, ok := value(fields[at])
	if !ok || !(w >= 0) {
		return 0, l.reject("row %d, column %d: no weight", line, at+1)
	}
	return w, nil
}

// checkWeights finds weights that leave no frame to be fitted.
func (l layout) checkWeights(weights []float64) error {
	for _, w := range weights {
		if w > 0 {
			return nil
		}
	}
	if len(weights) > 0 {
		return l.reject("column %d: no weight is above 0", l.column[weight]+1)
	}
	return nil
}
