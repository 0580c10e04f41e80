package dicom

import (
	"compress/flate"
	"errors"
	"io"
	"slices"

	"tacstream/ingest"
)

// A stream is an object as it comes from a reader: its beginning is kept,
// whatever is read after that goes through.
type stream struct {
	r    io.Reader
	size int64  // of the whole object, or sizeUnknown
	have []byte // its beginning
	pos  int64  // where next goes on
	room []byte // for what next reads
}

// smallObject is up to what size an object is read at once, in bytes. Every
// slice of a classic series is smaller.
const smallObject = 1 << 20

// begin starts a new object in the memory of the last one.
func (s *stream) begin(r io.Reader, size int64) {
	s.r, s.size, s.have, s.pos = r, size, s.have[:0], 0
}

// fill reads on until the first n bytes are at hand, or all of a small object.
// An object that ends before has at least the first least bytes, or that is an
// error.
func (s *stream) fill(least, n int64) error {
	if s.size <= smallObject {
		n = s.size
	}
	n = min(n, s.size)
	for int64(len(s.have)) < n {
		// What is claimed is allocated as it comes.
		grow := min(n-int64(len(s.have)), max(smallObject, int64(len(s.have))))
		s.have = slices.Grow(s.have, int(grow))
		got, err := io.ReadFull(s.r, s.have[len(s.have):len(s.have)+int(grow)])
		s.have = s.have[:len(s.have)+got]
		switch {
		case err != nil && ended(err) && int64(len(s.have)) >= least:
			return nil
		case err != nil:
			return s.fault(err)
		}
	}
	return nil
}

// ended reports whether an error says that there is no more to read.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// fault makes a reason of an error that is the object's own fault.
func (s *stream) fault(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case ended(err):
		return ingest.Reject(ingest.CodeTruncated, "the object is shorter than its header says")
	case errors.As(err, &corrupt):
		return ingest.Reject(ingest.CodeMalformed, "the deflated data set cannot be inflated")
	}
	return err
}

// seek has next go on at pos, which lies in what is at hand or at its end.
func (s *stream) seek(pos int64) { s.pos = pos }

// next returns the next n bytes. They are valid until the next call.
func (s *stream) next(n int) ([]byte, error) {
	have := s.have[min(s.pos, int64(len(s.have))):]
	s.pos += int64(n)
	if len(have) >= n {
		return have[:n:n], nil
	}
	if s.size != sizeUnknown && s.pos > s.size {
		return nil, s.fault(io.EOF)
	}
	s.room = append(s.room[:0], have...)
	s.room = slices.Grow(s.room, n-len(have))[:n]
	if _, err := io.ReadFull(s.r, s.room[len(have):]); err != nil {
		return nil, s.fault(err)
	}
	return s.room, nil
}
