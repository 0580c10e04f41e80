package dicom

import (
	"encoding/binary"
	"fmt"
	"math"

	"tacstream/ingest"
)

// A pixels is the image of a slice as it was stored. The value of a pixel in
// series units is
//
//	stored × slope + intercept
//
// (PS3.3, C.11.1.1.2). The stored number is the bits that keep selects after
// the shift, in two's complement if flip, its sign bit, is not 0, or a
// floating-point number.
type pixels struct {
	data             []byte // width bytes for each pixel, row by row, in the given order
	count            int
	width            int // 1, 2, 4 or 8
	frames           int
	float            bool
	swapped          bool // two bytes of an 8-bit image have changed places, as words in big endian do
	big              bool // most significant byte first
	shift            int
	keep, flip       uint32
	slope, intercept float64
	padding          padding
}

// A padding is the range of stored numbers that fill an image where nothing was
// measured (PS3.3, C.7.5.1.1.2).
type padding struct {
	is        bool
	low, high float64
}

// frameBytes returns the size of one image as it is stored without
// compression.
func (p *pixels) frameBytes() int { return p.count * p.width }

// pixels reads how the pixels are stored and checks it against the element
// that holds them.
func (f *facts) pixels(h *header, syntax []byte, maxSide int) pixels {
	p := pixels{frames: 1}
	r, c := f.count(rows), f.count(columns)
	switch {
	case r > maxSide || c > maxSide:
		f.fail(ingest.CodeTooLarge, "the image has %d rows and %d columns, more than are read", r, c)
	case r == 0 || c == 0:
		f.fail(ingest.CodeMalformed, "Rows or Columns is missing")
	}
	p.float = h.pixels.tag == tagFloatPixels || h.pixels.tag == tagDoublePixels
	if p.count = r * c; h.isMulti() {
		p.frames = len(h.planes)
	} else {
		f.scale(&p)
	}
	f.format(&p, h)
	p.big = string(syntax) == syntaxBigEndian
	p.swapped = p.big && p.width == 1 && h.pixels.vr == vrOW
	if p.swapped && p.count%2 != 0 {
		f.fail(ingest.CodePixelLength, "an odd number of 8-bit pixels cannot be stored in big-endian words")
	}
	if p.big && p.width == 4 && !p.float && h.pixels.vr == vrOW {
		f.fail(ingest.CodeSyntax, "the pixels have 32 bits in big-endian words, whose order is ambiguous; export little endian")
	}
	if f.fault.Code == "" {
		f.length(&p, h.pixels, native(syntax))
	}
	return p
}

// length checks the length of the element that holds the pixels.
func (f *facts) length(p *pixels, e element, native bool) {
	switch got, want := int64(e.length), int64(p.frames)*int64(p.frameBytes()); {
	case !native && e.length != undefined:
		f.fail(ingest.CodePixelLength, "the compressed PixelData is not in fragments")
	case !native:
	case e.length == undefined:
		f.fail(ingest.CodePixelLength, "the native PixelData has no length")
	case got != want+want%2 && got != want:
		f.fail(ingest.CodePixelLength, "PixelData has %d bytes, which does not suit %d × %d pixels of %d bits and %d frames", e.length, f.count(rows), f.count(columns), 8*p.width, p.frames)
	}
}

// leastSlope is far below what a stored number of 1 can be worth in any unit.
const leastSlope = 1e-30

