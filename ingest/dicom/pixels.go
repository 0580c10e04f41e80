package dicom

import (
	"encoding/binary"
	"math"

	"tacstream/ingest"
)

// A pixels is the image of a slice as it was stored. The value of a pixel in
// series units is
//
//	stored × slope + intercept
//
// (PS3.3, C.11.1.1.2). The stored number is the bits that keep selects after
// the shift, in two's complement if flip, its sign bit, is not 0.
type pixels struct {
	data             []byte // width bytes for each pixel, row by row, least significant byte first
	count            int
	width            int // 1, 2 or 4
	shift            int
	keep, flip       uint32
	slope, intercept float64
}

// maxValueUnits bounds the values of pixels, so that sums stay finite.
const maxValueUnits = 1e30

// pixels reads how the pixels are stored and checks it against the element
// that holds them. Data may be nil where only the header is at hand.
func (f *facts) pixels(e element, data []byte, maxSide int) pixels {
	p := pixels{}
	r, c := f.count(rows), f.count(columns)
	switch {
	case r > maxSide || c > maxSide:
		f.fail(ingest.CodeTooLarge, "an image of %d rows and %d columns", r, c)
	case r == 0 || c == 0:
		f.fail(ingest.CodeMalformed, "Rows or Columns is missing")
	}
	f.scale(&p)
	f.format(&p)
	if f.fault.Code != "" {
		return p
	}
	p.count = r * c
	want := int64(p.count * p.width)
	if e.length == undefined {
		f.fail(ingest.CodePixelLength, "native PixelData without a length")
		return p
	}
	if got := int64(e.length); got != want+want%2 && got != want {
		f.fail(ingest.CodePixelLength, "PixelData of %d bytes for %d × %d pixels of %d bits", e.length, r, c, 8*p.width)
		return p
	}
	if data != nil {
		p.data = data[e.start : e.start+want]
	}
	return p
}

// scale reads the rescale slope and intercept.
func (f *facts) scale(p *pixels) {
	var ok bool
	p.slope, ok = f.real(rescaleSlope, ingest.CodeUnits, "RescaleSlope")
	if !ok {
		f.fail(ingest.CodeUnits, "RescaleSlope is missing")
	} else if p.slope <= 0 {
		f.fail(ingest.CodeUnits, "RescaleSlope is not positive")
	}
	p.intercept, _ = f.real(rescaleIntercept, ingest.CodeUnits, "RescaleIntercept")
	if math.Abs(p.slope)*(1<<32)+math.Abs(p.intercept) > maxValueUnits {
		f.fail(ingest.CodeUnits, "RescaleSlope or RescaleIntercept is impossibly large")
	}
}

// format reads how the bits of a pixel are laid out (PS3.5, 8.1.1).
func (f *facts) format(p *pixels) {
	if n := f.count(samplesPerPixel); n != 1 {
		f.fail(ingest.CodePixelLength, "%d samples per pixel", n)
	}
	if n, ok := f.real(numberOfFrames, ingest.CodeMalformed, "NumberOfFrames"); ok && n != 1 {
		f.fail(ingest.CodePixelLength, "%g frames in an object of a class of one", n)
	}
	allocated := f.count(bitsAllocated)
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
		f.fail(ingest.CodePixelLength, "%d bits allocated for a pixel", allocated)
	case stored < 1 || high < stored-1 || high >= allocated:
		f.fail(ingest.CodeMalformed, "%d bits stored below bit %d of %d", stored, high, allocated)
	case !f.hasCount(pixelRepresentation) || f.count(pixelRepresentation) > 1:
		f.fail(ingest.CodeMalformed, "PixelRepresentation is missing or unknown")
	default:
		p.width, p.shift = allocated/8, high+1-stored
		p.keep = uint32(1<<stored - 1)
		p.flip = uint32(f.count(pixelRepresentation)) << (stored - 1)
	}
}

// hasCount reports whether a field of VR US is there.
func (f *facts) hasCount(x field) bool { return len(f.values[x]) == 2 }

// stored returns the number that is stored for pixel i.
func (p *pixels) stored(i int) int64 { return p.sum(i, i+1) }

// sum returns the sum of the numbers stored for pixels i up to before j. It is
// exact. Flipping a sign bit and taking its weight away extends it.
func (p *pixels) sum(i, j int) int64 {
	var sum uint64
	shift, keep, flip := p.shift&31, p.keep, p.flip
	switch data := p.data[i*p.width : j*p.width]; p.width {
	case 1:
		for _, u := range data {
			sum += uint64(uint32(u)>>shift&keep ^ flip)
		}
	case 2:
		for ; len(data) >= 2; data = data[2:] {
			sum += uint64(uint32(binary.LittleEndian.Uint16(data))>>shift&keep ^ flip)
		}
	default:
		for ; len(data) >= 4; data = data[4:] {
			sum += uint64(binary.LittleEndian.Uint32(data)>>shift&keep ^ flip)
		}
	}
	return int64(sum) - int64(j-i)*int64(flip)
}

// add adds the value of each pixel to the sum of its region, one run of pixels
// of a region after the other.
func (p *pixels) add(mask []uint16, sums []float64) {
	for i := 0; i < len(mask); {
		r, j := mask[i], i+1
		for j < len(mask) && mask[j] == r {
			j++
		}
		if r != 0 {
			sums[r] += float64(p.sum(i, j))*p.slope + float64(j-i)*p.intercept
		}
		i = j
	}
}
