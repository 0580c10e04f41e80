package dicom

import (
	"errors"

	"tacstream/ingest"
	"tacstream/ingest/codec"
)

// Options bound what is read. The zero value means the defaults. It is an
// watch.Classifier.
type Options struct {
	MaxSide   int   // rows or columns of an image; default DefaultMaxSide
	MaxHeader int64 // bytes before the pixel data; default DefaultMaxHeader
}

// DefaultMaxSide is far beyond any PET scanner's matrix.
const DefaultMaxSide = 4096

// DefaultMaxHeader is enough for a multi-frame object of 30,000 planes.
const DefaultMaxHeader = 64 << 20

func (o Options) maxHeader() int64 {
	if o.MaxHeader <= 0 {
		return DefaultMaxHeader
	}
	return o.MaxHeader
}

func (o Options) maxSide() int {
	if o.MaxSide <= 0 {
		return DefaultMaxSide
	}
	return o.MaxSide
}

// A Kind says what an object is.
type Kind string

// The kinds of objects.
const (
	KindPET      Kind = "pet"   // of a PET class, sound or not
	KindOther    Kind = "other" // DICOM of another class
	KindNotDICOM Kind = "not DICOM"
)

// Found is what the beginning of an object says.
//
// Fault is empty only for a sound PET instance. Where it is set,
// Instance and Header hold what could be read in spite of it; every number in
// them is finite and every text valid UTF-8 without control characters.
type Found struct {
	ingest.Found
	Kind     Kind
	Class    string // the standard's name of the SOP class, such as "CT Image Storage"
	Modality string // such as CT
	// Need is how many bytes of the object must be at hand to say more; where
	// it is not 0 nothing else is set. It is never more than the object has.
	Need int64
}

// Classify says what an object is of which prefix is the beginning, or how
// much more of it must be at hand. It is ReadHeader for watch.Door.
func (o Options) Classify(prefix []byte, size int64) (found ingest.Found, need int64) {
	f := o.ReadHeader(prefix, size)
	return f.Found, f.Need
}

// ReadHeader reads the beginning of an object of size bytes. It looks no
// further than the head of the pixel data, and takes memory in proportion to
// the fields that it reads, not to what the object says of itself.
func (o Options) ReadHeader(prefix []byte, size int64) Found {
	var h header
	syntax, err := h.read(prefix, size)
	var need needError
	if errors.As(err, &need) {
		return Found{Need: ask(int64(need), int64(len(prefix)), size)}
	}
	if h.isPET() {
		return o.pet(&h, syntax, err)
	}
	return other(&h, err)
}

// slack is read beyond an element that the prefix cuts, so that the next try
// gets further than the next element.
const slack = 4 << 10

// ask returns how long the prefix should be where need bytes are not enough
// to get past the next element: at least twice what it was.
func ask(need, have, size int64) int64 {
	return min(max(need+slack, 2*have), size)
}

// read walks over the object and returns its transfer syntax. The error is a
// needError or an ingest.Rejection; fields that come before the fault are
// there.
func (h *header) read(prefix []byte, size int64) (syntax []byte, err error) {
	size = max(size, int64(len(prefix)))
	if size == 0 {
		return nil, ingest.Reject(ingest.CodeEmpty, "the object has 0 bytes")
	}
	f, err := open(prefix, size)
	if err != nil {
		return nil, err
	}
	var short error
	if f.deflated() {
		short = f.inflate()
	}
	err = h.readSet(&f)
	var need needError
	if errors.As(err, &need) && short != nil {
		err = short
	}
	return f.syntax, err
}

// readSet walks over the data set of a file whose meta information was read.
func (h *header) readSet(f *file) error {
	err := h.walk(&f.cursor)
	if h.values[sopClassUID] == nil {
		h.values[sopClassUID] = f.class
	}
	if h.values[sopInstanceUID] == nil {
		h.values[sopInstanceUID] = f.instance
	}
	return err
}

// other is the answer to whatever is not PET.
func other(h *header, err error) Found {
	class := h.class()
	f := Found{Kind: KindOther}
	f.Fault = ingest.Reason{Code: ingest.CodeNotPET, Detail: "the object has the class " + nameOf(class)}
	switch {
	case class == "" && err != nil:
		f.Fault = ingest.ReasonOf(err)
	case class == "":
		f.Fault = ingest.Reason{Code: ingest.CodeMalformed, Detail: "SOPClassUID is missing"}
	default:
		f.Class = nameOf(class)
	}
	switch f.Fault.Code {
	case ingest.CodeNotDICOM, ingest.CodeEmpty, ingest.CodeFormat, ingest.CodeArchive:
		f.Kind = KindNotDICOM
	}
	read := facts{values: &h.values}
	f.Modality = read.code(modality)
	f.Header.Strict.SeriesInstanceUID = read.uid(seriesInstanceUID)
	f.Header.Strict.SOPClassUID = read.uid(sopClassUID)
	f.Header.Strict.FrameOfReferenceUID = read.uid(frameOfReferenceUID)
	f.Instance.SOPInstanceUID = read.uid(sopInstanceUID)
	return f
}

// pet is the answer to an object of a PET class; err is the fault of the walk.
func (o Options) pet(h *header, syntax []byte, err error) Found {
	f := Found{Kind: KindPET, Class: nameOf(h.class())}
	f.PET = true
	v, unread := h.values.parsed()
	read := facts{values: &v, zone: h.zone()}
	read.refuse(h, syntax, err)
	read.projected()
	if unread != nil {
		read.fail(ingest.CodeMalformed, "the header cannot be read")
	}
	series := read.seriesStart()
	read.tracers = h.tracers
	f.Modality = read.code(modality)
	f.Header.Strict = read.strict(h.isMulti())
	f.Instance = read.instance(series, h.isMulti())
	f.Instance.TransferSyntaxUID = string(clean(syntax))
	f.Header.Soft = read.softFacts(series, f.Header.Strict.Units)
	f.Header.Soft.Lossy = read.lossy(syntax)
	if h.isMulti() {
		read.multi(h.planes, h.planeFault, &f.Found, series)
	}
	read.pixels(h, syntax, o.maxSide())
	f.Fault = read.fault
	return f
}

// zone returns the offset from UTC of the header's times that state none, as
// far as it is known. Where the header does not say it, that of its frames
// serves for the others.
func (h *header) zone() zone {
	z := zoneOf(trim(h.values[timezoneOffset]))
	if !z.known && len(h.planes) > 0 {
		z = h.planes[0].acquired.zone
	}
	return z
}

// lossy reports whether the images lost something by compression: the header
// says so, or it says nothing and the transfer syntax is made for that.
func (f *facts) lossy(syntax []byte) bool {
	const nearLossless, jpeg2000 = "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91"
	switch f.code(lossyCompression) {
	case "01":
		return true
	case "":
		return string(syntax) == nearLossless || string(syntax) == jpeg2000
	}
	return false
}

// refuse states what is wrong with an object as a whole.
func (f *facts) refuse(h *header, syntax []byte, walk error) {
	switch {
	case !native(syntax) && !codec.Supported(string(syntax)):
		f.fail(ingest.CodeSyntax, "transfer syntax %s is not supported", nameOf(string(syntax)))
	case walk != nil:
		f.fault = ingest.ReasonOf(walk)
	}
}
