package codec

import (
	"encoding/binary"
	"slices"
)

const lsName = "JPEG-LS"

// A jpegLSDecoder decodes grey images of JPEG-LS, lossless and near-lossless.
//
// Source: ITU-T T.87 | ISO/IEC 14495-1, whose symbols it uses: RANGE, LIMIT,
// A, B, C and N, of which RANGE and LIMIT are spelt as words.
type jpegLSDecoder struct {
	lsCoding
	lsState
	bits     lsBits
	contexts [365]lsContext
	runs     [2]lsRunContext
	runIndex int
	previous []int32 // the row above, with one sample more at either end
	current  []int32
}

// An lsContext is what is known of the errors in surroundings of one kind.
type lsContext struct {
	a       int64
	b, c, n int32
}

// An lsRunContext is the same where a run was interrupted.
type lsRunContext struct {
	a           int64
	n, negative int32
}

func (d *jpegLSDecoder) decode(dst, frame []byte, p Params) ([]byte, error) {
	if err := p.checkGrey(lsName); err != nil {
		return nil, err
	}
	r, err := beginJPEG(lsName, frame)
	if err != nil {
		return nil, err
	}
	scan, err := readLSHeaders(&r, p)
	if err != nil {
		return nil, err
	}
	return d.decodeScan(dst, &r, scan, p)
}

// decodeScan writes rows to the start of out and makes it longer as it goes: a
// row may take one bit, so a short frame may be a large image or only claim so.
func (d *jpegLSDecoder) decodeScan(out []byte, r *jpegReader, s lsScan, p Params) ([]byte, error) {
	d.lsCoding, d.lsState = s.coding, s.coding.state()
	d.begin(r.data, r.at, p.Columns)
	stride := p.Columns * p.BitsAllocated / 8
	for y := range p.Rows {
		if s.interval > 0 && y > 0 && y%s.interval == 0 {
			at, err := r.restart(d.bits.at, y/s.interval-1)
			if err != nil {
				return nil, err
			}
			d.begin(r.data, at, p.Columns)
		}
		above, row := d.previous, d.current
		above[p.Columns+1] = above[p.Columns]
		row[0] = above[1]
		if !d.decodeRow(row, above, p.Columns) {
			return nil, r.malformed("a code that stands for no value")
		}
		if d.bits.spent() {
			return nil, r.endsEarly()
		}
		out = slices.Grow(out[:y*stride], stride)[:(y+1)*stride]
		storeLSRow(out[y*stride:], row[1:p.Columns+1])
		d.previous, d.current = row, above
	}
	return out, nil
}

// begin forgets what was decoded, at the start of a scan and after a restart
// marker (A.2.1, A.8).
func (d *jpegLSDecoder) begin(data []byte, at, columns int) {
	d.bits = lsBits{data: data, at: at}
	a := max(2, int64(d.span+32)>>6)
	for i := range d.contexts {
		d.contexts[i] = lsContext{a: a, n: 1}
	}
	d.runs = [2]lsRunContext{{a: a, n: 1}, {a: a, n: 1}}
	d.runIndex = 0
	if cap(d.previous) < columns+2 {
		d.previous, d.current = make([]int32, columns+2), make([]int32, columns+2)
	}
	d.previous, d.current = d.previous[:columns+2], d.current[:columns+2]
	clear(d.previous)
	clear(d.current)
}

// decodeRow decodes one row of columns samples. It reports whether every code
// stood for something.
func (d *jpegLSDecoder) decodeRow(row, above []int32, columns int) bool {
	for x := 1; x <= columns; {
		ra, rb, rc, rd := row[x-1], above[x], above[x-1], above[x+1]
		q := (d.quantize(rd-rb)*9+d.quantize(rb-rc))*9 + d.quantize(rc-ra)
		if q != 0 {
			v, ok := d.regular(q, ra, rb, rc)
			if !ok {
				return false
			}
			row[x] = v
			x++
			continue
		}
		n, ok := d.run(columns - x + 1)
		if !ok {
			return false
		}
		for end := x + n; x < end; x++ {
			row[x] = ra
		}
		if x <= columns {
			v, ok := d.interruption(ra, above[x])
			if !ok {
				return false
			}
			row[x] = v
			x++
		}
	}
	return true
}

// quantize puts a gradient into one of nine classes, -4 to 4 (A.3.3).
func (d *jpegLSDecoder) quantize(g int32) int32 {
	sign := int32(1)
	if g < 0 {
		g, sign = -g, -1
	}
	switch {
	case g <= d.near:
		return 0
	case g < d.t1:
		return sign
	case g < d.t2:
		return 2 * sign
	case g < d.t3:
		return 3 * sign
	}
	return 4 * sign
}

