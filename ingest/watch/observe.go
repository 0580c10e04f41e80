package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tacstream/ingest"
)

// Observe looks at the object that a notice names and appends what it finds
// to the ledger. Truth is what the store holds now, never the notice.
//
// A key that can be read in two ways names one object or the other, so both
// are looked at.
func (d *Door) Observe(ctx context.Context, n ingest.Notice) (Change, error) {
	change, err := d.settle(ctx, n)
	if n.AltKey == "" || n.AltKey == n.Key || err != nil && !errors.Is(err, ingest.ErrUnsure) && !errors.Is(err, ingest.ErrUnreadable) {
		return change, err
	}
	// One of the two readings names nothing, so that its absence is no news as
	// long as the other is there.
	alt := n
	alt.Key, alt.AltKey = n.AltKey, ""
	other, otherErr := d.settle(ctx, alt)
	switch {
	case otherErr != nil && !errors.Is(otherErr, ingest.ErrUnsure) && !errors.Is(otherErr, ingest.ErrUnreadable):
		return Change{}, otherErr
	case lost(err) || lost(otherErr):
		return Change{}, errors.Join(err, otherErr)
	case err != nil && otherErr != nil:
		return Change{}, err
	case err != nil:
		return other, nil
	case otherErr != nil, len(other.Series) == 0 && !other.RegionsIn && !other.Unusable:
		return change, nil
	}
	other.Series = append(other.Series, change.Series...)
	return other, nil
}

// errLost is ErrUnsure of an object that was there.
var errLost = fmt.Errorf("one that was there: %w", ingest.ErrUnsure)

func lost(err error) bool { return errors.Is(err, errLost) }

// absence decides what an answer says that there is no such object. A store may
// be wrong about it for a moment, and a withdrawn result is not undone by the
// next look: unless the notice speaks of a deletion, more looks are needed.
func absence(n ingest.Notice, prev ingest.Record) error {
	switch {
	case n.Gone || n.Sure:
		return nil
	case known(prev) && !prev.Gone:
		return errLost
	}
	return ingest.ErrUnsure
}

// settle looks until nobody wrote in between.
func (d *Door) settle(ctx context.Context, n ingest.Notice) (Change, error) {
	for range maxConflicts {
		change, err := d.observe(ctx, n)
		if !errors.Is(err, ingest.ErrConflict) {
			return change, err
		}
	}
	return Change{}, fmt.Errorf("object %s: %w", ingest.Object{Bucket: n.Bucket, Key: n.Key}.ID(), ingest.ErrConflict)
}

func (d *Door) observe(ctx context.Context, n ingest.Notice) (Change, error) {
	obj := ingest.Object{Bucket: n.Bucket, Key: n.Key}
	site, ok := d.Sites.Of(n.Bucket, n.Key)
	if ingest.Ours(n.Key) {
		return Change{}, nil
	}
	// The ledger is read before the store: if another look comes between,
	// the append below conflicts and everything is read again.
	prev, err := d.Ledger.Find(ctx, obj)
	if err != nil {
		return Change{}, err
	}
	now, err := d.look(ctx, obj, site, ok, prev)
	if errors.Is(err, ingest.ErrGone) {
		now, err = gone(prev), absence(n, prev)
	}
	if err == nil {
		err = d.write(ctx, prev, now)
	}
	if err != nil {
		return Change{}, err
	}
	return changeOf(prev, now), nil
}

// Unreadable records that the store does not hand an object out, so that people
// see it and a listing knows it; why must say it with CodeUnreadable. An object
// that is in the ledger stays as it is there, unless tacstream's own store or
// listing says that it is another one by now: an answer of no use must withdraw
// nothing. Listings have it looked at again until it can be read.
func (d *Door) Unreadable(ctx context.Context, n ingest.Notice, why ingest.Reason) (Change, error) {
	for range maxConflicts {
		change, err := d.unreadable(ctx, n, why)
		if !errors.Is(err, ingest.ErrConflict) {
			return change, err
		}
	}
	return Change{}, fmt.Errorf("object %s: %w", ingest.Object{Bucket: n.Bucket, Key: n.Key}.ID(), ingest.ErrConflict)
}

func (d *Door) unreadable(ctx context.Context, n ingest.Notice, why ingest.Reason) (Change, error) {
	obj := ingest.Object{Bucket: n.Bucket, Key: n.Key, ETag: n.ETag, Size: n.Size}
	site, mapped := d.Sites.Of(n.Bucket, n.Key)
	prev, err := d.Ledger.Find(ctx, obj)
	if err != nil {
		return Change{}, err
	}
	there := known(prev) && !prev.Gone
	stated := n.Size > 0 && n.ETag != "" // foreign senders' ETags may be in another form
	switch {
	case n.Gone && !there, ingest.Ours(n.Key):
		return Change{}, nil
	case there && (!stated || n.ETag == prev.ETag && n.Size == prev.Size):
		return changeOf(prev, prev), nil
	}
	now := ingest.Record{Object: obj, Site: site.Site, Kind: ingest.KindOther, Fault: why}
	if mapped {
		now.Token = site.Key.Token("object", obj.Bucket+"\x00"+obj.Key)
	}
	if err := d.write(ctx, prev, now); err != nil {
		return Change{}, err
	}
	return changeOf(prev, now), nil
}

// gone is the record of an object that is no longer there.
func gone(prev ingest.Record) ingest.Record {
	now := prev
	now.Gone, now.Fault, now.Instance, now.Header, now.ETag = true, ingest.Reason{}, nil, nil, ""
	return now
}

// changeOf names everything that prev and now belong to.
func changeOf(prev, now ingest.Record) Change {
	t := Change{Bucket: now.Bucket, Folder: now.Folder()}
	for _, r := range []ingest.Record{prev, now} {
		for _, s := range []ingest.Token{r.Series, r.From} {
			if s != "" && !slices.Contains(t.Series, s) {
				t.Series = append(t.Series, s)
			}
		}
		switch r.Kind {
		case ingest.KindRegions, ingest.KindLUT, ingest.KindTransform:
			t.RegionsIn = true
		}
	}
	t.Unusable = now.Kind == ingest.KindOther && !now.Gone && !now.Stated
	return t
}

// write appends now unless the ledger holds it already. An object that is now
// of another class leaves a Gone record in its old one first, so that a death
// in between is mended by the next look.
func (d *Door) write(ctx context.Context, prev, now ingest.Record) error {
	switch {
	case !known(prev) && now.Gone:
		return nil
	case !known(prev):
		return d.Ledger.Append(ctx, now, 0)
	case prev.Gone == now.Gone && prev.Size == now.Size && prev.ETag == now.ETag && prev.Class() == now.Class() && prev.Fault == now.Fault:
		return nil
	case prev.Class() == now.Class():
		return d.Ledger.Append(ctx, now, prev.Seq)
	}
	if !prev.Gone {
		if err := d.Ledger.Append(ctx, gone(prev), prev.Seq); err != nil {
			return err
		}
	}
	now.From = prev.Series
	last, err := d.Ledger.LastIn(ctx, now.Class(), now.Object)
	if err != nil {
		return err
	}
	return d.Ledger.Append(ctx, now, last)
}
