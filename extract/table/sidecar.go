package table

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
)

// A Sidecar is the JSON beside a table of curves, in the terms of BIDS. Times
// are s after model zero.
type Sidecar struct {
	Activity
	TimeZero         string         `json:"TimeZero"`
	FrameTimesStart  []float64      `json:"FrameTimesStart"`
	FrameDuration    []float64      `json:"FrameDuration"`
	DecayCorrectedTo extract.Origin `json:"DecayCorrectedTo"`
	Correction
	InjectionStart        *float64     `json:"InjectionStart,omitempty"`
	RadionuclideHalfLife  float64      `json:"RadionuclideHalfLife,omitempty"`
	InjectedRadioactivity float64      `json:"InjectedRadioactivity,omitempty"`
	InjectedUnits         string       `json:"InjectedRadioactivityUnits,omitempty"`
	BodyWeight            float64      `json:"body_weight,omitempty"` // kg
	Regions               []RegionSize `json:"Regions"`
}

// An Activity is the unit of the values, in the two places where programs look
// for it.
type Activity struct {
	Units         extract.Units `json:"Units"`
	Radioactivity struct {
		Units extract.Units `json:"Units"`
	} `json:"radioactivity"`
}

// A Correction says to when the values of a table are corrected for decay, if
// at all. A sidecar that says either is believed for both.
type Correction struct {
	ImageDecayCorrected      *bool    `json:"ImageDecayCorrected"`
	ImageDecayCorrectionTime *float64 `json:"ImageDecayCorrectionTime,omitempty"` // s after model zero
}

// A RegionSize is what a region takes up of the PET volume.
type RegionSize struct {
	Name      extract.Region   `json:"Name"`
	Voxels    float64          `json:"EffectiveVoxels"`
	VolumeMM3 float64          `json:"VolumeMM3"`
	Parts     []extract.Region `json:"Parts,omitempty"`
}

// ActivityIn returns the activity of values in a unit.
func ActivityIn(unit extract.Units) Activity {
	a := Activity{Units: unit}
	a.Radioactivity.Units = unit
	return a
}

// Describe returns the sidecar of curves that are written corrected for decay
// to the origin. Header is that of their series.
func Describe(c extract.Curves, to extract.Origin, header ingest.Soft) Sidecar {
	s := Sidecar{Activity: ActivityIn(c.Units), TimeZero: "00:00:00", DecayCorrectedTo: to, RadionuclideHalfLife: c.HalfLife.Seconds()}
	for _, f := range c.Frames {
		s.FrameTimesStart = append(s.FrameTimesStart, f.Start.Seconds())
		s.FrameDuration = append(s.FrameDuration, f.Duration.Seconds())
	}
	at, corrected, err := c.OriginTime(to)
	if corrected = corrected && err == nil; corrected {
		t := at.Seconds()
		s.ImageDecayCorrectionTime = &t
	}
	s.ImageDecayCorrected = &corrected
	if c.Decay.InjectionKnown {
		t := c.Decay.Injection.Seconds()
		s.InjectionStart = &t
	}
	if header.DoseBq > 0 {
		s.InjectedRadioactivity, s.InjectedUnits, s.BodyWeight = header.DoseBq, "Bq", header.WeightKg
	}
	for _, t := range c.TACs {
		s.Regions = append(s.Regions, RegionSize{Name: t.Region, Voxels: t.Voxels, VolumeMM3: t.VolumeMM3, Parts: t.Parts})
	}
	return s
}

// JSON returns the text of the sidecar.
func (s Sidecar) JSON() ([]byte, error) {
	body, err := json.MarshalIndent(s, "", "  ")
	return append(body, '\n'), err
}

// SidecarName returns the name of the sidecar of a table.
func SidecarName(table string) string {
	return strings.TrimSuffix(strings.TrimSuffix(table, ".tsv"), ".tac") + ".json"
}

// ScanSidecars returns the sidecars of the scan that a BIDS-like table belongs
// to: the files beside it called *_pet.json with its subject and session.
func ScanSidecars(table string) []string {
	var prefix []string
	for _, part := range strings.Split(filepath.Base(table), "_") {
		if strings.HasPrefix(part, "sub-") || strings.HasPrefix(part, "ses-") {
			prefix = append(prefix, part)
		}
	}
	if len(prefix) == 0 {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(table))
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, strings.Join(prefix, "_")+"_") && strings.HasSuffix(name, "_pet.json") {
			list = append(list, filepath.Join(filepath.Dir(table), name))
		}
	}
	return list
}
