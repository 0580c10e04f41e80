package dicom

import (
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"io"

	"tacstream/ingest"
	"tacstream/ingest/codec"
)

// A Slice is one decoded image of an object. It is valid until its Decoder
// goes on to the next one.
type Slice struct {
	Instance ingest.Instance
	Strict   ingest.Strict // to be compared with what the ledger says of the series
	Plane    int           // of a multi-frame object, counted from 0
	pixels   pixels
}

// Pixels returns the number of pixels, rows × columns.
func (s *Slice) Pixels() int { return s.pixels.count }

// Value returns the value of a pixel in series units. Pixels count along the
// first row, then the second, and so on.
func (s *Slice) Value(i int) float64 {
	return s.pixels.sum(i, i+1)*s.pixels.slope + s.pixels.intercept
}

// AppendValues appends the values of all pixels, in series units.
func (s *Slice) AppendValues(dst []float64) []float64 {
	for i := range s.Pixels() {
		dst = append(dst, s.Value(i))
	}
	return dst
}

// AddRegionSums adds to sums[r], for each run of region r, the values of its
// pixels in series units, times its weight. Runs must lie within the slice and
// sums have an entry for each region that they name, else AddRegionSums
// panics. The stored integers of a run are summed exactly before they meet the
// slope.
func (s *Slice) AddRegionSums(runs []ingest.Run, sums []float64) { s.pixels.add(runs, sums) }

// Padded reports whether the header says which numbers fill the image where
// nothing was measured, unless that is 0.
func (s *Slice) Padded() bool { return s.pixels.padded() }

// IsPadding reports whether a pixel holds such a number, by the rule of
// TakePadding.
func (s *Slice) IsPadding(i int) bool {
	return s.pixels.padded() && s.pixels.padding.holds(s.pixels.sum(i, i+1))
}

// TakePadding takes the pixels that hold such a number out of sums again, and
// adds their weights to lost[r]. It reports whether there were any.
func (s *Slice) TakePadding(runs []ingest.Run, sums, lost []float64) bool {
	return s.pixels.takePadding(runs, sums, lost)
}

// A Decoder decodes objects one after the other. Its zero value is ready; it
// is not safe for concurrent use. What it needs for one object it uses again
// for the next. Close frees what codecs hold.
type Decoder struct {
	Options Options
	stream  stream
	header  header
	names   names
	slice   Slice

	fragments fragments
	codec     codec.Decoder
	frame     []byte // of fragments, joined
	native    []byte // what the codec made of it
}

// Close frees what the decoder holds outside of Go's memory.
func (d *Decoder) Close() { d.codec.Close() }

// Decode decodes an object of a single image that is in memory. It checks the
// whole object as ReadHeader does. Every error is an ingest.Rejection.
func (d *Decoder) Decode(data []byte) (Slice, error) {
	var only Slice
	n := 0
	err := d.Read(bytes.NewReader(data), int64(len(data)), func(s *Slice) error {
		only = *s
		if n++; n > 1 {
			return ingest.Reject(ingest.CodePixelLength, "the object holds more than one image")
		}
		return nil
	})
	if err != nil {
		return Slice{}, err
	}
	return only, nil
}

// Read reads an object of size bytes as it comes and calls visit with each of
// its images, in the order of storage. An object is never held as a whole
// unless it is small: memory grows with its header and with one image.
//
// Read may leave the end of r unread. An error is an ingest.Rejection, or of
// visit, or of r.
func (d *Decoder) Read(r io.Reader, size int64, visit func(*Slice) error) error {
	syntax, err := d.readHeader(r, size)
	if err != nil && !errors.Is(err, ingest.ErrRejected) {
		return err
	}
	if !d.header.isPET() {
		return &ingest.Rejection{Reason: other(&d.header, err).Fault}
	}
	read := facts{values: &d.header.values, names: &d.names}
	read.refuse(&d.header, syntax, err)
	read.projected()
	series := read.seriesStart()
	found := ingest.Found{Header: ingest.Header{Strict: read.strict(d.header.isMulti())}}
	found.Instance = read.instance(series, d.header.isMulti())
	if d.header.isMulti() {
		read.multi(d.header.planes, d.header.planeFault, &found, series)
	}
	found.Instance.TransferSyntaxUID = d.names.of(syntax)
	d.slice = Slice{Strict: found.Header.Strict, Instance: found.Instance}
	d.slice.pixels = read.pixels(&d.header, syntax, d.Options.maxSide())
	if read.fault.Code != "" {
		return &ingest.Rejection{Reason: read.fault}
	}
	return d.images(&d.slice, native(syntax), visit)
}

