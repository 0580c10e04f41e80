package config

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// A fetch returns the bytes of an object, in buf if they fit. They must be
// those that the record describes.
type fetch func(ctx context.Context, r ingest.Record, buf []byte) ([]byte, error)

// readSlices streams every slice of a series into per-region sums, readers at
// a time, and returns the sums with the digest of the input: the sorted
// SOPInstanceUIDs with their contents' hashes. No slice is held longer than it
// takes to add it.
func readSlices(ctx context.Context, a ingest.Assembly, mask extract.Mask, readers int, get fetch) (*extract.Sums, string, error) {
	sums, err := extract.NewSums(len(a.Starts), mask)
	if err != nil {
		return nil, "", err
	}
	hashes := make([][sha256.Size]byte, len(a.Slots))
	var next atomic.Int64
	g, reading := errgroup.WithContext(ctx)
	for range readers {
		g.Go(func() error {
			r := sliceReader{get: get, mask: mask, sums: sums, perFrame: len(a.Positions)}
			for i := int(next.Add(1)) - 1; i < len(a.Slots); i = int(next.Add(1)) - 1 {
				var err error
				if hashes[i], err = r.add(reading, i, a.Slots[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, "", err
	}
	if err := compareDoubles(ctx, a, hashes, get); err != nil {
		return nil, "", err
	}
	return sums, inputDigest(a.Slots, hashes), nil
}

// A sliceReader reads one slice at a time, reusing its memory.
type sliceReader struct {
	get      fetch
	mask     extract.Mask
	sums     *extract.Sums
	perFrame int // slices
	buf      []byte
	decoder  dicom.Decoder
}

// add reads the slice of slot i into the sums and returns its content's hash.
func (s *sliceReader) add(ctx context.Context, i int, r ingest.Record) ([sha256.Size]byte, error) {
	var err error
	if s.buf, err = s.get(ctx, r, s.buf); err != nil {
		return [sha256.Size]byte{}, err
	}
	slice, err := s.decoder.Decode(s.buf)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("frame %d slice %d: %w", i/s.perFrame+1, i%s.perFrame+1, err)
	}
	if slice.Instance.SOPInstanceUID != r.Instance.SOPInstanceUID {
		return [sha256.Size]byte{}, errStale // another object than the one that the ledger describes
	}
	slice.AddRegionSums(s.mask.Slice(i%s.perFrame), s.sums.Slot(i/s.perFrame, i%s.perFrame))
	return sha256.Sum256(s.buf), nil
}

// compareDoubles reads the further objects of instances whose ETag differs:
// if their content does too, neither may win silently.
func compareDoubles(ctx context.Context, a ingest.Assembly, hashes [][sha256.Size]byte, get fetch) error {
	var buf []byte
	for _, double := range a.Doubles {
		i := slices.IndexFunc(a.Slots, func(r ingest.Record) bool { return r.Instance.SOPInstanceUID == double.Instance.SOPInstanceUID })
		var err error
		if buf, err = get(ctx, double, buf); err != nil {
			return err
		}
		if i < 0 || sha256.Sum256(buf) != hashes[i] {
			return ingest.Reject(ingest.CodeConflict, "two objects with one SOPInstanceUID differ in content, at frame %d slice %d", i/len(a.Positions)+1, i%len(a.Positions)+1)
		}
	}
	return nil
}

// inputDigest digests the sorted pairs of SOPInstanceUID and content hash.
func inputDigest(slots []ingest.Record, hashes [][sha256.Size]byte) string {
	order := make([]int32, len(slots))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(strings.Compare(slots[a].Instance.SOPInstanceUID, slots[b].Instance.SOPInstanceUID), bytes.Compare(hashes[a][:], hashes[b][:]))
	})
	h := sha256.New()
	for _, i := range order {
		io.WriteString(h, slots[i].Instance.SOPInstanceUID)
		h.Write([]byte{0})
		h.Write(hashes[i][:])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
