package cli

import (
	"encoding/json"
	"os"
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
)

// A sidecar says what the values of a table are, in the terms of BIDS.
type sidecar struct {
	Units         extract.Units `json:"Units"`
	Radioactivity struct {
		Units extract.Units `json:"Units"`
	} `json:"radioactivity"`
	TimeZero                 string         `json:"TimeZero"`
	FrameTimesStart          []float64      `json:"FrameTimesStart"`
	FrameDuration            []float64      `json:"FrameDuration"`
	DecayCorrectedTo         extract.Origin `json:"DecayCorrectedTo"`
	ImageDecayCorrected      bool           `json:"ImageDecayCorrected"`
	ImageDecayCorrectionTime *float64       `json:"ImageDecayCorrectionTime,omitempty"`
	InjectionStart           *float64       `json:"InjectionStart,omitempty"`
	RadionuclideHalfLife     float64        `json:"RadionuclideHalfLife,omitempty"`
	InjectedRadioactivity    float64        `json:"InjectedRadioactivity,omitempty"`
	InjectedUnits            string         `json:"InjectedRadioactivityUnits,omitempty"`
	BodyWeight               float64        `json:"body_weight,omitempty"` // kg
	Regions                  []regionSize   `json:"Regions"`
}

// A regionSize is what a region takes up of the PET volume.
type regionSize struct {
	Name      extract.Region   `json:"Name"`
	Voxels    float64          `json:"EffectiveVoxels"`
	VolumeMM3 float64          `json:"VolumeMM3"`
	Parts     []extract.Region `json:"Parts,omitempty"`
}

func sidecarOf(c extract.Curves, to extract.Origin, a ingest.Assembly) sidecar {
	s := sidecar{Units: c.Units, TimeZero: "00:00:00", DecayCorrectedTo: to, RadionuclideHalfLife: c.HalfLife.Seconds()}
	s.Radioactivity.Units = c.Units
	for _, f := range c.Frames {
		s.FrameTimesStart = append(s.FrameTimesStart, f.Start.Seconds())
		s.FrameDuration = append(s.FrameDuration, f.Duration.Seconds())
	}
	if at, corrected, err := c.OriginTime(to); err == nil && corrected {
		t := at.Seconds()
		s.ImageDecayCorrected, s.ImageDecayCorrectionTime = true, &t
	}
	if c.Decay.InjectionKnown {
		t := c.Decay.Injection.Seconds()
		s.InjectionStart = &t
	}
	if soft := a.Header.Soft; soft.DoseBq > 0 {
		s.InjectedRadioactivity, s.InjectedUnits, s.BodyWeight = soft.DoseBq, "Bq", soft.WeightKg
	}
	for _, t := range c.TACs {
		s.Regions = append(s.Regions, regionSize{Name: t.Region, Voxels: t.Voxels, VolumeMM3: t.VolumeMM3, Parts: t.Parts})
	}
	return s
}

func writeWithSidecar(file string, table []byte, s sidecar) error {
	if err := os.WriteFile(file, table, 0o644); err != nil {
		return err
	}
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(sidecarName(file), append(body, '\n'), 0o644)
}

// sidecarName returns the name of a table's sidecar, which extract writes and
// fit reads.
func sidecarName(table string) string {
	return strings.TrimSuffix(strings.TrimSuffix(table, ".tsv"), ".tac") + ".json"
}
