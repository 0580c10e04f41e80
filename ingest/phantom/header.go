package phantom

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"time"
)

// The classes of the objects that the scanner writes.
const (
	petClass = "1.2.840.10008.5.1.4.1.1.128"
	ctClass  = "1.2.840.10008.5.1.4.1.1.2"
)

// Layouts of dates and times.
const (
	dateLayout = "20060102"
	timeLayout = "150405.000000"
)

// An object is one slice on its way into a file.
type object struct {
	Series
	class        string
	series       string // SeriesInstanceUID
	instance     string // SOPInstanceUID
	frame, slice int    // counted from 0
}

// encode writes the slice in the scratch space as a file.
func (a *acquisition) encode(frame, slice int, slope decimal) []byte {
	o := object{
		Series: a.Series, class: petClass, series: a.SeriesInstanceUID(),
		instance: a.uid("instance "+a.Name, frame, slice), frame: frame, slice: slice,
	}
	e := newFile(o.class, o.instance, o.ImplicitVR)
	o.identify(e, "PT")
	o.patient(e)
	o.acquisition(e)
	o.place(e)
	o.image(e)
	o.rescale(e, slope)
	o.isotope(e)
	o.dynamic(e)
	e.head(0x7FE0_0010, "OW", 2*len(a.scratch))
	e.buf = slices.Grow(e.buf, 2*len(a.scratch))
	for _, v := range a.scratch {
		e.buf = binary.LittleEndian.AppendUint16(e.buf, stored(v, slope))
	}
	return e.buf
}

// identify writes what the object is and when it came about (group 0008).
func (o object) identify(e *encoder, modality string) {
	when := o.Start.Add(o.Frames[o.frame].Start)
	e.texts(
		text{0x0008_0005, "CS", "ISO_IR 192"},
		text{0x0008_0008, "CS", `ORIGINAL\PRIMARY`},
		text{0x0008_0016, "UI", o.class},
		text{0x0008_0018, "UI", o.instance},
		text{0x0008_0020, "DA", o.Start.Format(dateLayout)},
		text{0x0008_0021, "DA", o.Start.Format(dateLayout)},
		text{0x0008_0022, "DA", when.Format(dateLayout)},
		text{0x0008_0023, "DA", when.Format(dateLayout)},
		text{0x0008_0030, "TM", o.Start.Format(timeLayout)},
		text{0x0008_0031, "TM", o.Start.Format(timeLayout)},
		text{0x0008_0032, "TM", when.Format(timeLayout)},
		text{0x0008_0033, "TM", when.Format(timeLayout)},
		text{0x0008_0050, "SH", ""},
		text{0x0008_0060, "CS", modality},
		text{0x0008_0070, "LO", "Synthetic"},
		text{0x0008_0090, "PN", ""},
		text{0x0008_1030, "LO", "Synthetic receptor study"},
		text{0x0008_103E, "LO", o.Description},
		text{0x0008_1090, "LO", "Phantom"},
	)
}

// patient writes who was scanned (group 0010).
func (o object) patient(e *encoder) {
	e.texts(
		text{0x0010_0010, "PN", o.Patient.Name},
		text{0x0010_0020, "LO", o.Patient.ID},
		text{0x0010_0030, "DA", o.Patient.BirthDate},
		text{0x0010_0040, "CS", o.Patient.Sex},
		text{0x0010_1030, "DS", decimals(o.Patient.WeightKg)},
		text{0x0010_2201, "LO", "Macaca mulatta"},
	)
}

// acquisition writes how the slice was measured (group 0018).
func (o object) acquisition(e *encoder) {
	milliseconds := o.Frames[o.frame].Duration.Round(time.Millisecond).Milliseconds()
	e.texts(
		text{0x0018_0050, "DS", decimals(o.SpacingMM[2])},
		text{0x0018_1020, "LO", "1"},
		text{0x0018_1181, "CS", "NONE"},
		text{0x0018_1242, "IS", strconv.FormatInt(milliseconds, 10)},
		text{0x0018_5100, "CS", "HFS"},
	)
}

