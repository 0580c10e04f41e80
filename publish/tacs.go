package publish

import (
	"fmt"
	"slices"

	"tacstream/extract"
	"tacstream/ingest"
)

// TACsExtracted is the type of TACs.
const TACsExtracted Type = "tacstream.tacs.extracted.v1"

// TACs are the curves of a series.
//
// An event longer than MaxEventBytes leaves out the values, and if that does
// not suffice the regions, then the frames; LeftOut names what is missing, and
// Files says which table has all of it.
type TACs struct {
	Cause        Cause         `json:"cause"`
	Units        extract.Units `json:"units" enum:"Bq/mL,arbitrary" doc:"Unit of the values; arbitrary is proportional to Bq/mL by an unknown factor."`
	Decay        Decay         `json:"decay"`
	FramesTotal  int           `json:"frames_total" doc:"Number of frames."`
	Frames       []Frame       `json:"frames,omitempty" doc:"In time order, without overlap; there may be gaps."`
	RegionsTotal int           `json:"regions_total" doc:"Number of regions."`
	Regions      []Region      `json:"regions,omitempty"`
	LeftOut      []string      `json:"left_out,omitempty" enum:"values,regions,frames" doc:"What was left out because the event would be too long; it is in the file."`
	Warnings     []Warning     `json:"warnings,omitempty" doc:"Doubts about the whole scan or its curves."`
	Files        *Files        `json:"files,omitempty"`
	Supersedes   string        `json:"supersedes,omitempty" doc:"Id of the event that this one replaces, of the same series and kind; left out in the first."`
}

// A Frame is one time frame.
type Frame struct {
	StartS    float64 `json:"start_s" doc:"Start, s after model zero: the scan start, or an injection inside the scan."`
	DurationS float64 `json:"duration_s" doc:"Length, s."`
}

// Decay says how the values are corrected for decay.
type Decay struct {
	CorrectedTo extract.Origin `json:"corrected_to" enum:"injection,start,stored,none" doc:"The time to which values are corrected: injection, scan start, the one that the scanner used, or none."`
	OriginS     *float64       `json:"origin_s,omitempty" doc:"That time, s after model zero; left out where values are not corrected."`
	HalfLifeS   *float64       `json:"half_life_s,omitempty" doc:"Half-life of the nuclide, s; left out where not known."`
	InjectionS  *float64       `json:"injection_s,omitempty" doc:"Injection, s after model zero, as the header has it; left out where not known."`
}

// A Region is the curve of one region.
type Region struct {
	Name      extract.Region   `json:"name"`
	Index     int32            `json:"index,omitempty" doc:"Number of the region in its source; left out for a merged region."`
	Voxels    float64          `json:"voxels" doc:"Effective number of voxels; 0 where not known."`
	VolumeMM3 float64          `json:"volume_mm3" doc:"Volume of those voxels, mm³; 0 where not known."`
	Parts     []extract.Region `json:"parts,omitempty" doc:"The regions that it was merged from."`
	Values    []float64        `json:"values,omitempty" doc:"Mean of each frame, in the unit that units names."`
}

// NewTACs returns the event with the curves of a result.
func NewTACs(r Result, files Files) (Event, error) {
	t := &TACs{
		Cause: r.Cause, Units: r.Curves.Units, Warnings: curveStatements(r), Files: files.orNil(),
		FramesTotal: len(r.Curves.Frames), RegionsTotal: len(r.Curves.TACs),
	}
	if err := t.setDecay(r); err != nil {
		return Event{}, err
	}
	if err := t.setCurves(r); err != nil {
		return Event{}, err
	}
	e, err := newEvent(TACsExtracted, r.Cause.ID(TACsExtracted), t)
	if err != nil {
		return Event{}, err
	}
	return shrink(e, t.leaveOut, t.dropValues,
		func() string { t.Regions = nil; return "regions" },
		func() string { t.Frames = nil; return "frames" },
	)
}

func (t *TACs) leaveOut(what string) {
	if !slices.Contains(t.LeftOut, what) {
		t.LeftOut = append(t.LeftOut, what)
	}
}

func (t *TACs) dropValues() string {
	for i := range t.Regions {
		t.Regions[i].Values = nil
	}
	return "values"
}

func (t *TACs) setDecay(r Result) error {
	t.Decay.CorrectedTo = r.CorrectedTo()
	at, corrected, err := r.Curves.OriginTime(t.Decay.CorrectedTo)
	if err != nil {
		return fmt.Errorf("series %s: %w", r.Cause.Series, err)
	}
	if corrected {
		t.Decay.OriginS = finite(seconds(at))
	}
	if r.Curves.HalfLife > 0 {
		t.Decay.HalfLifeS = finite(seconds(r.Curves.HalfLife))
	}
	if r.Curves.Decay.InjectionKnown {
		t.Decay.InjectionS = finite(seconds(r.Curves.Decay.Injection))
	}
	return nil
}

// setCurves takes frames, regions and values. Values that cannot fit, at two
// bytes each, are not worked out at all.
func (t *TACs) setCurves(r Result) error {
	for _, f := range r.Curves.Frames {
		t.Frames = append(t.Frames, Frame{StartS: seconds(f.Start), DurationS: seconds(f.Duration)})
	}
	for _, c := range r.Curves.TACs {
		t.Regions = append(t.Regions, Region{Name: c.Region, Index: c.Index, Voxels: c.Voxels, VolumeMM3: c.VolumeMM3, Parts: c.Parts})
	}
	if len(t.Regions)*len(t.Frames) > MaxEventBytes/2 {
		t.leaveOut("values")
		return nil
	}
	tacs, err := r.Curves.Corrected(t.Decay.CorrectedTo)
	if err != nil {
		return fmt.Errorf("series %s: %w", r.Cause.Series, err)
	}
	for i, c := range tacs {
		for f, v := range c.BqPerML {
			if finite(v) == nil {
				return ingest.Reject(ingest.CodeUnits, "frame %d: the mean of %s is no number", f+1, c.Region)
			}
		}
		t.Regions[i].Values = c.BqPerML
	}
	return nil
}

func (t *TACs) because() Cause      { return t.Cause }
func (t *TACs) about() ingest.Token { return t.Cause.Series }
func (t *TACs) channel() Channel {
	return Channel{"tacs", Prefix + "{site}.tacs.{series}", "Curves of a series."}
}
func (t *TACs) result() (ingest.Result, *Files) { return ingest.Unfitted, t.Files }

func (t *TACs) line() string {
	return fmt.Sprintf("%s and %s, %s%s", count(t.RegionsTotal, "region"), count(t.FramesTotal, "frame"), t.Units, doubts(len(t.Warnings)))
}

func (t *TACs) superseding(id string) Data {
	c := *t
	c.Supersedes = id
	return &c
}

// TACsSubject returns where the curves of a series go.
func TACsSubject(site ingest.Site, series ingest.Token) (string, error) {
	return subjectOf(&TACs{Cause: Cause{Site: site, Series: series}})
}
