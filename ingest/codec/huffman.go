package codec

import "encoding/binary"

// lookBits is the length of the codes that one look-up decodes.
const lookBits = 11

// A huffman is a Huffman table of JPEG for differences: each code stands for
// the number of bits of a difference, 0 to 16.
type huffman struct {
	defined bool
	look    [1 << lookBits]uint16 // code length << 8 | category, 0 for longer codes
	// For the longer codes: of each length the largest code, left-aligned in
	// 16 bits, plus one; and what leads from a code to its category.
	limit      [17]uint32
	offset     [17]int
	categories []byte
	kept       [256]byte
}

// define builds the table from the number of codes of each length 1 to 16 and
// the categories in the order of the codes. It reports whether they make a
// table.
func (h *huffman) define(counts [16]byte, categories []byte) bool {
	clear(h.look[:])
	h.categories = h.kept[:copy(h.kept[:], categories)]
	code, at := uint32(0), 0 // the next code, left-aligned in 16 bits
	for length := 1; length <= 16; length++ {
		step := uint32(1) << (16 - length)
		h.offset[length] = at - int(code>>(16-length))
		for range counts[length-1] {
			if code+step > 1<<16 || categories[at] > 16 {
				return false
			}
			if length <= lookBits {
				from, to := code>>(16-lookBits), (code+step)>>(16-lookBits)
				for i := from; i < to; i++ {
					h.look[i] = uint16(length)<<8 | uint16(categories[at])
				}
			}
			code += step
			at++
		}
		h.limit[length] = code
	}
	h.defined = at > 0
	return h.defined
}

// long decodes a code that is longer than lookBits, given the next 16 bits. It
// returns 0 where there is no such code.
func (h *huffman) long(next uint32) (length uint, category byte) {
	for n := lookBits + 1; n <= 16; n++ {
		if next < h.limit[n] {
			return uint(n), h.categories[h.offset[n]+int(next>>(16-n))]
		}
	}
	return 0, 0
}

// differences decodes as many differences as row has samples. It reports
// whether all of them had a code; past the end of the data there are zeros.
func (h *huffman) differences(b *huffmanBits, row []uint16) bool {
	for x := range row {
		if b.count < 32 {
			b.fill()
		}
		entry := h.look[b.bits>>(64-lookBits)]
		length, category := uint(entry>>8), uint(entry&0xff)
		if length == 0 {
			var c byte
			if length, c = h.long(uint32(b.bits >> 48)); length == 0 {
				return false
			}
			category = uint(c)
		}
		rest := b.bits << length
		switch category {
		case 0:
			row[x] = 0
		case 16:
			row[x] = 1 << 15 // no bits follow
			category = 0
		default:
			// A value whose first bit is 0 is negative.
			v := uint16(rest >> (64 - category))
			negative := uint16(int64(^rest) >> 63)
			row[x] = v - negative&(1<<category-1)
		}
		b.bits = rest << category
		b.count -= length + category
	}
	return true
}

// A huffmanBits reads the entropy-coded data of a scan up to its next marker,
// and zeros after that. A byte ff in the data is followed by a 0 that does not
// count.
type huffmanBits struct {
	data   []byte
	at     int    // of the next byte in data
	bits   uint64 // the next bits, left-aligned
	count  uint   // how many there are, zeros past the end among them
	zeros  uint   // how many zeros were added past the end
	atRest bool   // whether the end was reached
}

// fill makes sure that there are more than 56 bits.
func (b *huffmanBits) fill() {
	if !b.atRest && b.at+8 <= len(b.data) {
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
		b.bits |= uint64(b.next()) << (56 - b.count)
		b.count += 8
	}
}

// next returns the next byte of the data, or 0 past its end.
func (b *huffmanBits) next() byte {
	switch {
	case b.at >= len(b.data):
		b.atRest = true
	case b.data[b.at] != 0xff:
		b.at++
		return b.data[b.at-1]
	case b.at+1 < len(b.data) && b.data[b.at+1] == 0:
		b.at += 2
		return 0xff
	default:
		b.atRest = true
	}
	b.zeros += 8
	return 0
}

// spent reports whether bits past the end of the data were used.
func (b *huffmanBits) spent() bool { return b.zeros > b.count }

// hasFF reports whether one of the eight bytes of v is ff.
func hasFF(v uint64) bool {
	const ones = 0x0101010101010101
	v = ^v
	return (v-ones)&^v&(ones<<7) != 0
}