// firstFill is what is read of an object before its header is looked at.
const firstFill = 64 << 10

// readHeader reads as much of an object as its header takes.
func (d *Decoder) readHeader(r io.Reader, size int64) (syntax []byte, err error) {
	d.stream.begin(r, size)
	d.header.reset()
	if size <= 0 {
		return nil, ingest.Reject(ingest.CodeEmpty, "the object has 0 bytes")
	}
	if err := d.stream.fill(0, firstFill); err != nil {
		return nil, err
	}
	f, err := d.open()
	if err != nil {
		return nil, err
	}
	if f.deflated() {
		d.stream.begin(flate.NewReader(io.MultiReader(bytes.NewReader(bytes.Clone(f.body())), r)), sizeUnknown)
		f.pos = 0
		f.class, f.instance, f.syntax = bytes.Clone(f.class), bytes.Clone(f.instance), bytes.Clone(f.syntax)
	}
	start := f.pos
	for more := true; more; {
		d.header.reset()
		f.cursor = cursor{data: d.stream.have, size: d.stream.size, pos: start, implicit: f.implicit, big: f.big}
		more, err = d.more(d.header.readSet(&f))
	}
	return f.syntax, err
}

// open reads the meta information of an object.
func (d *Decoder) open() (f file, err error) {
	for more := true; more; {
		f, err = open(d.stream.have, d.stream.size)
		more, err = d.more(err)
	}
	return f, err
}

// more reads on if that is what an error asks for, and reports whether to try
// again; any other error stays as it is.
func (d *Decoder) more(err error) (bool, error) {
	if err == nil {
		return false, nil
	}
	var need needError
	switch {
	case !errors.As(err, &need):
		return false, err
	case int64(need) > d.Options.maxHeader():
		return false, ingest.Reject(ingest.CodeTooLarge, "the header is longer than %d MiB", d.Options.maxHeader()>>20)
	}
	err = d.stream.fill(int64(need), ask(int64(need), int64(len(d.stream.have)), d.stream.size))
	return err == nil, err
}

// images visits the images of an object whose header was read.
func (d *Decoder) images(s *Slice, native bool, visit func(*Slice) error) error {
	d.stream.seek(d.header.pixels.start)
	if !native {
		d.fragments = fragments{stream: &d.stream, frames: s.pixels.frames, limit: 2*s.pixels.frameBytes() + 64<<10}
		if err := d.fragments.begin(); err != nil {
			return err
		}
	}
	for n := range s.pixels.frames {
		var err error
		if native {
			s.pixels.data, err = d.stream.next(s.pixels.frameBytes())
		} else {
			s.pixels.data, err = d.decompress(s)
		}
		if err != nil {
			return err
		}
		if s.Plane = n; d.header.isMulti() {
			s.pixels.slope, s.pixels.intercept = d.header.planes[n].slope, d.header.planes[n].intercept
		}
		if err := s.pixels.unscaled(); err != nil {
			return err
		}
		if err := visit(s); err != nil {
			return err
		}
	}
	if !native {
		return d.fragments.end()
	}
	return nil
}

// decompress returns the next image of an object in fragments.
func (d *Decoder) decompress(s *Slice) ([]byte, error) {
	var err error
	if d.frame, err = d.fragments.next(d.frame[:0]); err != nil {
		return nil, err
	}
	f := facts{values: &d.header.values}
	d.native, err = d.codec.Decode(d.native[:0], s.Instance.TransferSyntaxUID, d.frame, codec.Params{
		Rows: f.count(rows), Columns: f.count(columns), SamplesPerPixel: 1,
		BitsAllocated: 8 * s.pixels.width, BitsStored: cmp.Or(f.count(bitsStored), 8*s.pixels.width), Signed: f.count(pixelRepresentation) == 1,
	})
	if err == nil && len(d.native) != s.pixels.frameBytes() {
		err = ingest.Reject(ingest.CodePixelLength, "the compressed image has %d bytes, too few or too many for %d × %d pixels", len(d.native), f.count(rows), f.count(columns))
	}
	return d.native, err
}
