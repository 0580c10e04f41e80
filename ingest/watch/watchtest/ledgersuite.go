package watchtest

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// TestLedger reports, as errors of t, what a ledger does otherwise than package
// watch relies on. Open returns an empty one each time.
func TestLedger(t *testing.T, open func(t *testing.T) Book) {
	for _, fact := range []struct {
		name  string
		holds func(*testing.T, Book)
	}{
		{"what is not there is no error", nothingThere},
		{"a record is found in its class and in any", recordsByClass},
		{"a record replaces the one it names and no other", recordsByCompareAndSet},
		{"of many first writers one succeeds", oneFirstWriter},
		{"an object that changes its class keeps a record in both", classesAreSeparate},
		{"a record is read as it was written", recordsReadBack},
		{"the state of a series is replaced by compare-and-set", statesByCompareAndSet},
		{"the members of an examination are replaced by compare-and-set", membersByCompareAndSet},
		{"regions are found in a folder and one below", regionsNear},
		{"regions beside series of their own serve nobody else", regionsOfOthers},
		{"regions that are gone are not found", regionsGone},
		{"series are found by where they look for regions", seriesNear},
		{"of regions and a series that come at once, one sees the other", meetInPassing},
	} {
		t.Run(fact.name, func(t *testing.T) { fact.holds(t, open(t)) })
	}
}

// object returns an object of the bucket that all facts are about.
func object(key string) ingest.Object {
	return ingest.Object{Bucket: "inbox", Key: key, ETag: "e", Size: 10}
}

// slice returns the record of an instance of a series.
func slice(series ingest.Token, key string) ingest.Record {
	return ingest.Record{
		Object: object(key), Kind: ingest.KindSlice, Site: "site", Series: series,
		Instance: &ingest.Instance{SOPInstanceUID: "1." + key, Duration: time.Minute},
		Header:   &ingest.Header{Strict: ingest.Strict{SeriesInstanceUID: "1.2", Rows: 4}},
	}
}

// regions returns the record of a region source.
func regions(key string) ingest.Record {
	return ingest.Record{Object: object(key), Kind: ingest.KindRegions, Digest: "d"}
}

// other returns the record of an object that serves for nothing.
func other(key string) ingest.Record {
	return ingest.Record{Object: object(key), Kind: ingest.KindOther, Token: "tok", Fault: ingest.Reason{Code: ingest.CodeNotPET}}
}

// add appends records of which there must be none before.
func add(t *testing.T, b Book, records ...ingest.Record) {
	t.Helper()
	for _, r := range records {
		if err := b.Append(t.Context(), r, 0); err != nil {
			t.Fatalf("%s: %v", r.Key, err)
		}
	}
}

// replace appends a record over the one that its class has.
func replace(t *testing.T, b Book, r ingest.Record) {
	t.Helper()
	last, err := b.LastIn(t.Context(), r.Class(), r.Object)
	if err == nil {
		err = b.Append(t.Context(), r, last)
	}
	if err != nil {
		t.Fatalf("%s: %v", r.Key, err)
	}
}

func nothingThere(t *testing.T, b Book) {
	ctx := t.Context()
	if r, err := b.Find(ctx, object("a/1")); err != nil || !reflect.DeepEqual(r, ingest.Record{}) {
		t.Errorf("Find: %+v, %v", r, err)
	}
	if seq, err := b.LastIn(ctx, ingest.ClassOther, object("a/1")); err != nil || seq != 0 {
		t.Errorf("LastIn: %d, %v", seq, err)
	}
	if n, err := b.Count(ctx, "one"); err != nil || n != 0 {
		t.Errorf("Count: %d, %v", n, err)
	}
	if list, err := b.Load(ctx, "one"); err != nil || len(list) > 0 {
		t.Errorf("Load: %v, %v", list, err)
	}
	if s, err := b.State(ctx, "one"); err != nil || !reflect.DeepEqual(s, ingest.State{Series: "one"}) {
		t.Errorf("State: %+v, %v; want the zero state with the series' name", s, err)
	}
	if list, err := b.Members(ctx, "exam"); err != nil || len(list) > 0 {
		t.Errorf("Members: %v, %v", list, err)
	}
	if list, err := b.RegionsNear(ctx, "inbox", "a"); err != nil || len(list) > 0 {
		t.Errorf("RegionsNear: %v, %v", list, err)
	}
	if list, err := b.SeriesNear(ctx, "inbox", "a"); err != nil || len(list) > 0 {
		t.Errorf("SeriesNear: %v, %v", list, err)
	}
	if err := b.Unwatch(ctx, "inbox", "a", "one"); err != nil {
		t.Errorf("Unwatch: %v", err)
	}
}