// place writes which series the slice belongs to and where in space it lies
// (group 0020). DICOM's axes run left, posterior and up.
func (o object) place(e *encoder) {
	first := o.Geometry().Affine.Apply(0, 0, float64(o.slice))
	e.texts(
		text{0x0020_000D, "UI", o.StudyInstanceUID()},
		text{0x0020_000E, "UI", o.series},
		text{0x0020_0010, "SH", "1"},
		text{0x0020_0011, "IS", "1"},
		text{0x0020_0012, "IS", strconv.Itoa(o.frame + 1)},
		text{0x0020_0013, "IS", strconv.Itoa(o.imageIndex())},
		text{0x0020_0032, "DS", decimals(-first[0], -first[1], first[2])},
		text{0x0020_0037, "DS", `1\0\0\0\1\0`},
		text{0x0020_0052, "UI", o.uid("space " + o.Name)},
		text{0x0020_1040, "LO", ""},
		text{0x0020_1041, "DS", decimals(first[2])},
	)
}

// imageIndex returns (time slice − 1) × NumberOfSlices + slice, where both
// count from 1.
func (o object) imageIndex() int { return o.frame*o.Size[2] + o.slice + 1 }

// image writes the matrix (group 0028). Values are signed, as noise has both
// signs.
func (o object) image(e *encoder) {
	e.short(0x0028_0002, 1)
	e.texts(text{0x0028_0004, "CS", "MONOCHROME2"})
	e.short(0x0028_0010, o.Size[1])
	e.short(0x0028_0011, o.Size[0])
	e.texts(text{0x0028_0030, "DS", decimals(o.SpacingMM[1], o.SpacingMM[0])})
	if o.class == petClass {
		e.texts(text{0x0028_0051, "CS", o.corrected()})
	}
	e.short(0x0028_0100, 16)
	e.short(0x0028_0101, 16)
	e.short(0x0028_0102, 15)
	e.short(0x0028_0103, 1)
}

// corrected lists the corrections that the image has had.
func (o object) corrected() string {
	if o.Decay == Uncorrected {
		return `ATTN\SCAT\RAN\NORM`
	}
	return `DECY\ATTN\SCAT\RAN\NORM`
}

// rescale writes how stored numbers become values.
func (o object) rescale(e *encoder, slope decimal) {
	e.texts(
		text{0x0028_1052, "DS", "0"},
		text{0x0028_1053, "DS", slope.text},
	)
}

// isotope writes what was injected (0054,0016).
func (o object) isotope(e *encoder) {
	injected := o.Start.Add(o.Injection)
	e.sequence(0x0054_0016, func(item *encoder) {
		item.texts(
			text{0x0018_0031, "LO", "[11C]" + string(o.Tracer)},
			text{0x0018_1072, "TM", injected.Format(timeLayout)},
			text{0x0018_1074, "DS", decimals(o.DoseBq)},
			text{0x0018_1075, "DS", decimals(o.HalfLife.Seconds())},
			text{0x0018_1076, "DS", "0.9976"},
			text{0x0018_1078, "DT", injected.Format(dateLayout + timeLayout)},
		)
		item.sequence(0x0054_0300, func(code *encoder) {
			code.texts(
				text{0x0008_0100, "SH", "40565003"},
				text{0x0008_0102, "SH", "SCT"},
				text{0x0008_0104, "LO", "^11^Carbon"},
			)
		})
	})
}

// dynamic writes what PET adds to an image (group 0054).
func (o object) dynamic(e *encoder) {
	if !o.OmitCounts {
		e.short(0x0054_0081, o.Size[2])
		e.short(0x0054_0101, len(o.Frames))
	}
	e.texts(
		text{0x0054_1000, "CS", `DYNAMIC\IMAGE`},
		text{0x0054_1001, "CS", "BQML"},
		text{0x0054_1002, "CS", "EMISSION"},
		text{0x0054_1100, "CS", "DLYD"},
		text{0x0054_1101, "LO", "measured"},
		text{0x0054_1102, "CS", string(o.Decay)},
		text{0x0054_1103, "LO", "none, the image is computed"},
		text{0x0054_1105, "LO", "none needed"},
		text{0x0054_1300, "DS", decimals(o.referenceTime())},
		text{0x0054_1321, "DS", decimals(o.decayFactor(o.frame))},
	)
	e.short(0x0054_1330, o.imageIndex())
}

// referenceTime returns FrameReferenceTime in ms: when, after the scan start,
// a constant concentration has its mean activity over the frame, as Siemens
// has it,
//
//	t = start + ln(λd / (1 − e^(−λd))) / λ
//
// Source: DICOM PS3.3, C.8.9.4.1.5.
func (o object) referenceTime() float64 {
	lambda := perMin(o.HalfLife)
	return math.Log(o.decayFactorFrom(o.frame, 0)) / lambda * time.Minute.Seconds() * 1000
}