// regular decodes a sample in surroundings q that are not flat (A.4, A.5).
func (d *jpegLSDecoder) regular(q, ra, rb, rc int32) (int32, bool) {
	sign := int32(1)
	if q < 0 {
		q, sign = -q, -1
	}
	c := &d.contexts[q]
	px := d.within(predictEdge(ra, rb, rc) + sign*c.c)
	k := golomb(c.n, c.a)
	mapped, ok := d.bits.golomb(k, d.limit, d.width)
	if !ok || mapped > 2*d.span {
		return 0, false
	}
	e := mapped>>1 ^ -(mapped & 1)
	if k == 0 && d.near == 0 && 2*c.b <= -c.n {
		e = ^e
	}
	c.update(e, d.step, d.reset)
	return d.reconstruct(px, sign*e), true
}

// predictEdge is the median edge detector (A.4.1).
func predictEdge(ra, rb, rc int32) int32 {
	low, high := min(ra, rb), max(ra, rb)
	switch {
	case rc >= high:
		return low
	case rc <= low:
		return high
	}
	return ra + rb - rc
}

// within returns v moved into 0 to maxVal.
func (d *jpegLSDecoder) within(v int32) int32 { return min(max(v, 0), d.maxVal) }

// golomb returns k, the length of the low part of a code (A.5.1).
func golomb(n int32, a int64) (k uint) {
	for int64(n)<<k < a {
		k++
	}
	return k
}

// reconstruct adds an error to a prediction, modulo RANGE (A.4.5).
func (d *jpegLSDecoder) reconstruct(px, e int32) int32 {
	v := px + e*d.step
	switch {
	case v < -d.near:
		v += d.span * d.step
	case v > d.maxVal+d.near:
		v -= d.span * d.step
	}
	return d.within(v)
}

// update learns from an error (A.6).
func (c *lsContext) update(e, step, reset int32) {
	c.b += e * step
	c.a += int64(max(e, -e))
	if c.n == reset {
		c.a, c.b, c.n = c.a>>1, c.b>>1, c.n>>1
	}
	c.n++
	switch {
	case c.b <= -c.n:
		c.b = max(c.b+c.n, 1-c.n)
		c.c = max(c.c-1, -128)
	case c.b > 0:
		c.b = min(c.b-c.n, 0)
		c.c = min(c.c+1, 127)
	}
}

// runLengths are the J of A.2.1: a run of 2^J samples takes one bit.
var runLengths = [32]uint{
	0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
}

// run decodes the length of a run, at most left (A.7.1).
func (d *jpegLSDecoder) run(left int) (n int, ok bool) {
	for d.bits.take(1) == 1 {
		full := 1 << runLengths[d.runIndex]
		if full > left-n {
			return left, true
		}
		n += full
		d.runIndex = min(d.runIndex+1, 31)
		if n == left {
			return n, true
		}
	}
	n += int(d.bits.take(runLengths[d.runIndex]))
	return n, n < left
}

// interruption decodes the sample that ends a run (A.7.2).
func (d *jpegLSDecoder) interruption(ra, rb int32) (int32, bool) {
	kind, px, sign := int32(0), rb, int32(1)
	switch diff := ra - rb; {
	case max(diff, -diff) <= d.near:
		kind, px = 1, ra
	case diff > 0:
		sign = -1
	}
	c := &d.runs[kind]
	k := golomb(c.n, c.a+int64(kind*(c.n>>1)))
	mapped, ok := d.bits.golomb(k, d.limit-int(runLengths[d.runIndex])-1, d.width)
	if !ok || mapped > 2*d.span {
		return 0, false
	}
	e := c.unmap(mapped+kind, k)
	c.update(e, mapped, kind, d.reset)
	d.runIndex = max(d.runIndex-1, 0)
	return d.reconstruct(px, sign*e), true
}

// unmap turns a code's value, with the kind of the interruption added, into
// an error (A.7.2.2).
func (c *lsRunContext) unmap(v int32, k uint) int32 {
	e := (v + 1) >> 1
	if odd := v&1 == 1; odd == (k != 0 || 2*c.negative >= c.n) {
		return -e
	}
	return e
}

// update learns from an error (A.7.2.3).
func (c *lsRunContext) update(e, mapped, kind, reset int32) {
	if e < 0 {
		c.negative++
	}
	c.a += int64(mapped+1-kind) >> 1
	if c.n == reset {
		c.a, c.n, c.negative = c.a>>1, c.n>>1, c.negative>>1
	}
	c.n++
}

// storeLSRow writes samples of 8 or 16 bits.
func storeLSRow(out []byte, row []int32) {
	if len(out) == len(row) {
		for x, v := range row {
			out[x] = byte(v)
		}
		return
	}
	out = out[:2*len(row)]
	for x, v := range row {
		binary.LittleEndian.PutUint16(out[2*x:], uint16(v))
	}
}
