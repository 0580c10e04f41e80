package stream

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// readSlices streams every image of a series into per-region sums, readers
// objects at a time, and returns the sums with the digest of the input: the
// sorted SOPInstanceUIDs with their contents' hashes. No image is held longer
// than it takes to add it.
func readSlices(ctx context.Context, a ingest.Assembly, mask extract.Mask, o Options) (*extract.Sums, string, error) {
	sums, err := extract.NewSums(len(a.Starts), mask)
	if err != nil {
		return nil, "", err
	}
	contents := ContentsOf(a)
	var next atomic.Int64
	g, reading := errgroup.WithContext(ctx)
	for range min(o.Readers, len(contents)) {
		g.Go(func() error {
			r := sliceReader{open: o.Open, mask: mask, sums: sums, perFrame: len(a.Positions), pixels: a.Header.Strict.Rows * a.Header.Strict.Columns, hash: sha256.New()}
			defer r.decoder.Close()
			for i := int(next.Add(1)) - 1; i < len(contents); i = int(next.Add(1)) - 1 {
				if err := r.read(reading, &contents[i]); err != nil {
					return err
				}
				o.one()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, "", err
	}
	if err := compareDoubles(ctx, a, contents, o.Open); err != nil {
		return nil, "", err
	}
	return sums, inputDigest(contents), nil
}

// A sliceReader reads one object at a time, reusing its memory.
type sliceReader struct {
	open     ingest.Opener
	mask     extract.Mask
	sums     *extract.Sums
	perFrame int // slices
	pixels   int // of a slice
	hash     hash.Hash
	decoder  dicom.Decoder
	rest     []byte
}

// read adds the images of an object to the sums and digests its content.
func (s *sliceReader) read(ctx context.Context, c *Content) error {
	r, size, err := s.open(ctx, *c.Record)
	if err != nil {
		return err
	}
	defer r.Close()
	s.hash.Reset()
	tee := io.TeeReader(r, s.hash)
	seen := 0
	err = s.decoder.Read(tee, size, func(slice *dicom.Slice) error {
		seen++
		return s.add(slice, c)
	})
	if err == nil && seen != len(c.Slots) {
		err = &ChangedError{Object: c.Record.Object}
	}
	if err != nil && errors.Is(err, ingest.ErrRejected) {
		return fmt.Errorf("%s: %w", s.slot(c.Slots[min(seen, len(c.Slots)-1)]), err)
	}
	if err == nil {
		err = s.drain(tee)
	}
	s.hash.Sum(c.digest[:0])
	return err
}

func (s *sliceReader) slot(i int) ingest.Slot {
	return ingest.Slot{Frame: i/s.perFrame + 1, Slice: i%s.perFrame + 1}
}

// add adds an image to the sums of its slot. It is stale if the ledger
// describes another object.
func (s *sliceReader) add(slice *dicom.Slice, c *Content) error {
	if slice.Instance.SOPInstanceUID != c.Record.Instance.SOPInstanceUID || slice.Plane >= len(c.Slots) || slice.Pixels() != s.pixels {
		return &ChangedError{Object: c.Record.Object}
	}
	i := c.Slots[slice.Plane]
	runs, sums := s.mask.Slice(i%s.perFrame), s.sums.Slot(i/s.perFrame, i%s.perFrame)
	slice.AddRegionSums(runs, sums)
	if slice.Padded() {
		if lost := make([]float64, len(sums)); slice.TakePadding(runs, sums, lost) {
			s.sums.Lose(i/s.perFrame, i%s.perFrame, lost)
		}
	}
	return nil
}

// drain reads what lies behind the last image, for the digest.
func (s *sliceReader) drain(r io.Reader) error {
	if s.rest == nil {
		s.rest = make([]byte, 4<<10)
	}
	for {
		if _, err := r.Read(s.rest); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}
