package bids

import (
	"bytes"
	"strings"

	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/publish"
)

// A sidecar describes the curves. The fields are those of BIDS, as far as they
// are known; what is not known is left out. Times are s after TimeZero.
type sidecar struct {
	Description            string
	Manufacturer           string `json:",omitempty"`
	ManufacturersModelName string `json:",omitempty"`
	table.Activity
	BodyWeight                 *float64 `json:"body_weight,omitempty"`
	BodyWeightUnits            string   `json:"body_weight_units,omitempty"`
	TracerName                 string
	TracerRadionuclide         string   `json:",omitempty"`
	RadionuclideHalfLife       *float64 `json:",omitempty"`
	InjectedRadioactivity      *float64 `json:",omitempty"`
	InjectedRadioactivityUnits string   `json:",omitempty"`
	TimeZero                   string
	ScanStart                  float64
	InjectionStart             *float64 `json:",omitempty"`
	FrameTimesStart            []float64
	FrameDuration              []float64
	table.Correction
	DecayCorrectedTo      extract.Origin
	ReconMethodName       string            `json:",omitempty"`
	AttenuationCorrection string            `json:",omitempty"`
	ReferenceRegion       extract.Region    `json:",omitempty"`
	SourceSeries          string            // token
	SourceContent         string            `json:",omitempty"` // digest
	SourceRegions         string            `json:",omitempty"` // digest
	Settings              string            `json:",omitempty"` // digest
	Warnings              []warning         `json:",omitempty"`
	Columns               map[string]column `json:"columns"`
}

// curves adds the table of curves and its sidecar.
func (d *dataset) curves() error {
	for _, t := range d.Curves.TACs {
		if _, err := regionName(t.Region); err != nil {
			return err
		}
	}
	var err error
	if d.tacs, err = d.Curves.Corrected(d.origin); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := table.Write(&b, d.Curves, d.origin); err != nil {
		return err
	}
	d.add(d.stem+curvesSuffix, typeTSV, b.Bytes())
	s, err := d.sidecar()
	if err != nil {
		return err
	}
	return d.json(d.stem+strings.TrimSuffix(curvesSuffix, ".tsv")+".json", s)
}

func (d *dataset) sidecar() (sidecar, error) {
	s := sidecar{
		Description: "Mean activity of each region in each frame, corrected for decay as DecayCorrectedTo says.",
		Activity:    table.ActivityIn(d.Curves.Units),
		TracerName:  d.tracerName(), TimeZero: "00:00:00", FrameTimesStart: []float64{}, FrameDuration: []float64{},
		DecayCorrectedTo: d.origin, ReferenceRegion: d.Reference,
		SourceSeries: string(d.Cause.Series), SourceContent: d.Cause.Input, SourceRegions: d.Cause.Regions, Settings: d.Cause.Settings,
		Columns: map[string]column{
			"frame_start": {"Start of the frame after TimeZero, which is the start of the scan or an injection inside it.", "s"},
			"frame_end":   {"End of the frame after TimeZero.", "s"},
		},
	}
	for _, f := range d.Curves.Frames {
		s.FrameTimesStart = append(s.FrameTimesStart, seconds(f.Start))
		s.FrameDuration = append(s.FrameDuration, seconds(f.Duration))
	}
	if len(d.Curves.Frames) > 0 {
		s.ScanStart = s.FrameTimesStart[0]
	}
	for _, t := range d.Curves.TACs {
		s.Columns[string(t.Region)] = column{describeRegion(t), string(d.Curves.Units)}
	}
	for _, w := range d.AllWarnings() {
		s.Warnings = append(s.Warnings, warningOf(w))
	}
	d.addHeader(&s)
	return s, d.addDecay(&s)
}

func describeRegion(t extract.TAC) string {
	if len(t.Parts) == 0 {
		return "Region " + string(t.Region) + "."
	}
	var parts []string
	for _, p := range t.Parts {
		parts = append(parts, string(p))
	}
	return "Mean of " + strings.Join(parts, ", ") + ", weighted by voxels."
}

// addDecay says to what the values are corrected.
func (d *dataset) addDecay(s *sidecar) error {
	at, corrected, err := d.Curves.OriginTime(d.origin)
	if err != nil {
		return err
	}
	if s.ImageDecayCorrected = &corrected; corrected {
		s.ImageDecayCorrectionTime = given(seconds(at), true)
	}
	s.RadionuclideHalfLife = given(seconds(d.Curves.HalfLife), d.Curves.HalfLife > 0)
	s.InjectionStart = given(seconds(d.Curves.Decay.Injection), d.Curves.Decay.InjectionKnown)
	return nil
}

// addHeader says what is known of scanner and injection. Of the texts of a
// header only these four are used, and only where they look like what they
// should be.
func (d *dataset) addHeader(s *sidecar) {
	soft := d.Header.Soft
	s.Manufacturer, s.ManufacturersModelName = harmless(soft.Manufacturer), harmless(soft.Model)
	s.ReconMethodName, s.AttenuationCorrection = harmless(soft.ReconMethod), harmless(soft.AttenuationCorr)
	s.TracerRadionuclide = radionuclide(d.TracerName)
	if s.BodyWeight = given(soft.WeightKg, soft.WeightKg > 0); s.BodyWeight != nil {
		s.BodyWeightUnits = "kg"
	}
	if s.InjectedRadioactivity = given(soft.DoseBq, soft.DoseBq > 0); s.InjectedRadioactivity != nil {
		s.InjectedRadioactivityUnits = "Bq"
	}
}

// maxText bounds a text of a header, maxDigits the digits in a row in it:
// dates and numbers of people have more, and UIDs more dots.
const (
	maxText   = 64
	maxDigits = 5
	maxDots   = 3
)

// harmless returns a text of a header, or "" where it could hold a name, a
// date, a number or a UID.
func harmless(s string) string {
	s = strings.TrimSpace(s)
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r < ' ' || r > '~' || r == '^':
			return ""
		default:
			digits = 0
		}
		if digits > maxDigits {
			return ""
		}
	}
	if len(s) > maxText || strings.Count(s, ".") > maxDots {
		return ""
	}
	return s
}

// tracerName returns the tracer as the configuration calls it.
func (d *dataset) tracerName() string {
	for _, name := range []string{d.TracerName, d.Tracer} {
		if name != "" {
			return name
		}
	}
	return publish.TracerUnknown
}

// radionuclide returns the nuclide in a name such as [11C]DASB.
func radionuclide(name string) string {
	open, rest, ok := strings.Cut(name, "[")
	nuclide, _, closed := strings.Cut(rest, "]")
	if !ok || !closed || open != "" {
		return ""
	}
	return label(nuclide)
}
