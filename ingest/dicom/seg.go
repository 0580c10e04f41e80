package dicom

import (
	"encoding/binary"
	"math"

	"tacstream/ingest"
	"tacstream/ingest/codec"
)

// Tags of segmentations (PS3.3, C.8.20 and C.8.20.2).
const (
	tagNumberOfFrames    = 0x00280008
	tagRows              = 0x00280010
	tagColumns           = 0x00280011
	tagBitsAllocated     = 0x00280100
	tagPixelPadding      = 0x00280120
	tagSegmentationType  = 0x00620001
	tagSegments          = 0x00620002
	tagSegmentNumber     = 0x00620004
	tagSegmentLabel      = 0x00620005
	tagMaximumFractional = 0x0062000e
	tagSharedGroups      = 0x52009229
	tagPerFrameGroups    = 0x52009230
)

// maxRegionVoxels bounds the voxels that regions take up in memory: of a label
// map its grid, of layers the sum of their boxes.
const maxRegionVoxels = 1 << 26

// maxSegments bounds how many segments an object may describe.
const maxSegments = 1 << 16

// A segmentation is a segmentation object as it was stored.
type segmentation struct {
	columns, rows, frames int
	bits                  int // 1, 8 or 16 for each pixel
	full                  int // the value of a pixel that belongs to its segment as a whole
	labels                bool
	background            int // of a label map
	data                  []byte
	names                 map[int]string
	order                 []int // of the segments, by their numbers
	grid                  frameGrid
	above                 int // pixels beyond full
}

// readSegmentation reads a segmentation of any type.
func (o Options) readSegmentation(set dataset, syntax string, text script) (ingest.Segmentation, error) {
	tags := []uint32{tagNumberOfFrames, tagRows, tagColumns, tagBitsAllocated, tagPixelPadding,
		tagSegmentationType, tagSegments, tagMaximumFractional, tagSharedGroups, tagPerFrameGroups, tagPixelData}
	found, err := set.pick(tags...)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	at := map[uint32]element{}
	for i, tag := range tags {
		at[tag] = found[i]
	}
	s := segmentation{}
	if err := s.readFormat(set, at, o.maxSide()); err != nil {
		return ingest.Segmentation{}, err
	}
	if err := s.readPixels(set, at[tagPixelData], syntax); err != nil {
		return ingest.Segmentation{}, err
	}
	if err := s.readSegments(set, at[tagSegments], text); err != nil {
		return ingest.Segmentation{}, err
	}
	if s.grid, err = readFrameGrid(set, at[tagSharedGroups], at[tagPerFrameGroups], [3]int{s.columns, s.rows, s.frames}); err != nil {
		return ingest.Segmentation{}, err
	}
	if s.labels {
		return s.labelled()
	}
	return s.layered()
}

// readFormat reads what a pixel is.
func (s *segmentation) readFormat(set dataset, at map[uint32]element, maxSide int) error {
	var ok [4]bool
	s.rows, ok[0] = set.short(at[tagRows])
	s.columns, ok[1] = set.short(at[tagColumns])
	s.bits, ok[2] = set.short(at[tagBitsAllocated])
	s.frames, ok[3] = set.whole(at[tagNumberOfFrames])
	switch {
	case ok != [4]bool{true, true, true, true}:
		return ingest.Reject(ingest.CodeMalformed, "Rows, Columns, BitsAllocated or NumberOfFrames is missing")
	case s.rows < 1 || s.columns < 1 || s.frames < 1:
		return ingest.Reject(ingest.CodeMalformed, "the segmentation has an impossible size, %d × %d pixels and %d frames", s.columns, s.rows, s.frames)
	case s.rows > maxSide || s.columns > maxSide:
		return ingest.Reject(ingest.CodeTooLarge, "the segmentation has %d × %d pixels, more than are read", s.columns, s.rows)
	}
	kind := string(set.value(at[tagSegmentationType]))
	switch {
	case kind == "BINARY" && (s.bits == 1 || s.bits == 8):
		s.full = 1
	case kind == "FRACTIONAL" && s.bits == 8:
		s.full = 255
		if v, given := set.short(at[tagMaximumFractional]); given {
			s.full = v
		}
		if s.full < 1 || s.full > 255 {
			return ingest.Reject(ingest.CodeMalformed, "MaximumFractionalValue is %d, which is impossible", s.full)
		}
	case kind == "LABELMAP" && (s.bits == 8 || s.bits == 16):
		s.labels = true
		s.background, _ = set.short(at[tagPixelPadding])
	default:
		return ingest.Reject(ingest.CodeMalformed, "SegmentationType is not BINARY, FRACTIONAL or LABELMAP, or does not suit %d bits for a pixel", s.bits)
	}
	return nil
}

