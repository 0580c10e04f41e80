package ingest

import "time"

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
	SeriesStart      time.Time `json:"srt,omitzero"` // SeriesDate and SeriesTime
	Injection        time.Time `json:"inj,omitzero"` // RadiopharmaceuticalStartDateTime, or its time with a date that fits
	DecayOrigin      time.Time `json:"dcd,omitzero"` // DecayCorrectionDateTime of multi-frame objects, or what Siemens has privately
	ScanStart        time.Time `json:"scn,omitzero"` // GE's private start of the scan
	DoseBq           float64   `json:"dos,omitempty"`
	WeightKg         float64   `json:"wgt,omitempty"`
	TracerTexts      []string  `json:"trc,omitempty"` // where a tracer may be named, most telling first
	CorrectedImage   []string  `json:"cor,omitempty"`
	Manufacturer     string    `json:"mfr,omitempty"`
	Model            string    `json:"mdl,omitempty"`
	ReconMethod      string    `json:"rec,omitempty"`
	AttenuationCorr  string    `json:"atn,omitempty"`
	SliceThickness   float64   `json:"thk,omitempty"` // mm; used only where a series has one slice
	// BqPerMLPerUnit turns series units into Bq/mL: 1 for BQML, a vendor's
	// factor for CNTS, 0 where it is not known.
	BqPerMLPerUnit float64 `json:"bqf,omitempty"`
	// SUVPerUnit turns series units into the uptake value by body weight, in
	// g/mL, 0 where it is not known.
	SUVPerUnit float64 `json:"suv,omitempty"`
	Nuclide    string  `json:"nuc,omitempty"` // the meaning of RadionuclideCodeSequence, such as ^11^Carbon
	// OtherTracers counts the items of RadiopharmaceuticalInformationSequence
	// behind the first.
	OtherTracers int  `json:"otr,omitempty"`
	Lossy        bool `json:"lsy,omitempty"` // LossyImageCompression is 01
	// Rescaled is RescaleSlope over the slope of the mapping that is taken, where
	// both are said to give one unit and do not; 0 elsewhere.
	Rescaled float64 `json:"rsc,omitempty"`
	// TimeDoubts says why the header's times may not go together.
	TimeDoubts []string `json:"tdb,omitempty"`
}

// An Instance is what the header of one PET object says of itself.
type Instance struct {
	SOPInstanceUID     string        `json:"uid"`
	Position           [3]float64    `json:"ipp"`          // ImagePositionPatient, LPS mm, as in the file
	AcquisitionTime    time.Time     `json:"acq,omitzero"` // date and time; zero where absent
	FrameReferenceTime time.Duration `json:"frt,omitempty"`
	HasReferenceTime   bool          `json:"hrt,omitempty"`
	Duration           time.Duration `json:"dur,omitempty"` // ActualFrameDuration; 0 where absent
	DecayFactor        float64       `json:"dcf,omitempty"` // (0054,1321); 0 where absent
	ImageIndex         int           `json:"idx,omitempty"` // (0054,1330); 0 where absent
	// TransferSyntax and where the pixel data's value lies in the object.
	TransferSyntaxUID string `json:"tsx"`
	// Planes holds what a multi-frame object says of each of its images, and
	// then what is said above of one alone is left empty; nil for an object
	// that is one slice of one frame.
	Planes *Planes `json:"pln,omitempty"`
	// Plane is the image of a multi-frame object that an assembled slot is
	// filled with, counted from 0 in the order of storage.
	Plane int `json:"-"`
}
