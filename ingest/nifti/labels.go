package nifti

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"

	"tacstream/ingest"
)

// Options bound what a label image may cost. The zero value means the
// defaults.
type Options struct {
	MaxVoxels int // default DefaultMaxVoxels
}

// DefaultMaxVoxels is the number of voxels above which a label image is
// refused.
const DefaultMaxVoxels = 512 * 512 * 256

func (o Options) filled() Options {
	if o.MaxVoxels <= 0 {
		o.MaxVoxels = DefaultMaxVoxels
	}
	return o
}

// maxTrailing bounds what may follow the last voxel, in bytes.
const maxTrailing = 1 << 20

// wholeTolerance is how far a label may be off a whole number: scaling and
// 32-bit floats round, interpolation does worse.
const wholeTolerance = 1e-3

// ReadLabels reads a label image, gzipped or not, whichever it is by its first
// bytes. Voxels that are not a number or are negative become background, with
// ingest.WarnLabels. Names is left empty: ReadLUT reads them.
//
// ReadLabels does not read r to its end where that is far away.
func ReadLabels(r io.Reader, opts Options) (ingest.Labels, error) {
	src := &source{r: r}
	labels, err := readLabels(src, opts.filled())
	if src.err != nil {
		return ingest.Labels{}, src.err
	}
	return labels, err
}

// A source remembers the error of a reader, so that a broken connection is
// not taken for a broken file.
type source struct {
	r   io.Reader
	err error // never io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

func readLabels(src io.Reader, opts Options) (ingest.Labels, error) {
	r, h, err := openImage(src, opts)
	if err != nil {
		return ingest.Labels{}, err
	}
	if h.volumes > 1 {
		return ingest.Labels{}, reject("it has more than one volume; labels are one volume of whole numbers")
	}
	affine, warnings, err := h.affine()
	if err != nil {
		return ingest.Labels{}, err
	}
	labels := ingest.Labels{Geometry: ingest.Geometry{Size: h.size, Affine: affine}, Standard: h.standard()}
	index, odd, err := h.readIndex(r, labels.Geometry.Voxels())
	if err != nil {
		return ingest.Labels{}, err
	}
	labels.Index, labels.Warnings = index, append(warnings, odd.warnings()...)
	return labels, finish(r)
}

// GridOf returns the columns, rows and slices of an image, 0 where it is none
// that can be read.
func GridOf(data []byte) [3]int {
	_, h, err := openImage(bytes.NewReader(data), Options{}.filled())
	if err != nil {
		return [3]int{}
	}
	return h.size
}

// openImage reads the header and returns what reads the voxels behind it.
func openImage(src io.Reader, opts Options) (io.Reader, header, error) {
	r, err := inflate(src)
	if err != nil {
		return nil, header{}, err
	}
	h, err := readHeader(r, opts.MaxVoxels)
	if err != nil {
		return nil, h, err
	}
	if _, err := io.CopyN(io.Discard, r, h.offset-h.length); err != nil {
		return nil, h, reject("it ends before its voxels")
	}
	return r, h, nil
}

// inflate returns the plain bytes of a file that may be gzipped.
func inflate(src io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(src, 64<<10)
	magic, err := buffered.Peek(2)
	if err != nil {
		return nil, reject("it is empty")
	}
	if magic[0] != 0x1f || magic[1] != 0x8b {
		return buffered, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, reject("its gzip header is damaged")
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}

// finish reads what little may follow the voxels. Its end is where gzip tells
// damage.
func finish(r io.Reader) error {
	n, err := io.CopyN(io.Discard, r, maxTrailing+1)
	switch {
	case n > maxTrailing:
		return reject("it goes on far beyond its voxels")
	case !errors.Is(err, io.EOF):
		return reject("it is damaged: its checksum or its end is wrong")
	}
	return nil
}

// oddities counts voxels that were taken as background.
type oddities struct{ nan, negative int }

func (o oddities) warnings() []ingest.Warning {
	var list []ingest.Warning
	if n := o.nan; n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(n), 0,
			"The label image has %s without a number; such voxels are background.", ingest.Count(n, "voxel")))
	}
	if n := o.negative; n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(n), 0,
			"The label image has %s below 0; such voxels are background.", ingest.Count(n, "voxel")))
	}
	return list
}

// readIndex reads n voxels. What it allocates grows with what really comes.
func (h header) readIndex(r io.Reader, n int) ([]int32, oddities, error) {
	var odd oddities
	width, value := decoder(h.datatype, h.order)
	if width == 0 {
		return nil, odd, reject("its voxels have type %d, which is not used for labels", h.datatype)
	}
	const chunk = 32 << 10 // voxels
	buf := make([]byte, min(n, chunk)*width)
	index := make([]int32, 0, min(n, 32*chunk))
	for len(index) < n {
		part := buf[:min(n-len(index), chunk)*width]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, odd, reject("it is damaged, or shorter than its header says")
		}
		for at := 0; at < len(part); at += width {
			v, ok := odd.label(h.rescale(value(part[at:])))
			if !ok {
				return nil, odd, reject("it has a voxel that is not a whole number of at most 31 bits")
			}
			index = append(index, v)
		}
	}
	return index, odd, nil
}

// rescale applies scl_slope and scl_inter. A slope of 0, or none that is
// finite, means that there is no scaling.
func (h header) rescale(raw float64) float64 {
	if h.slope == 0 || math.IsNaN(h.slope-h.slope) || math.IsNaN(h.inter-h.inter) {
		return raw
	}
	return raw*h.slope + h.inter
}

// label turns a value into a label and reports whether it is one.
func (o *oddities) label(v float64) (int32, bool) {
	if math.IsNaN(v) {
		o.nan++
		return 0, true
	}
	whole := math.Round(v)
	if math.Abs(v-whole) > wholeTolerance || !(math.Abs(whole) <= math.MaxInt32) {
		return 0, false
	}
	if whole < 0 {
		o.negative++
		return 0, true
	}
	return int32(whole), true
}
