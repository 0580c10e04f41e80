package ingest

import (
	"cmp"
	"math"
	"strings"
	"time"
)

// A Header is what all instances of one PET series share.
//
// Strict fields must agree in every instance; the fields of Soft may differ
// and are then taken from the instance with the smallest SOPInstanceUID.
type Header struct {
	Strict Strict `json:"s"`
	Soft   Soft   `json:"t"`
}

// Strict holds the facts that must be equal in all instances of a series. It
// is comparable on purpose.
type Strict struct {
	SeriesInstanceUID   string     `json:"uid"`
	SOPClassUID         string     `json:"cls"`
	FrameOfReferenceUID string     `json:"for,omitempty"`
	SeriesType          string     `json:"typ,omitempty"` // Value 1 of (0054,1000): STATIC, DYNAMIC, GATED, WHOLE BODY
	Units               string     `json:"unt"`           // (0054,1001)
	DecayCorrection     string     `json:"dec"`           // (0054,1102): NONE, START, ADMIN
	NumberOfSlices      int        `json:"nsl,omitempty"` // 0 where absent
	NumberOfTimeSlices  int        `json:"nts,omitempty"` // 0 where absent
	Rows                int        `json:"row"`
	Columns             int        `json:"col"`
	Orientation         [6]float64 `json:"iop"`           // ImageOrientationPatient, LPS as in the file
	PixelSpacing        [2]float64 `json:"psp"`           // row spacing, column spacing, mm, as in the file
	HalfLife            float64    `json:"hlf,omitempty"` // s; 0 where absent
}

// Soft holds facts that need not agree.
type Soft struct {
	StudyInstanceUID string    `json:"stu,omitempty"`
	PatientID        string    `json:"-"` // becomes Subject before anything is kept
	Subject          Token     `json:"sub,omitempty"`
	SeriesStart      time.Time `json:"srt,omitzero"`  // SeriesDate and SeriesTime
	Injection        time.Time `json:"inj,omitzero"`  // RadiopharmaceuticalStartDateTime, or its time with a date that fits
	InjectionClock   bool      `json:"inc,omitempty"` // Injection is a time of day on the day that brings it nearest to the series
	DecayOrigin      time.Time `json:"dcd,omitzero"`  // DecayCorrectionDateTime of multi-frame objects, or what Siemens has privately
	ScanStart        time.Time `json:"scn,omitzero"`  // GE's private start of the scan
	DoseBq           float64   `json:"dos,omitempty"`
	WeightKg         float64   `json:"wgt,omitempty"`
	TracerTexts      []string  `json:"trc,omitempty"` // where a tracer may be named, most telling first
	// Tracer is for people who read a header; it is not kept.
	Tracer          Radiopharmaceutical `json:"-"`
	CorrectedImage  []string            `json:"cor,omitempty"`
	Manufacturer    string              `json:"mfr,omitempty"`
	Model           string              `json:"mdl,omitempty"`
	ReconMethod     string              `json:"rec,omitempty"`
	AttenuationCorr string              `json:"atn,omitempty"`
	SliceThickness  float64             `json:"thk,omitempty"` // mm; used only where a series has one slice
	// BqPerMLPerUnit turns series units into Bq/mL: 1 for BQML, a vendor's
	// factor for CNTS, 0 where it is not known.
	BqPerMLPerUnit float64 `json:"bqf,omitempty"`
	// SUVPerUnit turns series units into the uptake value by body weight, in
	// g/mL, 0 where it is not known.
	SUVPerUnit float64 `json:"suv,omitempty"`
	// SUVStated is a vendor's own factor from values in Bq/mL to uptake, in g/mL,
	// 0 where there is none.
	SUVStated float64 `json:"sus,omitempty"`
	Nuclide   string  `json:"nuc,omitempty"` // the meaning of RadionuclideCodeSequence, such as ^11^Carbon
	// OtherTracers counts the items of RadiopharmaceuticalInformationSequence
	// behind the first.
	OtherTracers int  `json:"otr,omitempty"`
	Lossy        bool `json:"lsy,omitempty"` // LossyImageCompression is 01
	// Rescaled is RescaleSlope over the slope of the mapping that is taken, where
	// both are said to give one unit and do not; 0 elsewhere.
	Rescaled float64 `json:"rsc,omitempty"`
	// TimeDoubts says, in sentences, why the header's times may not go together.
	TimeDoubts []string `json:"tdb,omitempty"`
}

// A Radiopharmaceutical is what was injected, as the first item of
// RadiopharmaceuticalInformationSequence names it. Facts that are not there are
// empty.
type Radiopharmaceutical struct {
	Name    string // Radiopharmaceutical, a free text
	Meaning string // CodeMeaning of RadiopharmaceuticalCodeSequence
	Code    string // its CodeValue
	Scheme  string // its CodingSchemeDesignator, such as SCT
}