func recordsByClass(t *testing.T, b Book) {
	ctx := t.Context()
	all := []ingest.Record{slice("one", "a/1"), slice("one", "a/2"), slice("two", "a/3"), regions("a/x_dseg.nii"), other("a/readme.txt")}
	add(t, b, all...)
	for _, r := range all {
		found, err := b.Find(ctx, r.Object)
		if err != nil || found.Object != r.Object || found.Kind != r.Kind || found.Series != r.Series {
			t.Errorf("%s: found %+v, %v", r.Key, found, err)
		}
		other := r.Object
		other.Bucket = "outbox"
		if found, err := b.Find(ctx, other); err != nil || found.Kind != "" {
			t.Errorf("%s in another bucket: %+v, %v", r.Key, found, err)
		}
	}
	for series, want := range map[ingest.Token][]string{"one": {"a/1", "a/2"}, "two": {"a/3"}, "three": nil} {
		if got := keysOf(t, b, series); !slices.Equal(got, want) {
			t.Errorf("series %s holds %v, want %v", series, got, want)
		}
		if n, err := b.Count(ctx, series); err != nil || n != len(want) {
			t.Errorf("series %s counts %d, %v; want %d", series, n, err, len(want))
		}
	}
}

// keysOf returns the keys of the records of a series, sorted.
func keysOf(t *testing.T, b Book, series ingest.Token) (keys []string) {
	t.Helper()
	records, err := b.Load(t.Context(), series)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	slices.Sort(keys)
	return keys
}

func recordsByCompareAndSet(t *testing.T, b Book) {
	ctx := t.Context()
	r := slice("one", "a/1")
	add(t, b, r)
	first, err := b.LastIn(ctx, "one", r.Object)
	if err != nil {
		t.Fatal(err)
	}
	r.ETag = "second"
	replace(t, b, r)
	second, err := b.LastIn(ctx, "one", r.Object)
	if err != nil || second > 0 && second <= first {
		t.Fatalf("the second record is %d after %d, %v", second, first, err)
	}
	r.ETag = "late"
	for _, last := range []uint64{first, second + 1} {
		if last == second {
			continue // a packed record has no Seq of its own
		}
		if err := b.Append(ctx, r, last); !errors.Is(err, ingest.ErrConflict) {
			t.Errorf("a record over %d where %d is last: %v, want ErrConflict", last, second, err)
		}
	}
	records, err := b.Load(ctx, "one")
	if err != nil || len(records) != 1 || records[0].ETag != "second" {
		t.Errorf("loaded %+v, %v; want the second record alone", records, err)
	}
	r.Gone = true
	replace(t, b, r)
	if found, err := b.Find(ctx, r.Object); err != nil || !found.Gone {
		t.Errorf("a deletion: found %+v, %v", found, err)
	}
	if records, err := b.Load(ctx, "one"); err != nil || len(records) != 1 || !records[0].Gone {
		t.Errorf("a deletion: loaded %+v, %v", records, err)
	}
}

func oneFirstWriter(t *testing.T, b Book) {
	const writers = 8
	ctx := t.Context()
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			r := other("a/1")
			r.Size = int64(i)
			switch err := b.Append(ctx, r, 0); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, ingest.ErrConflict):
				lost.Add(1)
			default:
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != writers-1 {
		t.Errorf("%d succeeded and %d were told of a conflict, want 1 and %d", won.Load(), lost.Load(), writers-1)
	}
}

