package stream

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"tacstream/ingest"
)

// compareDoubles reads the further objects of instances whose ETag differs:
// if their content does too, neither may win silently.
func compareDoubles(ctx context.Context, a ingest.Assembly, contents []Content, open ingest.Opener) error {
	for _, double := range a.Doubles {
		i := slices.IndexFunc(contents, func(c Content) bool {
			return c.Record.Instance.SOPInstanceUID == double.Instance.SOPInstanceUID
		})
		sum, err := DigestOf(ctx, double, open)
		if err != nil {
			return err
		}
		if i < 0 || sum != contents[i].digest {
			slot := contents[max(i, 0)].Slots[0]
			return ingest.Reject(ingest.CodeConflict, "two objects with one SOPInstanceUID differ in content, at frame %d slice %d", slot/len(a.Positions)+1, slot%len(a.Positions)+1)
		}
	}
	return nil
}

// DigestOf reads an object for its digest alone.
func DigestOf(ctx context.Context, r ingest.Record, open ingest.Opener) (sum digest, err error) {
	body, _, err := open(ctx, r)
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
func inputDigest(contents []Content) string {
	order := make([]int32, len(contents))
	for i := range order {
		order[i] = int32(i)
	}
	uid := func(i int32) string { return contents[i].Record.Instance.SOPInstanceUID }
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
