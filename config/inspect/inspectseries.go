package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// A SeriesView is one PET series as tacstream sees it. Facts that could not be
// read are zero.
type SeriesView struct {
	Number int `json:"number"`
	// Continues is the series with which this one is fitted, Parts are those
	// that are fitted with it, and Twins other reconstructions.
	Continues int              `json:"continues,omitempty"`
	Parts     []int            `json:"parts,omitempty"`
	Twins     []int            `json:"twins,omitempty"`
	Condition ingest.Condition `json:"condition"`
	Reason    ingest.Reason    `json:"reason,omitzero"`
	Do        string           `json:"do,omitempty"`
	Objects   int              `json:"objects"`
	Frames    int              `json:"frames,omitempty"`
	Slices    int              `json:"slices,omitempty"`
	Have      int              `json:"slots_filled,omitempty"`
	Want      int              `json:"slots_counted,omitempty"` // 0 where the header leaves the counts out
	Missing   []ingest.Slot    `json:"missing,omitempty"`
	Vendor    string           `json:"vendor,omitempty"`
	Model     string           `json:"model,omitempty"`
	Tracer    string           `json:"tracer,omitempty"` // of the protocol that matches
	// Radiopharmaceutical is what was injected, as the header names it: name and
	// code.
	Radiopharmaceutical string      `json:"radiopharmaceutical,omitempty"`
	DoseBq              float64     `json:"injected_dose_bq,omitempty"`
	WeightKg            float64     `json:"weight_kg,omitempty"`
	Nuclide             string      `json:"nuclide,omitempty"`
	HalfLife            float64     `json:"half_life_s,omitempty"`
	SeriesType          string      `json:"series_type,omitempty"`
	Syntax              string      `json:"transfer_syntax,omitempty"`
	Units               string      `json:"units"`
	BqPerML             float64     `json:"bqml_per_unit,omitempty"`
	Decay               string      `json:"decay_correction"`
	StoredTo            *float64    `json:"corrected_to_s,omitempty"` // after model zero; absent where not corrected
	Injection           *float64    `json:"injection_s,omitempty"`    // after model zero
	Recon               string      `json:"reconstruction,omitempty"`
	Corrected           []string    `json:"corrections,omitempty"`
	Size                [3]int      `json:"size,omitzero"`       // columns, rows, slices
	SpacingMM           [3]float64  `json:"spacing_mm,omitzero"` // of these
	Lies                string      `json:"orientation,omitempty"`
	Timing              []FrameView `json:"timing,omitempty"`
	Values              *ValuesView `json:"values,omitempty"`
	Doubts              []DoubtView `json:"doubts,omitempty"`

	holds []bool // of each frame, whether a voxel of it is not 0; nil where that was not read
}

// A FrameView is one frame. Times are in s after model zero.
type FrameView struct {
	// Series is the number of the series that holds the frame, in an acquisition
	// of several; else 0.
	Series   int     `json:"series,omitempty"`
	Start    float64 `json:"start_s"`
	Duration float64 `json:"duration_s"`
	SlopeMin float64 `json:"slope_min,omitempty"`
	SlopeMax float64 `json:"slope_max,omitempty"`
	// Factor is the header's decay factor, Expected that of the times, the
	// half-life and the origin; 0 where there is none.
	Factor   float64 `json:"decay_factor,omitempty"`
	Expected float64 `json:"decay_factor_expected,omitempty"`
	// Missing means that no image of the frame is there; its times are then those
	// of the hole, 0 where that is not known.
	Missing bool `json:"missing,omitempty"`
}

// A DoubtView is a warning with what to do about it.
type DoubtView struct {
	ingest.Warning
	Do string `json:"do,omitempty"`
	// Series are those of an acquisition that it concerns, by number; none where
	// it concerns the whole, or where there is one series only.
	Series []int `json:"series,omitempty"`
	// Largest means that the series have numbers of their own in it, and that
	// these are the ones with the largest value.
	Largest bool `json:"largest_of_series,omitempty"`
}

// doubtOf adds to a warning what to do about it.
func doubtOf(w ingest.Warning) DoubtView {
	d := DoubtView{Warning: w}
	if w.Level != ingest.LevelNotice {
		d.Do = w.Code.Do()
	}
	return d
}

