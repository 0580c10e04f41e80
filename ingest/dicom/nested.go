package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"slices"

	charsets "github.com/suyashkumar/dicom/pkg/charset"

	"tacstream/ingest"
)

// Tags that every kind of regions has.
const (
	tagCharset          = 0x00080005
	tagSOPClass         = 0x00080016
	tagFrameOfReference = 0x00200052
)

// maxInflatedRegions bounds a deflated data set of regions, in bytes.
const maxInflatedRegions = 2 * ingest.DefaultRegionsBytes

// A dataset is a data set at hand as a whole: an object or an item of a
// sequence.
type dataset struct {
	cursor // at the first element
	end    int64
	depth  int
	nested bool // an item, which may end with a delimiter
}

// openWhole returns the data set of an object and its transfer syntax.
func openWhole(data []byte) (dataset, string, error) {
	f, err := open(data, int64(len(data)))
	if err != nil {
		return dataset{}, "", err
	}
	if f.deflated() {
		f.cursor, err = inflated(f.body())
	}
	return dataset{cursor: f.cursor, end: f.size}, string(f.syntax), err
}

// inflated returns the whole data set of a deflated object (PS3.5, A.5).
func inflated(body []byte) (cursor, error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(body)), maxInflatedRegions+1))
	switch {
	case err != nil:
		return cursor{}, ingest.Reject(ingest.CodeMalformed, "the deflated data set is damaged")
	case len(plain) > maxInflatedRegions:
		return cursor{}, ingest.Reject(ingest.CodeTooLarge, "the deflated data set is longer than %d bytes", maxInflatedRegions)
	}
	return cursor{data: plain, size: int64(len(plain))}, nil
}

// pick returns the first element of each tag, in the order of the tags; the
// tag of one that is not there is 0.
func (d dataset) pick(tags ...uint32) ([]element, error) {
	found := make([]element, len(tags))
	for d.pos < d.end {
		e, err := d.next(d.end)
		if err != nil {
			return nil, err
		}
		if e.tag == tagItemEnd && d.nested {
			break
		}
		if i := slices.Index(tags, e.tag); i >= 0 && found[i].tag == 0 {
			found[i] = e
		}
		if err := d.skip(e, d.end, d.depth); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// each calls visit with every item of a sequence; one that is not there has
// none.
func (d dataset) each(seq element, visit func(item dataset) error) error {
	if seq.tag == 0 {
		return nil
	}
	if seq.vr != 0 && seq.vr != vrSQ && seq.vr != vrUN {
		return ingest.Reject(ingest.CodeMalformed, "an element holds a plain value instead of a sequence")
	}
	c := d.cursor
	c.pos = seq.start
	return c.items(seq, d.end, d.depth, func(item element, _ bool, end int64) error {
		if item.length != undefined {
			end = item.end()
		}
		if err := visit(dataset{cursor: c, end: end, depth: d.depth + 1, nested: true}); err != nil {
			return err
		}
		return c.skipItem(seq, item, end, d.depth)
	})
}

// first returns the elements of those tags in the first item of a sequence.
func (d dataset) first(seq element, tags ...uint32) ([]element, error) {
	found := make([]element, len(tags))
	seen := false
	err := d.each(seq, func(item dataset) error {
		if seen {
			return nil
		}
		seen = true
		var err error
		found, err = item.pick(tags...)
		return err
	})
	return found, err
}

// value returns the bytes of an element without their padding, nil where it
// is not there or is no plain value.
func (d dataset) value(e element) []byte { return trim(d.raw(e)) }

// raw returns the bytes of an element as they are.
func (d dataset) raw(e element) []byte {
	if e.tag == 0 || e.length == undefined {
		return nil
	}
	return d.data[e.start:e.end()]
}

// short returns an unsigned number of 16 bits.
func (d dataset) short(e element) (int, bool) {
	v := d.raw(e)
	if len(v) != 2 {
		return 0, false
	}
	return int(binary.LittleEndian.Uint16(v)), true
}

// whole returns a whole number written in decimal digits.
func (d dataset) whole(e element) (int, bool) {
	v, ok := decimal(d.value(e))
	if !ok || v != float64(int32(v)) {
		return 0, false
	}
	return int(v), true
}

// numbers fills dst from an element that holds exactly as many decimal
// numbers, and reports whether it does.
func (d dataset) numbers(e element, dst []float64) bool { return decimals(d.value(e), dst) }

// A script turns text of the object's character set into UTF-8.
type script func(v []byte) []byte

// scriptOf returns what reads the text of an object that names its character
// sets so. Text in a set that is not known is taken for UTF-8.
func scriptOf(sets []byte) script {
	names := []string{}
	for name := range bytes.SplitSeq(sets, []byte(`\`)) {
		names = append(names, string(trim(name)))
	}
	system, err := charsets.ParseSpecificCharacterSet(names[:min(len(names), 4)])
	if err != nil || system.Ideographic == nil {
		return func(v []byte) []byte { return v }
	}
	return func(v []byte) []byte {
		text, err := system.Ideographic.Bytes(v)
		if err != nil {
			return v
		}
		return text
	}
}

// name returns what a region is called, empty where it has no name that can
// be read.
func (s script) name(v []byte) string {
	if len(v) > maxText {
		return ""
	}
	return string(trim(clean(s(v))))
}
