package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"tacstream/ingest"
)

// A View is what the ledger says of a series at one moment.
type View struct {
	Assembly  ingest.Assembly
	Outcome   ingest.Outcome
	Relatives Relatives
	Regions   RegionSource
	Seen      uint64 // the newest Seq in it, but for those of its relatives
}

// whole reads the records of a series by itself.
func (j *Judge) whole(ctx context.Context, series ingest.Token, quiet bool) (v View, err error) {
	records, err := j.Book.Load(ctx, series)
	if err != nil {
		return v, err
	}
	for _, r := range records {
		v.Seen = max(v.Seen, r.Seq)
	}
	v.Assembly, v.Outcome = ingest.Assess(series, records, quiet)
	return v, nil
}

// folders returns those of the series and of its parts, sorted.
func (v View) folders() []string {
	list := slices.Clone(v.Assembly.Folders)
	for _, p := range v.Relatives.Parts {
		list = append(list, p.Folders...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Parts returns the series and those that continue it, in order of time.
func (v View) Parts() []ingest.Assembly {
	return append([]ingest.Assembly{v.Assembly}, v.Relatives.Parts...)
}

// look digests the input of a result of this view, "" where there can be none.
// More is what earlier releases digested too.
func (v View) look(more ...string) string {
	if v.Outcome.Condition != ingest.Ready {
		return ""
	}
	h := sha256.New()
	part := func(s string) {
		io.WriteString(h, s)
		h.Write([]byte{0}) // "a"+"bc" and "ab"+"c" must differ
	}
	for _, a := range v.Parts() {
		for _, records := range [][]ingest.Record{a.Slots, a.Doubles} {
			for _, r := range records {
				part(r.Instance.SOPInstanceUID)
				part(r.ETag)
			}
			part("")
		}
	}
	part(v.Regions.Digest())
	for _, m := range more {
		part(m)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