// viewOf describes a series by its headers. Axis is the time axis of a part of an
// acquisition, whose frames are judged together with those of the others; nil for
// a series that stands for itself.
func viewOf(s LocalSeries, axis *ingest.Timing, c config.Config) SeriesView {
	o, h := s.Outcome, s.head()
	v := SeriesView{
		Condition: o.Condition, Reason: o.Reason, Do: o.Reason.Code.Do(), Objects: len(s.Records), Frames: o.Frames, Slices: o.Slices,
		Have: o.Have, Want: o.Want, Missing: o.Missing, Vendor: h.Soft.Manufacturer, Model: h.Soft.Model, SeriesType: h.Strict.SeriesType,
		Units: h.Strict.Units, BqPerML: h.Soft.BqPerMLPerUnit, Decay: h.Strict.DecayCorrection, Recon: h.Soft.ReconMethod,
		Radiopharmaceutical: h.Soft.Tracer.String(), DoseBq: h.Soft.DoseBq, WeightKg: h.Soft.WeightKg,
		Corrected: h.Soft.CorrectedImage, HalfLife: h.Strict.HalfLife, Nuclide: ingest.Nuclide(time.Duration(h.Strict.HalfLife * float64(time.Second))), Syntax: s.syntax(),
	}
	if p, ok := s.protocol(c); ok {
		v.Tracer = p.Name
	}
	v.place(s, h)
	v.doubt(ingest.Assembly{Header: h, Split: s.Assembly.Split}.Doubts()...)
	switch torso := s.Assembly.Torso; {
	case axis != nil:
		v.lay(s.Assembly, *axis)
	case o.Condition == ingest.Ready:
		v.time(s.Assembly)
	case torso != nil:
		reason := v.Reason
		v.time(torso.Frames)
		v.Condition, v.Reason, v.Do = o.Condition, reason, reason.Code.Do() // whatever its times say
		v.missing(torso.At)
	}
	if o.Unverified {
		v.doubt(stream.Unverified(o))
	}
	return v
}

// protocol returns the protocol that the line takes for a series.
func (s LocalSeries) protocol(c config.Config) (config.Protocol, bool) {
	return c.ProtocolOf(config.TracerTexts(s.head(), s.Assembly.Slots))
}

// head returns the header of the series, or of its first object where they do
// not agree.
func (s LocalSeries) head() ingest.Header {
	if s.Assembly.Header.Strict.SOPClassUID != "" || len(s.Records) == 0 {
		return s.Assembly.Header
	}
	return *s.Records[0].Header
}