// readPixels takes the pixels of all frames and checks that they are there.
func (s *segmentation) readPixels(set dataset, e element, syntax string) error {
	if e.tag == 0 {
		return ingest.Reject(ingest.CodeTruncated, "the object ends before its pixel data")
	}
	pixels := int64(s.rows) * int64(s.columns) * int64(s.frames)
	want := (pixels*int64(s.bits) + 7) / 8
	var err error
	if s.data, err = s.nativeFrames(set, e, syntax); err != nil {
		return err
	}
	if got := int64(len(s.data)); got != want && got != want+want%2 {
		return ingest.Reject(ingest.CodePixelLength, "PixelData has %d bytes, which does not suit %d frames of %d × %d pixels of %d bits", got, s.frames, s.columns, s.rows, s.bits)
	}
	return nil
}

// nativeFrames returns the pixels of all frames one after the other, as they
// are stored without compression.
func (s *segmentation) nativeFrames(set dataset, e element, syntax string) ([]byte, error) {
	switch {
	case codec.Supported(syntax):
		return s.decompress(set, e, syntax)
	case !native([]byte(syntax)):
		return nil, errRegionsSyntax(syntax)
	case e.length == undefined:
		return nil, ingest.Reject(ingest.CodePixelLength, "the native PixelData has no length")
	}
	return set.raw(e), nil
}

// decompress returns the pixels of frames that are compressed, one by one.
func (s *segmentation) decompress(set dataset, e element, syntax string) ([]byte, error) {
	each := (s.rows*s.columns*s.bits + 7) / 8
	switch {
	case s.bits == 1 && syntax != deflatedFrames:
		return nil, ingest.Reject(ingest.CodeSyntax, "frames of one bit in %s are not read; write the segmentation uncompressed", nameOf(syntax))
	case e.length != undefined:
		return nil, ingest.Reject(ingest.CodePixelLength, "the compressed PixelData is not in fragments")
	case int64(each)*int64(s.frames) > maxInflatedRegions:
		return nil, ingest.Reject(ingest.CodeTooLarge, "the segmentation has %d frames of %d bytes, more than are read", s.frames, each)
	}
	in := stream{have: set.data, size: set.end, pos: e.start}
	frames := fragments{stream: &in, frames: s.frames, limit: 2*each + 64<<10}
	if err := frames.begin(); err != nil {
		return nil, err
	}
	var d codec.Decoder
	defer d.Close()
	var all, frame, pixels []byte
	for n := range s.frames {
		var err error
		if frame, err = frames.next(frame[:0]); err != nil {
			return nil, err
		}
		pixels, err = d.Decode(pixels[:0], syntax, frame, codec.Params{
			Rows: s.rows, Columns: s.columns, SamplesPerPixel: 1, BitsAllocated: s.bits, BitsStored: s.bits,
		})
		if err != nil {
			return nil, err
		}
		all = s.join(all, pixels, n)
	}
	return all, frames.end()
}

// join appends frame n to those before it. A compressed frame of one bit for each
// pixel ends with a byte of its own, a native one within a byte.
func (s *segmentation) join(all, frame []byte, n int) []byte {
	pixels := s.rows * s.columns
	if s.bits != 1 || pixels%8 == 0 {
		return append(all, frame...)
	}
	for i := range pixels {
		at := n*pixels + i
		if at>>3 == len(all) {
			all = append(all, 0)
		}
		all[at>>3] |= frame[i>>3] >> (i & 7) & 1 << (at & 7)
	}
	return all
}

// readSegments reads how the segments are called.
func (s *segmentation) readSegments(set dataset, seq element, text script) error {
	s.names = map[int]string{}
	return set.each(seq, func(item dataset) error {
		found, err := item.pick(tagSegmentNumber, tagSegmentLabel)
		if err != nil {
			return err
		}
		number, ok := item.short(found[0])
		_, had := s.names[number]
		switch {
		case !ok:
			return ingest.Reject(ingest.CodeMalformed, "a segment has no SegmentNumber")
		case had:
			return ingest.Reject(ingest.CodeMalformed, "two segments have the number %d", number)
		case len(s.order) == maxSegments:
			return ingest.Reject(ingest.CodeTooLarge, "the object has more than %d segments", maxSegments)
		}
		s.names[number] = text.name(item.value(found[1]))
		s.order = append(s.order, number)
		return nil
	})
}

// each calls visit with every pixel of a frame that is not 0. Pixels of one
// bit are packed beginning with the least significant, and a frame begins
// right behind the one before, within a byte if need be (PS3.5, 8.1.1 and
// annex D; PS3.3, C.8.20.2).
func (s *segmentation) each(frame int, visit func(pixel, value int)) {
	n := s.rows * s.columns
	first := frame * n
	switch s.bits {
	case 1:
		for i := first; i < first+n; i++ {
			b := s.data[i>>3]
			if b == 0 {
				i |= 7
				continue
			}
			if b>>(i&7)&1 != 0 {
				visit(i-first, 1)
			}
		}
	case 8:
		for i, v := range s.data[first : first+n] {
			if v != 0 {
				visit(i, int(v))
			}
		}
	case 16:
		for i, data := 0, s.data[2*first:2*(first+n)]; len(data) >= 2; i, data = i+1, data[2:] {
			if v := binary.LittleEndian.Uint16(data); v != 0 {
				visit(i, int(v))
			}
		}
	}
}