// scale reads the rescale slope and intercept. Floating-point pixels may do
// without. A slope of 0, which scanners write that make it from the range of the
// values, suits a blank slice: see unscaled.
func (f *facts) scale(p *pixels) {
	var ok bool
	p.slope, ok = f.real(rescaleSlope, ingest.CodeUnits, "RescaleSlope")
	switch {
	case !ok && p.float && !f.has(rescaleSlope):
		p.slope = 1
	case !ok:
		f.fail(ingest.CodeUnits, "RescaleSlope is missing")
	case p.slope < 0:
		f.fail(ingest.CodeUnits, "RescaleSlope is negative")
	}
	p.intercept, _ = f.real(rescaleIntercept, ingest.CodeUnits, "RescaleIntercept")
	if p.slope > 0 && p.slope < leastSlope {
		f.fail(ingest.CodeUnits, "RescaleSlope is impossibly small")
	}
	if math.Abs(p.slope)*(1<<32)+math.Abs(p.intercept) > maxValueUnits {
		f.fail(ingest.CodeUnits, "RescaleSlope or RescaleIntercept is impossibly large")
	}
}

// format reads how the bits of a pixel are laid out (PS3.5, 8.1.1).
func (f *facts) format(p *pixels, h *header) {
	if n := f.count(samplesPerPixel); n != 1 {
		f.fail(ingest.CodePixelLength, "an image has %d samples per pixel instead of 1", n)
	}
	if n, ok := f.real(numberOfFrames, ingest.CodeMalformed, "NumberOfFrames"); ok && n != 1 && !h.isMulti() {
		f.fail(ingest.CodePixelLength, "the object has %g frames, but its class has one", n)
	}
	allocated := f.count(bitsAllocated)
	if p.float {
		f.floatFormat(p, h, allocated)
		return
	}
	stored, high := allocated, allocated-1
	if f.hasCount(bitsStored) {
		stored = f.count(bitsStored)
		high = stored - 1
	}
	if f.hasCount(highBit) {
		high = f.count(highBit)
	}
	switch {
	case allocated != 8 && allocated != 16 && allocated != 32:
		f.fail(ingest.CodePixelLength, "an image has %d bits allocated for a pixel", allocated)
	case stored < 1 || high < stored-1 || high >= allocated:
		f.fail(ingest.CodeMalformed, "an image has %d bits stored below bit %d of %d", stored, high, allocated)
	case !f.hasCount(pixelRepresentation) || f.count(pixelRepresentation) > 1:
		f.fail(ingest.CodeMalformed, "PixelRepresentation is missing or unknown")
	default:
		p.width, p.shift = allocated/8, high+1-stored
		p.keep = uint32(1<<stored - 1)
		p.flip = uint32(f.count(pixelRepresentation)) << (stored - 1)
		p.padding = f.padding()
	}
}

// padding reads the numbers that mean nothing. They have as many bits as their
// own representation, 16, whatever the pixels have.
func (f *facts) padding() padding {
	if !f.hasCount(pixelPadding) {
		return padding{}
	}
	number := func(x field) float64 {
		if f.count(pixelRepresentation) == 1 {
			return float64(int16(f.count(x)))
		}
		return float64(f.count(x))
	}
	p := padding{is: true, low: number(pixelPadding), high: number(pixelPadding)}
	if f.hasCount(pixelPaddingLimit) {
		p.low, p.high = min(p.low, number(pixelPaddingLimit)), max(p.low, number(pixelPaddingLimit))
	}
	return p
}

// padded reports whether some numbers mean nothing and would not count as 0
// anyhow.
func (p *pixels) padded() bool {
	return p.padding.is && (p.padding.low*p.slope+p.intercept != 0 || p.padding.high != p.padding.low)
}

// holds reports whether a stored number means nothing.
func (p padding) holds(stored float64) bool { return p.is && stored >= p.low && stored <= p.high }

// takePadding takes the pixels that mean nothing out of the sums of their
// regions, and adds their weights to lost.
func (p *pixels) takePadding(runs []ingest.Run, sums, lost []float64) (any bool) {
	for _, r := range runs {
		for i := int(r.First); i < int(r.End); i++ {
			stored := p.sum(i, i+1)
			if !p.padding.holds(stored) {
				continue
			}
			any = true
			sums[r.Region] -= float64(r.Weight) * (stored*p.slope + p.intercept)
			lost[r.Region] += float64(r.Weight)
		}
	}
	return any
}