func classesAreSeparate(t *testing.T, b Book) {
	ctx := t.Context()
	r := slice("one", "a/1")
	add(t, b, r, slice("two", "a/1")) // nothing of this object is in the second class yet
	if found, err := b.Find(ctx, r.Object); err != nil || found.Series != "two" {
		t.Errorf("found %+v, %v; want the newer record", found, err)
	}
	r.Gone = true
	replace(t, b, r)
	if got := keysOf(t, b, "two"); !slices.Equal(got, []string{"a/1"}) {
		t.Errorf("series two holds %v", got)
	}
	if found, err := b.Find(ctx, r.Object); err != nil || found.Seq > 0 && found.Series == "" {
		t.Errorf("found %+v, %v", found, err)
	}
}

func recordsReadBack(t *testing.T, b Book) {
	want := slice("one", "a/1")
	add(t, b, want)
	got, err := b.Find(t.Context(), want.Object)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := b.Load(t.Context(), "one")
	if err != nil || len(loaded) != 1 {
		t.Fatalf("%v, %v", loaded, err)
	}
	if got.Seq != loaded[0].Seq && !got.Packed {
		t.Errorf("found as %d, loaded as %d", got.Seq, loaded[0].Seq)
	}
	for _, r := range []ingest.Record{got, loaded[0]} {
		r.Seq, r.Packed = 0, false
		if !reflect.DeepEqual(r, want) {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
}

func statesByCompareAndSet(t *testing.T, b Book) {
	ctx := t.Context()
	s := ingest.State{Series: "one", Site: "site", Revision: 1, Condition: ingest.Ready}
	if err := b.SetState(ctx, s); err != nil {
		t.Fatal(err)
	}
	if err := b.SetState(ctx, s); !errors.Is(err, ingest.ErrConflict) {
		t.Errorf("a second first state: %v, want ErrConflict", err)
	}
	read, err := b.State(ctx, "one")
	if err != nil || read.Revision != 1 || read.Condition != ingest.Ready || read.Seq == 0 {
		t.Fatalf("%+v, %v", read, err)
	}
	late := read
	read.Revision = 2
	if err := b.SetState(ctx, read); err != nil {
		t.Fatal(err)
	}
	late.Revision = 3
	if err := b.SetState(ctx, late); !errors.Is(err, ingest.ErrConflict) {
		t.Errorf("over a state that was replaced: %v, want ErrConflict", err)
	}
	if now, err := b.State(ctx, "one"); err != nil || now.Revision != 2 || now.Seq <= read.Seq {
		t.Errorf("%+v, %v; want revision 2", now, err)
	}
	if beside, err := b.State(ctx, "two"); err != nil || beside.Seq != 0 {
		t.Errorf("another series: %+v, %v", beside, err)
	}
}

func membersByCompareAndSet(t *testing.T, b Book) {
	ctx := t.Context()
	for _, m := range []watch.Member{{Series: "one", Whole: true, Space: "1.2"}, {Series: "two"}} {
		if err := b.SetMember(ctx, "exam", m); err != nil {
			t.Fatal(err)
		}
		if err := b.SetMember(ctx, "exam", m); !errors.Is(err, ingest.ErrConflict) {
			t.Errorf("%s: a second first note: %v, want ErrConflict", m.Series, err)
		}
	}
	members := membersOf(t, b, "exam")
	if len(members) != 2 || members[0].Series != "one" || !members[0].Whole || members[0].Space != "1.2" || members[1].Series != "two" {
		t.Fatalf("%+v", members)
	}
	one := members[0]
	one.Whole = false
	if err := b.SetMember(ctx, "exam", one); err != nil {
		t.Fatal(err)
	}
	if err := b.SetMember(ctx, "exam", one); !errors.Is(err, ingest.ErrConflict) {
		t.Errorf("over a note that was replaced: %v, want ErrConflict", err)
	}
	if members := membersOf(t, b, "exam"); len(members) != 2 || members[0].Whole || members[0].Seq <= one.Seq {
		t.Errorf("%+v", members)
	}
	if members := membersOf(t, b, "another"); len(members) != 0 {
		t.Errorf("another examination: %+v", members)
	}
}

// membersOf returns the members of an examination by their names.
func membersOf(t *testing.T, b Book, examination string) []watch.Member {
	t.Helper()
	members, err := b.Members(t.Context(), examination)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(members, func(a, b watch.Member) int { return cmp.Compare(a.Series, b.Series) })
	return members
}
