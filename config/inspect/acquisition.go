package inspect

import (
	"context"
	"math"
	"regexp"
	"slices"
	"time"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
)

// An AcquisitionView is what the line fits as one: a series by itself, or the
// parts of one acquisition that lie in several. Times are in s after model zero
// of the first part.
type AcquisitionView struct {
	Series    []int            `json:"series"` // by number, in order of time
	Condition ingest.Condition `json:"condition"`
	Reason    ingest.Reason    `json:"reason,omitzero"` // of the first part that is at fault
	Do        string           `json:"do,omitempty"`
	Frames    int              `json:"frames,omitempty"`
	// StoredTo is the time to which the values are corrected for decay, one for
	// each time that parts differ in; none where they are not corrected.
	StoredTo  []float64   `json:"corrected_to_s,omitempty"`
	Injection *float64    `json:"injection_s,omitempty"`
	Timing    []FrameView `json:"timing,omitempty"`
	Values    *ValuesView `json:"values,omitempty"`
	// Doubts has each doubt once. Of those that differ between series in nothing
	// but their numbers, it has the one with the largest value.
	Doubts  []DoubtView        `json:"doubts,omitempty"`
	Regions []RegionsForSeries `json:"region_sources,omitempty"`
}

// A group is the series of one acquisition by their places in a list, with their
// time axes and model zeros where there are several.
type group struct {
	at    []int
	axes  []ingest.Timing
	zeros []time.Duration // after that of the first
}

// groupsOf puts series together as the line does, in the order of the first.
func groupsOf(found []LocalSeries, relatives []relatives) (list []group) {
	for k := range found {
		if relatives[k].continues > 0 {
			continue
		}
		g := group{at: []int{k}}
		parts := []ingest.Assembly{found[k].Assembly}
		for _, number := range relatives[k].parts {
			g.at, parts = append(g.at, number-1), append(parts, found[number-1].Assembly)
		}
		if len(parts) > 1 {
			axes, zeros, err := ingest.TimingOfParts(parts)
			if err != nil {
				panic("inspect: series without times were joined: " + err.Error())
			}
			g.axes, g.zeros = axes, zeros
		}
		list = append(list, g)
	}
	return list
}

// describe looks at every series, and at what they make together.
func (in *Inspection) describe(
	ctx context.Context, shelf Shelf, found []LocalSeries, protocols config.Config, pixels bool,
) error {
	relatives := relativesOf(found)
	in.Series = make([]SeriesView, len(found))
	for _, g := range groupsOf(found, relatives) {
		for n, k := range g.at {
			var axis *ingest.Timing
			if g.axes != nil {
				axis = &g.axes[n]
			}
			v := &in.Series[k]
			*v = viewOf(found[k], axis, protocols)
			v.Number, v.Continues, v.Parts, v.Twins = k+1, relatives[k].continues, relatives[k].parts, relatives[k].twins
			if n > 0 {
				v.doubt(stream.AssumedLater(found[k].Assembly, *axis)...)
			}
			if !pixels {
				continue
			}
			if err := v.readPixels(ctx, shelf, found[k]); err != nil {
				return err
			}
		}
		if g.axes == nil {
			in.Acquisitions = append(in.Acquisitions, in.Series[g.at[0]].alone())
		} else {
			in.Acquisitions = append(in.Acquisitions, in.joined(g))
		}
	}
	return nil
}

// alone returns the acquisition that a series is by itself.
func (v *SeriesView) alone() AcquisitionView {
	if v.Condition == ingest.Ready {
		v.doubt(emptyFrames(v.holds)...)
	}
	a := AcquisitionView{
		Series: []int{v.Number}, Condition: v.Condition, Reason: v.Reason, Do: v.Do, Frames: v.Frames,
		Injection: v.Injection, Timing: v.Timing, Values: v.Values, Doubts: v.Doubts,
	}
	if v.StoredTo != nil {
		a.StoredTo = []float64{*v.StoredTo}
	}
	return a
}

// joined returns the acquisition of which a group of series holds the parts.
func (in *Inspection) joined(g group) AcquisitionView {
	a := AcquisitionView{Condition: ingest.Ready}
	var frames []ingest.Frame
	var holds []bool
	for n, k := range g.at {
		v, zero := &in.Series[k], g.zeros[n]
		a.Series = append(a.Series, v.Number)
		if a.Condition == ingest.Ready {
			a.Condition, a.Reason, a.Do = v.Condition, v.Reason, v.Do
		}
		a.Frames += v.Frames
		a.storedTo(v.StoredTo, zero.Seconds())
		if a.Injection == nil && v.Injection != nil {
			at := *v.Injection + zero.Seconds()
			a.Injection = &at
		}
		for _, f := range v.Timing {
			f.Series, f.Start = v.Number, f.Start+zero.Seconds()
			a.Timing = append(a.Timing, f)
		}
		for _, f := range g.axes[n].Frames {
			frames = append(frames, ingest.Frame{Start: f.Start + zero, Duration: f.Duration})
		}
		holds = append(holds, v.holds...)
		a.Values = a.Values.with(v.Values)
		a.doubt(v.Number, v.Doubts)
	}
	whole := append(extract.Curves{Frames: frames}.Quality(extract.Thresholds{}), stream.Joined(len(g.at)))
	for _, w := range slices.Concat(emptyFrames(holds), whole) {
		a.Doubts = append(a.Doubts, doubtOf(w))
	}
	return a
}

// storedTo adds the time to which a part is corrected, unless an earlier part is
// corrected to the same.
func (a *AcquisitionView) storedTo(at *float64, zero float64) {
	const same = 1e-3 // s, to which times are shown
	if at == nil {
		return
	}
	if to := *at + zero; !slices.ContainsFunc(a.StoredTo, func(x float64) bool { return math.Abs(x-to) < same }) {
		a.StoredTo = append(a.StoredTo, to)
	}
}

// digits are what may differ between the doubts of series that are one.
var digits = regexp.MustCompile(`[0-9][0-9.eE+-]*`)

// doubt adds the doubts of a series to those of the others.
func (a *AcquisitionView) doubt(number int, list []DoubtView) {
	kind := func(d DoubtView) string {
		return string(d.Code) + " " + string(d.Level) + " " + digits.ReplaceAllString(d.Detail, "0")
	}
	for _, d := range list {
		i := slices.IndexFunc(a.Doubts, func(e DoubtView) bool { return kind(e) == kind(d) })
		if i < 0 {
			d.Series = []int{number}
			a.Doubts = append(a.Doubts, d)
			continue
		}
		e := &a.Doubts[i]
		e.Largest = e.Largest || e.Detail != d.Detail
		if e.Series = append(e.Series, number); math.Abs(d.Value) > math.Abs(e.Value) {
			e.Warning = d.Warning
		}
	}
}

// with returns the values of two parts together; either may be nil.
func (v *ValuesView) with(w *ValuesView) *ValuesView {
	if v == nil || w == nil {
		if v == nil {
			return w
		}
		return v
	}
	sum := ValuesView{
		Voxels: v.Voxels + w.Voxels, Min: min(v.Min, w.Min), Max: max(v.Max, w.Max), Sum: v.Sum + w.Sum,
		Negative: v.Negative + w.Negative, NotFinite: v.NotFinite + w.NotFinite, Padding: v.Padding + w.Padding,
	}
	sum.Mean = sum.Sum / float64(sum.Voxels)
	return &sum
}