// floatFormat checks the size of floating-point pixels.
func (f *facts) floatFormat(p *pixels, h *header, allocated int) {
	p.width = 4
	if h.pixels.tag == tagDoublePixels {
		p.width = 8
	}
	if allocated != 8*p.width {
		f.fail(ingest.CodePixelLength, "%d bits allocated for a floating-point pixel of %d", allocated, 8*p.width)
	}
}

// hasCount reports whether a field of VR US is there.
func (f *facts) hasCount(x field) bool { return len(f.values[x]) == 2 }

// sum returns the sum of the numbers stored for pixels i up to before j. Of
// whole numbers it is exact.
func (p *pixels) sum(i, j int) float64 {
	switch {
	case p.float:
		return p.sumFloats(i, j)
	case p.swapped:
		return p.sumSwapped(i, j)
	}
	return float64(p.sumWhole(i, j))
}

// sumWhole sums whole numbers. Flipping a sign bit and taking its weight away
// extends it.
func (p *pixels) sumWhole(i, j int) int64 {
	var sum uint64
	shift, keep, flip := p.shift&31, p.keep, p.flip
	switch data := p.data[i*p.width : j*p.width]; {
	case p.width == 1:
		for _, u := range data {
			sum += uint64(uint32(u)>>shift&keep ^ flip)
		}
	case p.width == 2 && p.big:
		for ; len(data) >= 2; data = data[2:] {
			sum += uint64(uint32(binary.BigEndian.Uint16(data))>>shift&keep ^ flip)
		}
	case p.width == 2:
		for ; len(data) >= 2; data = data[2:] {
			sum += uint64(uint32(binary.LittleEndian.Uint16(data))>>shift&keep ^ flip)
		}
	case p.big:
		for ; len(data) >= 4; data = data[4:] {
			sum += uint64(binary.BigEndian.Uint32(data)>>shift&keep ^ flip)
		}
	default:
		for ; len(data) >= 4; data = data[4:] {
			sum += uint64(binary.LittleEndian.Uint32(data)>>shift&keep ^ flip)
		}
	}
	return int64(sum) - int64(j-i)*int64(flip)
}

// sumSwapped sums 8-bit pixels that lie in words of two, the second one first.
func (p *pixels) sumSwapped(i, j int) float64 {
	var sum int64
	for ; i < j; i++ {
		sum += int64(uint32(p.data[i^1])>>(p.shift&31)&p.keep^p.flip) - int64(p.flip)
	}
	return float64(sum)
}

// sumFloats sums floating-point pixels.
func (p *pixels) sumFloats(i, j int) float64 {
	var order binary.ByteOrder = binary.LittleEndian
	if p.big {
		order = binary.BigEndian
	}
	var sum float64
	for ; i < j; i++ {
		if p.width == 8 {
			sum += math.Float64frombits(order.Uint64(p.data[8*i:]))
		} else {
			sum += float64(math.Float32frombits(order.Uint32(p.data[4*i:])))
		}
	}
	return sum
}

// add adds the values of each run of pixels, by the run's weight, to the sum
// of its region.
func (p *pixels) add(runs []ingest.Run, sums []float64) {
	for _, r := range runs {
		i, j := int(r.First), int(r.End)
		if j > p.count {
			panic(fmt.Sprintf("dicom: a run to pixel %d of %d", j, p.count))
		}
		value := p.sum(i, j)*p.slope + float64(j-i)*p.intercept
		sums[r.Region] += float64(r.Weight) * value
	}
}

// unscaled is the fault of pixels that have lost their scale: their slope is 0 and
// they are not blank.
func (p *pixels) unscaled() error {
	if p.slope != 0 {
		return nil
	}
	for i := range p.count {
		if p.sum(i, i+1) != 0 {
			return ingest.Reject(ingest.CodeUnits, "RescaleSlope is 0 in an image that is not blank")
		}
	}
	return nil
}