// labelled returns a label map.
func (s *segmentation) labelled() (ingest.Segmentation, error) {
	g := s.grid.geometry
	if g.Voxels() > maxRegionVoxels {
		return ingest.Segmentation{}, ingest.Reject(ingest.CodeTooLarge, "the label map has more than %d voxels", maxRegionVoxels)
	}
	if _, named := s.names[0]; named && s.background != 0 {
		return ingest.Segmentation{}, ingest.Reject(ingest.CodeMalformed, "a segment has the number 0, but the background is %d; number segments from 1", s.background)
	}
	l := ingest.Labels{Geometry: g, Index: make([]int32, g.Voxels()), Names: map[int32]string{}}
	for number, name := range s.names {
		if number != s.background && name != "" {
			l.Names[int32(number)] = name
		}
	}
	for frame, f := range s.grid.frames {
		to := l.Index[f.slice*s.rows*s.columns:]
		s.each(frame, func(pixel, value int) {
			if value != s.background {
				to[pixel] = int32(value)
			}
		})
	}
	return ingest.Segmentation{Labels: &l, Warnings: s.grid.warnings}, nil
}

// A box is the voxels of a grid between two corners, the far one excluded.
type box struct{ from, to [3]int }

// add makes the box hold a voxel.
func (b *box) add(v [3]int) {
	if b.to == [3]int{} {
		b.from = v
	}
	for i := range v {
		b.from[i], b.to[i] = min(b.from[i], v[i]), max(b.to[i], v[i]+1)
	}
}

func (b box) size() [3]int {
	return [3]int{b.to[0] - b.from[0], b.to[1] - b.from[1], b.to[2] - b.from[2]}
}

// layered returns segments that may overlap.
func (s *segmentation) layered() (ingest.Segmentation, error) {
	boxes, err := s.boxes()
	if err != nil {
		return ingest.Segmentation{}, err
	}
	layers := ingest.Layers{Geometry: s.grid.geometry}
	at := map[int]int{}
	for _, number := range s.order {
		b := boxes[number]
		size := b.size()
		at[number] = len(layers.Regions)
		layers.Regions = append(layers.Regions, ingest.Layer{
			Index: int32(number), Name: s.names[number], First: b.from, Size: size,
			Weight: make([]uint16, size[0]*size[1]*size[2]),
		})
	}
	for frame, f := range s.grid.frames {
		s.fill(&layers.Regions[at[f.segment]], frame, f.slice)
	}
	return ingest.Segmentation{Layers: &layers, Warnings: append(s.grid.warnings, s.warnings()...)}, nil
}

// boxes returns what each segment spans.
func (s *segmentation) boxes() (map[int]box, error) {
	boxes := map[int]box{}
	for frame, f := range s.grid.frames {
		if _, ok := s.names[f.segment]; !ok {
			return nil, ingest.Reject(ingest.CodeMalformed, "frame %d belongs to a segment that is not described", frame+1)
		}
		b := boxes[f.segment]
		s.each(frame, func(pixel, _ int) {
			b.add([3]int{pixel % s.columns, pixel / s.columns, f.slice})
		})
		boxes[f.segment] = b
	}
	total := 0
	for _, b := range boxes {
		size := b.size()
		total += size[0] * size[1] * size[2] // below 2^45 for each of 2^16
		if total > maxRegionVoxels {
			return nil, ingest.Reject(ingest.CodeTooLarge, "the segments span more than %d voxels together", maxRegionVoxels)
		}
	}
	return boxes, nil
}

// fill adds a frame to its layer. Where two frames of a segment lie in one
// slice the larger weight counts.
func (s *segmentation) fill(l *ingest.Layer, frame, slice int) {
	plane := (slice - l.First[2]) * l.Size[1] * l.Size[0]
	s.each(frame, func(pixel, value int) {
		if value > s.full {
			s.above++
			value = s.full
		}
		i, j := pixel%s.columns-l.First[0], pixel/s.columns-l.First[1]
		w := &l.Weight[plane+j*l.Size[0]+i]
		*w = max(*w, uint16(math.Round(float64(value)/float64(s.full)*ingest.FullWeight)))
	})
}

func (s *segmentation) warnings() []ingest.Warning {
	if s.above == 0 || s.bits != 8 {
		return nil
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(s.above), 0,
		"The segmentation has %s above MaximumFractionalValue, %d; such pixels count as that.", ingest.Count(s.above, "pixel"), s.full)}
}

func errRegionsSyntax(syntax string) error {
	return ingest.Reject(ingest.CodeSyntax, "the regions have transfer syntax %s, which is not supported; write them uncompressed, little endian", nameOf(syntax))
}