// syntax names the transfer syntaxes of the objects.
func (s LocalSeries) syntax() string {
	names := map[string]bool{}
	var list []string
	for _, r := range s.Records {
		if name := dicom.SyntaxName(r.Instance.TransferSyntaxUID); !names[name] {
			names[name] = true
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// place says where the voxels are.
func (v *SeriesView) place(s LocalSeries, h ingest.Header) {
	positions := s.positions(h.Strict.Orientation)
	if len(positions) == 0 {
		v.Size = [3]int{h.Strict.Columns, h.Strict.Rows, v.Slices}
		return
	}
	g, err := dicom.Geometry(h, positions)
	if err != nil {
		reason := ingest.ReasonOf(err)
		v.doubt(ingest.Warn(reason.Code, ingest.LevelDoubt, 1, 0, "The place of the voxels is not known: %s.", reason.Detail))
		v.Size = [3]int{h.Strict.Columns, h.Strict.Rows, len(positions)}
		return
	}
	v.Size, v.Lies = g.Size, lies(g.Affine)
	for c := range 3 {
		v.SpacingMM[c] = math.Sqrt(g.Affine[0][c]*g.Affine[0][c] + g.Affine[1][c]*g.Affine[1][c] + g.Affine[2][c]*g.Affine[2][c])
	}
}

// positions returns those of the slices, in order along their normal, also
// where the series is not whole.
func (s LocalSeries) positions(orientation [6]float64) [][3]float64 {
	if len(s.Assembly.Positions) > 0 {
		return s.Assembly.Positions
	}
	const samePlaceMM = 0.05
	var all, list [][3]float64
	for _, r := range s.Records {
		if r.Fault.Code == "" {
			all = append(all, r.Instance.Position)
		}
	}
	slices.SortFunc(all, func(a, b [3]float64) int {
		return cmp.Compare(dicom.Along(orientation, a), dicom.Along(orientation, b))
	})
	for _, p := range all {
		if n := len(list); n == 0 || dicom.Along(orientation, p)-dicom.Along(orientation, list[n-1]) > samePlaceMM {
			list = append(list, p)
		}
	}
	return list
}

// lies says in words which way columns, rows and slices run.
func lies(a ingest.Affine) string {
	ways := [3][2]string{{"left to right", "right to left"}, {"back to front", "front to back"}, {"foot to head", "head to foot"}}
	var words []string
	oblique := 0.0
	for c, what := range [...]string{"columns", "rows", "slices"} {
		length := math.Sqrt(a[0][c]*a[0][c] + a[1][c]*a[1][c] + a[2][c]*a[2][c])
		main := 0
		for r := range 3 {
			if math.Abs(a[r][c]) > math.Abs(a[main][c]) {
				main = r
			}
		}
		way := ways[main][0]
		if a[main][c] < 0 {
			way = ways[main][1]
		}
		words = append(words, what+" "+way)
		oblique = max(oblique, math.Acos(min(1, math.Abs(a[main][c])/length))*180/math.Pi)
	}
	text := strings.Join(words, ", ")
	if oblique > 0.5 {
		text += fmt.Sprintf("; oblique by %.1f°", oblique)
	}
	return text
}

// time works out when the frames were, and judges them.
func (v *SeriesView) time(a ingest.Assembly) {
	t, err := a.Timing()
	if err != nil {
		reason := ingest.ReasonOf(err)
		v.Condition, v.Reason, v.Do = ingest.Rejected, reason, reason.Code.Do()
		return
	}
	v.lay(a, t)
	v.doubt(extract.Curves{Frames: t.Frames}.Quality(extract.Thresholds{})...)
}

// lay lays the frames out on a time axis.
func (v *SeriesView) lay(a ingest.Assembly, t ingest.Timing) {
	factor, doubts := a.BqPerMLPerUnit(t)
	v.BqPerML = factor
	v.doubt(append(t.Warnings, doubts...)...)
	if factor == 0 {
		v.doubt(extract.UnknownUnits())
	}
	if t.HalfLife <= 0 {
		v.doubt(extract.NoHalfLife())
	}
	if !t.StoredNone {
		at := t.Stored.Seconds()
		v.StoredTo = &at
	}
	if t.InjectionKnown {
		at := t.Injection.Seconds()
		v.Injection = &at
	}
	for f, frame := range t.Frames {
		view := FrameView{Start: frame.Start.Seconds(), Duration: frame.Duration.Seconds(), Factor: a.Slots[f*len(a.Positions)].Instance.DecayFactor}
		if e := frame.DecayFactor(t.HalfLife, t.Stored); !t.StoredNone && t.HalfLife > 0 && !math.IsInf(e, 0) {
			view.Expected = e
		}
		v.Timing = append(v.Timing, view)
	}
	v.onlyOnes()
}

// missing puts the frames that are not there into the table.
func (v *SeriesView) missing(at []int) {
	there := v.Timing
	if len(there) == 0 {
		return
	}
	v.Timing = nil
	for f, i := range at {
		if i >= 0 {
			v.Timing = append(v.Timing, there[i])
			continue
		}
		hole := FrameView{Missing: true}
		if next := slices.IndexFunc(at[f:], func(i int) bool { return i >= 0 }); f > 0 && next > 0 {
			before := v.Timing[f-1]
			hole.Start = before.Start + before.Duration
			hole.Duration = (there[at[f+next]].Start - hole.Start) / float64(next)
		}
		v.Timing = append(v.Timing, hole)
	}
}

// onlyOnes drops decay factors that are 1 throughout, as Philips writes: they
// say nothing.
func (v *SeriesView) onlyOnes() {
	for _, f := range v.Timing {
		if f.Factor != 1 {
			return
		}
	}
	for f := range v.Timing {
		v.Timing[f].Factor = 0
	}
}

// doubt adds warnings with what to do about them.
func (v *SeriesView) doubt(list ...ingest.Warning) {
	for _, w := range list {
		v.Doubts = append(v.Doubts, doubtOf(w))
	}
}
