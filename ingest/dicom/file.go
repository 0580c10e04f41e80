package dicom

import (
	"bytes"
	"compress/flate"
	"io"
	"math"

	"github.com/suyashkumar/dicom/pkg/uid"

	"tacstream/ingest"
)

// UIDs of classes and transfer syntaxes (PS3.6, annex A).
const (
	classPET               = "1.2.840.10008.5.1.4.1.1.128"
	classEnhancedPET       = "1.2.840.10008.5.1.4.1.1.130"
	classLegacyEnhancedPET = "1.2.840.10008.5.1.4.1.1.128.1"

	syntaxImplicit  = "1.2.840.10008.1.2"
	syntaxExplicit  = "1.2.840.10008.1.2.1"
	syntaxBigEndian = "1.2.840.10008.1.2.2"
	syntaxDeflated  = "1.2.840.10008.1.2.1.99"

	deflatedFrames = "1.2.840.10008.1.2.8.1" // of single frames, since 2025a
)

// Tags of the file meta information.
const (
	tagMetaClass    = 0x00020002
	tagMetaInstance = 0x00020003
	tagMetaSyntax   = 0x00020010
)

// afterPreamble is where the first element of a file lies: behind 128 bytes of
// anything and "DICM" (PS3.10, 7.1).
const afterPreamble = 132

// maxInflated bounds the header of a deflated data set.
const maxInflated = 8 << 20

// A file is a DICOM object with its meta information read.
type file struct {
	cursor                  // at the first element of the data set
	class, instance, syntax []byte
}

// errNotDICOM is the fault of everything that is no DICOM. What people take for a
// scan, an archive or an image in another format, is named.
func errNotDICOM(prefix []byte) error {
	switch kind, archive := formatOf(prefix); {
	case archive:
		return ingest.Reject(ingest.CodeArchive, "the object is %s", kind)
	case kind != "":
		return ingest.Reject(ingest.CodeFormat, "the object is %s", kind)
	}
	return ingest.Reject(ingest.CodeNotDICOM, "the object does not begin as DICOM does")
}

// open reads the file meta information. A bare data set without any is let in
// if its first element is one with which data sets begin.
func open(prefix []byte, size int64) (file, error) {
	f := file{cursor: cursor{data: prefix, size: size}}
	if len(prefix) < afterPreamble && int64(len(prefix)) < size {
		return f, needError(min(size, afterPreamble))
	}
	if len(prefix) >= afterPreamble && string(prefix[afterPreamble-4:afterPreamble]) == "DICM" {
		f.pos = afterPreamble
	} else if !begins(prefix) {
		return f, errNotDICOM(prefix)
	}
	if err := f.meta(); err != nil {
		return f, err
	}
	return f, f.begin()
}

// begins reports whether a data set without preamble begins here: with a
// short element of group 0002 or 0008, in either encoding.
func begins(prefix []byte) bool {
	if len(prefix) < 16 || prefix[1] != 0 || prefix[0] != 2 && prefix[0] != 8 || prefix[3] > 1 {
		return false
	}
	implicit := prefix[5] == 0 && prefix[6] == 0 && prefix[7] == 0
	return implicit || upper(prefix[4]) && upper(prefix[5]) && prefix[7] == 0
}

// meta reads the elements of group 0002, which are always explicit.
func (f *file) meta() error {
	for {
		head, err := f.take(f.pos, 8, f.size)
		if err != nil {
			return err
		}
		if head[0] != 2 || head[1] != 0 {
			return nil
		}
		e, err := f.next(f.size)
		if err != nil {
			return err
		}
		if err := f.metaElement(e); err != nil {
			return err
		}
	}
}

func (f *file) metaElement(e element) error {
	var dst *[]byte
	switch e.tag {
	case tagMetaClass:
		dst = &f.class
	case tagMetaInstance:
		dst = &f.instance
	case tagMetaSyntax:
		dst = &f.syntax
	default:
		return f.skip(e, f.size, 0)
	}
	v, err := f.take(e.start, int64(e.length), f.size)
	*dst, f.pos = trim(v), e.end()
	return err
}

// begin sets the cursor for the transfer syntax. Every one that is not listed
// has headers in explicit VR little endian (PS3.5, A.4).
func (f *file) begin() error {
	switch string(f.syntax) {
	case "":
		return f.guess()
	case syntaxImplicit:
		f.implicit = true
	case syntaxBigEndian:
		f.big = true
	}
	return nil
}

// deflated reports whether what follows the meta information is compressed.
func (f *file) deflated() bool { return string(f.syntax) == syntaxDeflated }

// body returns what is at hand of the data set.
func (f *file) body() []byte { return f.data[min(f.pos, int64(len(f.data))):] }

// sizeUnknown is the size of a data set that comes out of a compressed stream:
// not known before its end.
const sizeUnknown = math.MaxInt64

// inflate replaces the cursor of a deflated object by one over the beginning
// of what it holds. The error says why there is not more of it.
func (f *file) inflate() error {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(f.body())), maxInflated))
	switch {
	case err == nil && len(plain) == maxInflated:
		err = ingest.Reject(ingest.CodeTooLarge, "the deflated header is longer than %d MiB", maxInflated>>20)
	case err == nil || err == io.ErrUnexpectedEOF && int64(len(f.data)) >= f.size:
		err = ingest.Reject(ingest.CodeTruncated, "the deflated data set ends too early")
	case err == io.ErrUnexpectedEOF:
		err = needError(2 * int64(len(f.data)))
	default:
		err = ingest.Reject(ingest.CodeMalformed, "the deflated data set cannot be inflated")
	}
	f.cursor = cursor{data: plain, size: sizeUnknown}
	return err
}

// guess tells explicit from implicit by the first element.
func (f *file) guess() error {
	head, err := f.take(f.pos, 8, f.size)
	if err != nil {
		return err
	}
	f.syntax = []byte(syntaxExplicit)
	if f.implicit = !upper(head[4]) || !upper(head[5]); f.implicit {
		f.syntax = []byte(syntaxImplicit)
	}
	return nil
}

// native reports whether pixels in a transfer syntax are stored as they are.
func native(syntax []byte) bool {
	switch string(syntax) {
	case syntaxImplicit, syntaxExplicit, syntaxBigEndian, syntaxDeflated:
		return true
	}
	return false
}

// nameOf returns the standard's name of a class or transfer syntax.
func nameOf(u string) string {
	if u == deflatedFrames { // newer than the library's list
		return "Deflated Image Frame Compression"
	}
	info, err := uid.Lookup(u)
	if err != nil || info.Name == "" {
		return "unknown to the standard"
	}
	return info.Name
}