// String returns the name and, in parentheses, the code, such as "[11C]DASB
// (DASB C-11, SRT C-XX)"; "" where the header has neither.
func (r Radiopharmaceutical) String() string {
	name := cmp.Or(r.Name, r.Meaning)
	code := strings.TrimSpace(r.Scheme + " " + r.Code)
	if r.Code == "" {
		code = ""
	}
	if r.Name != "" && r.Meaning != "" && !strings.EqualFold(r.Name, r.Meaning) {
		code = strings.TrimSuffix(r.Meaning+", "+code, ", ")
	}
	switch {
	case code == "":
		return name
	case name == "":
		return code
	}
	return name + " (" + code + ")"
}

// another says that two instances belong to different patients or studies. One
// that names neither proves nothing.
func (s Soft) another(t Soft) Reason {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	switch {
	case differ(string(s.Subject), string(t.Subject)), differ(s.PatientID, t.PatientID):
		return Reason{Code: CodePatients, Detail: "images of two patients have one SeriesInstanceUID: their PatientID differs"}
	case differ(s.StudyInstanceUID, t.StudyInstanceUID):
		return Reason{Code: CodePatients, Detail: "images of two studies have one SeriesInstanceUID: their StudyInstanceUID differs"}
	}
	return Reason{}
}

// differs names the first fact in which two instances of a series disagree.
func (s Strict) differs(t Strict) string {
	for _, f := range []struct {
		name  string
		equal bool
	}{
		{"SOPClassUID", s.SOPClassUID == t.SOPClassUID},
		{"FrameOfReferenceUID", s.FrameOfReferenceUID == t.FrameOfReferenceUID},
		{"SeriesType", s.SeriesType == t.SeriesType},
		{"Units", s.Units == t.Units},
		{"DecayCorrection", s.DecayCorrection == t.DecayCorrection},
		{"NumberOfSlices", s.NumberOfSlices == t.NumberOfSlices},
		{"NumberOfTimeSlices", s.NumberOfTimeSlices == t.NumberOfTimeSlices},
		{"Rows", s.Rows == t.Rows},
		{"Columns", s.Columns == t.Columns},
		{"ImageOrientationPatient", near(s.Orientation[:], t.Orientation[:], sameDirection)},
		{"PixelSpacing", near(s.PixelSpacing[:], t.PixelSpacing[:], sameSpacing)},
		{"RadionuclideHalfLife", s.HalfLife == t.HalfLife},
	} {
		if !f.equal {
			return f.name
		}
	}
	return ""
}

// Parallel reports whether images with these directions and spacings lie as those
// of the series do, by the tolerance that holds for instances and for the frames
// of a multi-frame object alike.
func (s Strict) Parallel(orientation [6]float64, spacing [2]float64) bool {
	return near(s.Orientation[:], orientation[:], sameDirection) && near(s.PixelSpacing[:], spacing[:], sameSpacing)
}

// By how much the rounding of headers may make directions, and distances in mm,
// differ: over a whole volume it is a small part of a voxel.
const (
	sameDirection = 1e-4
	sameSpacing   = 1e-4
)

// near reports whether numbers differ by no more than tol.
func near(a, b []float64, tol float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= tol) {
			return false
		}
	}
	return true
}

// unsuited says why a series of this type has no time-activity curves.
func (s Strict) unsuited() Reason {
	if s.SeriesType == "GATED" {
		return Reason{Code: CodeGated, Detail: "the series is gated: its images are phases of a heartbeat or breath, not frames in time; send the dynamic reconstruction"}
	}
	return Reason{}
}

// times returns NumberOfTimeSlices where it counts the frames, else 0. It does so
// in a dynamic series alone: scanners write other numbers into a static or a
// whole-body one, and 1 into each frame of a dynamic series that is saved frame
// by frame.
func (s Strict) times() int {
	if s.SeriesType == "" || s.SeriesType == "DYNAMIC" && s.NumberOfTimeSlices > 1 {
		return s.NumberOfTimeSlices
	}
	return 0
}

// counts returns the numbers of slices and frames that the header states, or
// 0, 0 where it leaves one of them out.
func (s Strict) counts() (slices, frames int) {
	frames = s.times()
	if frames == 0 && s.SeriesType != "DYNAMIC" && s.SeriesType != "" {
		frames = 1
	}
	if s.NumberOfSlices <= 0 || frames <= 0 {
		return 0, 0
	}
	return s.NumberOfSlices, frames
}

// Want returns how many instances the header says the series has, 0 where it
// leaves that out.
func (s Strict) Want() int {
	n, f := s.counts()
	return n * f
}
