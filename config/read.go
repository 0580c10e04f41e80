package config

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// A fetch begins to read an object, of which it returns the size. Its bytes
// must be those that the record describes.
type fetch func(ctx context.Context, r ingest.Record) (io.ReadCloser, int64, error)

// A digest is the SHA-256 of an object's content.
type digest = [sha256.Size]byte

// A content is an object of a series: the slots that its images fill and,
// once it was read, its digest.
type content struct {
	record *ingest.Record
	slots  []int // by image, in the order of storage
	digest digest
}

// contentsOf returns the objects of an assembly, in the order of their first
// slots.
func contentsOf(a ingest.Assembly) []content {
	list := make([]content, 0, len(a.Slots))
	at := map[string]int{} // of multi-frame objects, by instance
	numbers := make([]int, len(a.Slots))
	for i := range a.Slots {
		r := &a.Slots[i]
		if r.Instance.Planes == nil {
			numbers[i] = i
			list = append(list, content{record: r, slots: numbers[i : i+1 : i+1]})
			continue
		}
		n, known := at[r.Instance.SOPInstanceUID]
		if !known {
			n = len(list)
			at[r.Instance.SOPInstanceUID] = n
			list = append(list, content{record: r, slots: make([]int, len(r.Instance.Planes.At))})
		}
		list[n].slots[r.Instance.Plane] = i
	}
	return list
}

// readSlices streams every image of a series into per-region sums, readers
// objects at a time, and returns the sums with the digest of the input: the
// sorted SOPInstanceUIDs with their contents' hashes. No image is held longer
// than it takes to add it.
func readSlices(ctx context.Context, a ingest.Assembly, mask extract.Mask, readers int, get fetch) (*extract.Sums, string, error) {
	sums, err := extract.NewSums(len(a.Starts), mask)
	if err != nil {
		return nil, "", err
	}
	contents := contentsOf(a)
	var next atomic.Int64
	g, reading := errgroup.WithContext(ctx)
	for range min(readers, len(contents)) {
		g.Go(func() error {
			r := sliceReader{get: get, mask: mask, sums: sums, perFrame: len(a.Positions), pixels: a.Header.Strict.Rows * a.Header.Strict.Columns, hash: sha256.New()}
			defer r.decoder.Close()
			for i := int(next.Add(1)) - 1; i < len(contents); i = int(next.Add(1)) - 1 {
				if err := r.read(reading, &contents[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, "", err
	}
	if err := compareDoubles(ctx, a, contents, get); err != nil {
		return nil, "", err
	}
	return sums, inputDigest(contents), nil
}

// A sliceReader reads one object at a time, reusing its memory.
type sliceReader struct {
	get      fetch
	mask     extract.Mask
	sums     *extract.Sums
	perFrame int // slices
	pixels   int // of a slice
	hash     hash.Hash
	decoder  dicom.Decoder
	rest     []byte
}

// read adds the images of an object to the sums and digests its content.
func (s *sliceReader) read(ctx context.Context, c *content) error {
	r, size, err := s.get(ctx, *c.record)
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
	if err == nil && seen != len(c.slots) {
		err = objectChanged(c.record.Object, nil)
	}
	if err != nil && errors.Is(err, ingest.ErrRejected) {
		return fmt.Errorf("%s: %w", s.slot(c.slots[min(seen, len(c.slots)-1)]), err)
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
func (s *sliceReader) add(slice *dicom.Slice, c *content) error {
	if slice.Instance.SOPInstanceUID != c.record.Instance.SOPInstanceUID || slice.Plane >= len(c.slots) || slice.Pixels() != s.pixels {
		return objectChanged(c.record.Object, nil)
	}
	i := c.slots[slice.Plane]
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

// compareDoubles reads the further objects of instances whose ETag differs:
// if their content does too, neither may win silently.
func compareDoubles(ctx context.Context, a ingest.Assembly, contents []content, get fetch) error {
	for _, double := range a.Doubles {
		i := slices.IndexFunc(contents, func(c content) bool {
			return c.record.Instance.SOPInstanceUID == double.Instance.SOPInstanceUID
		})
		sum, err := digestOf(ctx, double, get)
		if err != nil {
			return err
		}
		if i < 0 || sum != contents[i].digest {
			slot := contents[max(i, 0)].slots[0]
			return ingest.Reject(ingest.CodeConflict, "two objects with one SOPInstanceUID differ in content, at frame %d slice %d", slot/len(a.Positions)+1, slot%len(a.Positions)+1)
		}
	}
	return nil
}

// digestOf reads an object for its digest alone.
func digestOf(ctx context.Context, r ingest.Record, get fetch) (sum digest, err error) {
	body, _, err := get(ctx, r)
	if err != nil {
		return sum, err
	}
	defer body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, body); err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	return sum, nil
}

// inputDigest digests the sorted pairs of SOPInstanceUID and content hash.
func inputDigest(contents []content) string {
	order := make([]int32, len(contents))
	for i := range order {
		order[i] = int32(i)
	}
	uid := func(i int32) string { return contents[i].record.Instance.SOPInstanceUID }
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(strings.Compare(uid(a), uid(b)), bytes.Compare(contents[a].digest[:], contents[b].digest[:]))
	})
	h := sha256.New()
	for _, i := range order {
		io.WriteString(h, uid(i))
		h.Write([]byte{0})
		h.Write(contents[i].digest[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
