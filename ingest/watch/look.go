package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"tacstream/ingest"
	"tacstream/ingest/regions"
)

// look reads as much of the object as says what it is.
func (d *Door) look(ctx context.Context, obj ingest.Object, site ingest.Mapping, mapped bool, prev ingest.Record) (ingest.Record, error) {
	want := int64(firstRead)
	kind := regions.KindOf(obj.Key)
	if kind != ingest.KindOther {
		want = d.Limits.regionsBytes() + 1
	}
	data, now, err := d.Store.ReadPrefix(ctx, obj.Bucket, obj.Key, want)
	if err != nil {
		return ingest.Record{}, err
	}
	r := ingest.Record{Object: now, Site: site.Site, Kind: ingest.KindOther}
	if mapped {
		r.Token = site.Key.Token("object", obj.Bucket+"\x00"+obj.Key)
	}
	switch {
	case !mapped:
		r.Fault = ingest.Reason{Code: ingest.CodeNoSite, Detail: "no site is configured for this bucket and prefix"}
	case now.Size == 0:
		r.Fault = ingest.Reason{Code: ingest.CodeEmpty, Detail: "the object has 0 bytes"}
	case now.Size > d.Limits.objectBytes(), kind != ingest.KindOther && now.Size > d.Limits.regionsBytes():
		r.Fault = ingest.Reason{Code: ingest.CodeTooLarge, Detail: fmt.Sprintf("the object of %d bytes is larger than the limit allows", now.Size)}
	case kind != ingest.KindOther:
		sum := sha256.Sum256(data)
		r.Kind, r.Digest = kind, hex.EncodeToString(sum[:])
		r.Grid = gridOf(r, data)
	case sameObject(prev, now):
		return prev, nil
	default:
		return d.lookInside(ctx, r, data, site.Key)
	}
	if sameObject(prev, now) && prev.Kind == r.Kind && prev.Fault == r.Fault {
		return prev, nil
	}
	return r, nil
}

// sameObject reports whether a record describes the object that is there now.
func sameObject(r ingest.Record, now ingest.Object) bool {
	return known(r) && !r.Gone && r.Fault.Code != ingest.CodeUnreadable && r.ETag == now.ETag && r.Size == now.Size && now.ETag != ""
}

// firstRead is enough for the header of nearly every PET slice.
const firstRead = 12 << 10

// gridOf returns the grid of a region source, zeros for what belongs to one.
func gridOf(r ingest.Record, data []byte) [3]int {
	if r.Kind != ingest.KindRegions {
		return [3]int{}
	}
	return regions.GridOf(r.Key, data)
}

// lookInside reads the header, asking for more of the object as needed.
func (d *Door) lookInside(ctx context.Context, r ingest.Record, prefix []byte, key ingest.Key) (ingest.Record, error) {
	found, need := d.Classify.Classify(prefix, r.Size)
	for need > int64(len(prefix)) && int64(len(prefix)) < r.Size && need <= d.Limits.headerBytes() {
		more, now, err := d.Store.ReadPrefix(ctx, r.Bucket, r.Key, need)
		if err != nil {
			return ingest.Record{}, err
		}
		if now.ETag != r.ETag || now.Size != r.Size {
			return ingest.Record{}, ingest.ErrConflict // overwritten between two reads
		}
		prefix = more
		found, need = d.Classify.Classify(prefix, r.Size)
	}
	if need > int64(len(prefix)) {
		found.Fault = ingest.Reason{Code: ingest.CodeTooLarge, Detail: "the header is longer than the limit allows"}
	}
	if !found.PET && d.Classify.HoldsRegions(found.Header.Strict.SOPClassUID) {
		return d.lookAtRegions(ctx, r)
	}
	r.Fault = found.Fault
	uid := found.Header.Strict.SeriesInstanceUID
	if !found.PET || uid == "" {
		return r, nil
	}
	soft := &found.Header.Soft
	if soft.PatientID != "" {
		soft.Subject = key.Token("subject", soft.PatientID)
		soft.PatientID = ""
	}
	r.Kind, r.Series, r.Token = ingest.KindSlice, key.SeriesToken(uid), ""
	r.Instance, r.Header = &found.Instance, &found.Header
	return r, nil
}

// lookAtRegions reads regions in DICOM as a whole, for their digest and for the
// frame of reference that says which series they belong to.
func (d *Door) lookAtRegions(ctx context.Context, r ingest.Record) (ingest.Record, error) {
	if r.Size > d.Limits.regionsBytes() {
		r.Fault = ingest.Reason{Code: ingest.CodeTooLarge, Detail: fmt.Sprintf("the regions of %d bytes are larger than the limit allows", r.Size)}
		return r, nil
	}
	data, now, err := d.Store.ReadPrefix(ctx, r.Bucket, r.Key, r.Size)
	switch {
	case err != nil:
		return ingest.Record{}, err
	case now.ETag != r.ETag || now.Size != r.Size:
		return ingest.Record{}, ingest.ErrConflict // overwritten between two reads
	}
	if r.Space, err = d.Classify.SpaceOf(data); err != nil {
		r.Fault = ingest.ReasonOf(err)
		return r, nil
	}
	sum := sha256.Sum256(data)
	r.Kind, r.Digest = ingest.KindRegions, hex.EncodeToString(sum[:])
	r.Grid = gridOf(r, data)
	return r, nil
}

// known reports whether the record came from the ledger.
func known(r ingest.Record) bool { return r.Seq > 0 || r.Packed }
