package dicom

import (
	"fmt"

	"tacstream/ingest"
)

// A Slice is a decoded object. It is valid until its Decoder decodes the next
// one and as long as the object's bytes are not changed.
type Slice struct {
	Instance ingest.Instance
	Strict   ingest.Strict // to be compared with what the ledger says of the series
	pixels   pixels
}

// Pixels returns the number of pixels, rows × columns.
func (s *Slice) Pixels() int { return s.pixels.count }

// Value returns the value of a pixel in series units. Pixels count along the
// first row, then the second, and so on.
func (s *Slice) Value(i int) float64 {
	return float64(s.pixels.stored(i))*s.pixels.slope + s.pixels.intercept
}

// AppendValues appends the values of all pixels, in series units.
func (s *Slice) AppendValues(dst []float64) []float64 {
	for i := range s.Pixels() {
		dst = append(dst, s.Value(i))
	}
	return dst
}

// AddRegionSums adds to sums[r] the values, in series units, of all pixels i
// with mask[i] = r; region 0 is none. The mask must have one entry for each
// pixel and sums one for each region that it names, else AddRegionSums
// panics. The stored integers of a run of pixels of one region are summed
// exactly before they meet the slope.
func (s *Slice) AddRegionSums(mask []uint16, sums []float64) {
	if len(mask) != s.Pixels() {
		panic(fmt.Sprintf("dicom: a mask of %d entries for %d pixels", len(mask), s.Pixels()))
	}
	s.pixels.add(mask, sums)
}

// A Decoder decodes objects one after the other. Its zero value is ready; it
// is not safe for concurrent use. What it needs for one object it uses again
// for the next.
type Decoder struct {
	Options Options
	header  header
	names   names
}

// Decode checks a whole object as ReadHeader does and gives access to its
// pixels without copying them. Every error is an ingest.Rejection.
func (d *Decoder) Decode(data []byte) (Slice, error) {
	d.header = header{}
	syntax, err := d.header.read(data, int64(len(data)))
	if !d.header.isPET() {
		return Slice{}, &ingest.Rejection{Reason: other(&d.header, err).Fault}
	}
	read := facts{values: &d.header.values, names: &d.names}
	read.refuse(&d.header, syntax, err)
	series := read.seriesStart()
	s := Slice{Strict: read.strict(), Instance: read.instance(series)}
	s.Instance.TransferSyntaxUID = d.names.of(syntax)
	s.pixels = read.pixels(d.header.pixels, data, d.Options.maxSide())
	if read.fault.Code != "" {
		return Slice{}, &ingest.Rejection{Reason: read.fault}
	}
	return s, nil
}
