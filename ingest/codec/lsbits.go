package codec

import (
	"encoding/binary"
	"math/bits"
)

// An lsBits reads the entropy-coded data of a JPEG-LS scan up to its next
// marker, and zeros after that. After a byte ff in the data come seven bits in
// a byte, not eight.
type lsBits struct {
	data   []byte
	at     int    // of the next byte in data
	bits   uint64 // the next bits, left-aligned
	count  uint   // how many there are, zeros past the end among them
	zeros  uint   // how many zeros were added past the end
	seven  bool   // whether the next byte follows ff
	atRest bool   // whether the end was reached
}

// fill makes sure that there are at least 56 bits.
func (b *lsBits) fill() {
	if !b.seven && !b.atRest && b.at+8 <= len(b.data) {
		next := binary.BigEndian.Uint64(b.data[b.at:])
		if !hasFF(next) {
			b.bits |= next >> b.count
			n := (64 - b.count) / 8
			b.at += int(n)
			b.count += 8 * n
			b.bits &= ^uint64(0) << (64 - b.count)
			return
		}
	}
	for b.count <= 56 {
		b.next()
	}
}

// next adds the next byte of the data, or zeros past its end.
func (b *lsBits) next() {
	if b.at >= len(b.data) || b.data[b.at] == 0xff && (b.at+1 >= len(b.data) || b.data[b.at+1] >= 0x80) ||
		b.seven && b.data[b.at] >= 0x80 {
		b.atRest = true
		b.count += 8
		b.zeros += 8
		return
	}
	v, n := uint64(b.data[b.at]), uint(8)
	if b.seven {
		n = 7
	}
	b.bits |= v << (64 - n - b.count)
	b.count += n
	b.seven = v == 0xff
	b.at++
}

// take returns the next n bits, at most 32.
func (b *lsBits) take(n uint) uint32 {
	if b.count < n {
		b.fill()
	}
	v := uint32(b.bits >> 32 >> (32 - n))
	b.bits <<= n
	b.count -= n
	return v
}

// golomb decodes a value of the limited Golomb code: zeros in unary, then k
// bits; or, after the most zeros that limit allows, width bits (A.5.3).
func (b *lsBits) golomb(k uint, limit int, width uint) (int32, bool) {
	most := limit - int(width) - 1
	zeros := b.unary()
	if zeros > most || k > 24 {
		return 0, false
	}
	if zeros < most {
		return int32(zeros)<<k | int32(b.take(k)), true
	}
	return int32(b.take(width)) + 1, true
}

// unary counts zeros up to the next one and takes both. It gives up after 64
// zeros, which is more than any code has.
func (b *lsBits) unary() int {
	if b.count < 32 {
		b.fill()
	}
	zeros := 0
	for {
		n := bits.LeadingZeros64(b.bits)
		if n < int(b.count) {
			b.drop(uint(n) + 1)
			return zeros + n
		}
		zeros += int(b.count)
		if zeros > 64 {
			return zeros
		}
		b.bits, b.count = 0, 0
		b.fill()
	}
}

// drop leaves out n bits.
func (b *lsBits) drop(n uint) {
	b.bits <<= n
	b.count -= n
}

// spent reports whether bits past the end of the data were used.
func (b *lsBits) spent() bool { return b.zeros > b.count }
