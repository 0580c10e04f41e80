package watch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/ingest/watch"
	"tacstream/ingest/watch/watchtest"
)

// A desk is a ledger, a Sink and a Queue in memory for one series. It keeps what
// was done. What a test changes in its fields is written into the ledger before
// that is read.
type desk struct {
	watchtest.Ledger
	watchtest.Queue
	records []ingest.Record // of the series; the ledger may hold more, which the desk has not seen
	regions []ingest.Record
	atlas   string
	plan    ingest.Plan
	made    ingest.Plan
	state   ingest.State
	done    []string
	jobs    []ingest.Job

	written map[string]ingest.Record // by key
	read    ingest.State
}

// write brings the ledger up to the fields.
func (d *desk) write() {
	ctx := context.Background()
	if d.written == nil {
		d.written = map[string]ingest.Record{}
	}
	regions := map[string]bool{}
	for _, r := range d.regions {
		regions[r.Key] = true
	}
	for key, r := range d.written {
		if r.Class() == ingest.ClassRegions && !regions[key] {
			r.Gone = true
			d.append(ctx, r)
		}
	}
	for _, r := range slices.Concat(d.records, d.regions) {
		d.append(ctx, r)
	}
	if !reflect.DeepEqual(d.state, d.read) {
		d.state.Series, d.state.Seq = "tok", d.read.Seq
		if err := d.SetState(ctx, d.state); err != nil {
			panic(err)
		}
	}
}

// append adds a record that the ledger does not have.
func (d *desk) append(ctx context.Context, r ingest.Record) {
	if reflect.DeepEqual(d.written[r.Key], r) {
		return
	}
	last, err := d.LastIn(ctx, r.Class(), r.Object)
	if err == nil {
		err = d.Append(ctx, r, last)
	}
	if err != nil {
		panic(err)
	}
	d.written[r.Key] = r
}

func (d *desk) RegionsNear(ctx context.Context, bucket, folder string) ([]ingest.Record, error) {
	d.write()
	return d.Ledger.RegionsNear(ctx, bucket, folder)
}

func (d *desk) Count(context.Context, ingest.Token) (int, error) { return len(d.records), nil }

// Load returns the records that the desk has seen.
func (d *desk) Load(ctx context.Context, series ingest.Token) ([]ingest.Record, error) {
	d.write()
	records, err := d.Ledger.Load(ctx, series)
	return slices.DeleteFunc(records, func(r ingest.Record) bool {
		return !slices.ContainsFunc(d.records, func(seen ingest.Record) bool { return seen.Key == r.Key })
	}), err
}

func (d *desk) State(ctx context.Context, s ingest.Token) (ingest.State, error) {
	d.write()
	return d.Ledger.State(ctx, s)
}

func (d *desk) SetState(ctx context.Context, s ingest.State) (err error) {
	if err := d.Ledger.SetState(ctx, s); err != nil {
		return err
	}
	d.state, err = d.Ledger.State(ctx, s.Series)
	d.read = d.state
	return err
}

func (d *desk) PublishOutcome(_ context.Context, o ingest.Outcome) error {
	d.done = append(d.done, string(o.Condition))
	return nil
}
func (d *desk) PublishUnusable(context.Context, ingest.Byproducts) (string, error) { return "", nil }
func (d *desk) Withdraw(_ context.Context, s ingest.State, why ingest.Reason) error {
	d.done = append(d.done, fmt.Sprintf("withdraw before %d", s.Revision))
	return nil
}
func (d *desk) MadeBy(context.Context, ingest.State) (ingest.Plan, error) { return d.made, nil }
func (d *desk) Progress(ingest.Outcome)                                   {}
func (d *desk) Enqueue(ctx context.Context, j ingest.Job) error {
	d.jobs = append(d.jobs, j)
	d.done = append(d.done, fmt.Sprintf("job %d", j.Revision))
	return d.Queue.Enqueue(ctx, j)
}
func (d *desk) Arm(ctx context.Context, s ingest.Token) error {
	d.done = append(d.done, "arm")
	return d.Queue.Arm(ctx, s)
}

func (d *desk) check(t *testing.T, quiet bool) string {
	t.Helper()
	d.done = nil
	j := watch.Judge{Book: d, Sink: d, Queue: d, Plan: func(ingest.Assembly, ingest.Plan) ingest.Plan {
		if d.plan.Settings != "" {
			return d.plan
		}
		return ingest.Plan{Protocol: []byte(`{}`), Settings: "s", ResultsVersion: "v", Atlas: d.atlas}
	}}
	if err := j.Check(t.Context(), "tok", quiet); err != nil {
		t.Fatal(err)
	}
	return strings.Join(d.done, ", ")
}

func region(key, digest string) ingest.Record {
	r := ingest.Record{Object: ingest.Object{Bucket: "inbox", Key: key}, Kind: ingest.KindRegions, Digest: digest}
	switch {
	case strings.HasSuffix(key, ".tsv"):
		r.Kind = ingest.KindLUT
	case strings.HasSuffix(key, "_xfm.txt"):
		r.Kind = ingest.KindTransform
	}
	return r
}

func withRegions(d *desk) *desk {
	d.regions = []ingest.Record{region("a/regions/x_dseg.nii.gz", "d1"), region("a/regions/x_dseg.tsv", "l1")}
	return d
}

func TestJudge(t *testing.T) {
	whole := wholeSeries(2, 3)
	steps := func(d *desk, steps ...func() string) func(t *testing.T) {
		return func(t *testing.T) {
			for i := 0; i < len(steps); i += 2 {
				if got, want := steps[i](), steps[i+1](); got != want {
					t.Errorf("step %d: did %q, want %q", i/2+1, got, want)
				}
			}
		}
	}
	says := func(s string) func() string { return func() string { return s } }

	t.Run("a series without regions waits and goes on when they come", func(t *testing.T) {
		d := &desk{records: whole}
		steps(d, func() string { return d.check(t, false) }, says("waiting"),
			func() string { withRegions(d); return d.check(t, false) }, says("ready, job 1"))(t)
	})
	t.Run("the same look makes the same job", func(t *testing.T) {
		d := withRegions(&desk{records: whole})
		d.check(t, false)
		d.check(t, false)
		if !d.jobs[0].Same(d.jobs[1]) {
			t.Errorf("jobs %v", d.jobs)
		}
	})
	t.Run("a job that is done is not made again", func(t *testing.T) {
		d := withRegions(&desk{records: whole})
		d.check(t, false)
		d.state.Done = 1
		if got := d.check(t, false); got != "ready" {
			t.Errorf("did %q", got)
		}
	})
	t.Run("a deleted slice withdraws, and coming back makes a new number", func(t *testing.T) {
		d := withRegions(&desk{records: append([]ingest.Record{}, whole...)})
		d.check(t, false)
		d.state.Done = 1
		d.records[3].Gone = true
		steps(d, func() string { return d.check(t, false) }, says("arm, withdraw before 2"),
			func() string { return d.check(t, true) }, says("incomplete, withdraw before 2"),
			func() string { d.records[3].Gone = false; return d.check(t, false) }, says("ready, job 3"))(t)
	})
	t.Run("an overwritten slice makes a new number", func(t *testing.T) {
		d := withRegions(&desk{records: append([]ingest.Record{}, whole...)})
		d.check(t, false)
		d.records[3].ETag = "changed"
		if got := d.check(t, false); got != "ready, job 2" {
			t.Errorf("did %q", got)
		}
	})
	t.Run("the same files under other keys change nothing", func(t *testing.T) {
		d := withRegions(&desk{records: append([]ingest.Record{}, whole...)})
		d.check(t, false)
		d.state.Done = 1
		for _, r := range whole {
			r.Key = "a/copies/" + r.Key
			d.records = append(d.records, r)
		}
		if got := d.check(t, false); got != "ready" || d.state.Revision != 1 {
			t.Errorf("did %q as number %d", got, d.state.Revision)
		}
	})
	t.Run("who has seen less does not judge over who has seen more", func(t *testing.T) {
		d := withRegions(&desk{records: whole})
		d.check(t, false)
		d.records = whole[:2]
		if got := d.check(t, false); got != "" {
			t.Errorf("did %q", got)
		}
	})
	t.Run("a missing slot is incomplete after the quiet time and stays so", func(t *testing.T) {
		d := withRegions(&desk{records: whole[:5]})
		steps(d, func() string { return d.check(t, false) }, says("arm"),
			func() string { return d.check(t, true) }, says("incomplete"),
			func() string { return d.check(t, false) }, says("incomplete"))(t)
	})
}

func TestTheNearestRegionsServe(t *testing.T) {
	lut := func(folder string) ingest.Record { return region(folder+"dseg.tsv", "l") }
	tests := []struct {
		name    string
		regions []ingest.Record
		folder  string
		want    string // digest of the image, "" for none
		others  int
	}{
		{"in the series' folder", []ingest.Record{region("s/pet/a_dseg.nii", "d1"), lut("s/pet/")}, "s/pet", "d1", 0},
		{"in a folder beside", []ingest.Record{region("s/regions/a_dseg.nii.gz", "d1"), lut("s/regions/")}, "s/pet", "d1", 0},
		{"at the top", []ingest.Record{region("a_dseg.nii", "d1"), lut("")}, "s/pet", "d1", 0},
		{"two folders aside is too far", []ingest.Record{region("s/x/y/a_dseg.nii", "d1"), lut("s/x/y/")}, "s/pet", "", 0},
		{"the nearer wins, though its digest is larger", []ingest.Record{region("a_dseg.nii", "d1"), lut(""), region("s/b_dseg.nii", "d2"), lut("s/")}, "s/pet", "d2", 0},
		{"the smaller digest wins, and the other is counted", []ingest.Record{region("s/b_dseg.nii", "d2"), region("s/a_dseg.nii", "d1"), lut("s/")}, "s/pet", "d1", 1},
		{"without a table it cannot serve", []ingest.Record{region("s/a_dseg.nii", "d1")}, "s/pet", "", 0},
		{"a table of another stem is none", []ingest.Record{region("s/a_dseg.nii", "d1"), region("s/b_dseg.tsv", "l")}, "s/pet", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{regions: test.regions}
			got, ok, _, err := watch.FindRegions(t.Context(), d, "inbox", []string{test.folder}, watch.Need{Space: "space"})
			if err != nil {
				t.Fatal(err)
			}
			if ok != (test.want != "") || got.Image.Digest != test.want || got.Others != test.others {
				t.Errorf("found %q with %d others, want %q with %d", got.Image.Digest, got.Others, test.want, test.others)
			}
		})
	}
}

// inDICOM is an object with regions in a frame of reference.
func inDICOM(key, digest, space string) ingest.Record {
	r := region(key, digest)
	r.Space = space
	return r
}

func TestRegionsOfTheSameFrameOfReferenceComeFirst(t *testing.T) {
	lut := region("s/dseg.tsv", "l")
	tests := []struct {
		name      string
		regions   []ingest.Record
		want      string // digest of the source, "" for none
		above     int
		others    int
		elsewhere int
	}{
		{"they need no table", []ingest.Record{inDICOM("s/pet/seg.dcm", "d1", "space")}, "d1", 0, 0, 0},
		{"they come before a label image beside them", []ingest.Record{region("s/a_dseg.nii", "d1"), lut, inDICOM("s/seg.dcm", "d2", "space")}, "d2", 1, 0, 0},
		{"but not before one that is nearer", []ingest.Record{region("s/a_dseg.nii", "d1"), lut, inDICOM("seg.dcm", "d2", "space")}, "d1", 1, 0, 0},
		{"another frame of reference never serves", []ingest.Record{inDICOM("s/pet/seg.dcm", "d1", "other")}, "", 0, 0, 1},
		{"and is counted where something else serves", []ingest.Record{region("s/a_dseg.nii", "d1"), lut, inDICOM("s/seg.dcm", "d2", "other")}, "d1", 1, 0, 1},
		{"but not where it lies farther away", []ingest.Record{region("s/a_dseg.nii", "d1"), lut, inDICOM("seg.dcm", "d2", "other")}, "d1", 1, 0, 0},
		{"the nearer wins", []ingest.Record{inDICOM("seg.dcm", "d1", "space"), inDICOM("s/pet/seg.dcm", "d2", "space")}, "d2", 0, 0, 0},
		{"the smaller digest wins, and the other is counted", []ingest.Record{inDICOM("s/rt.dcm", "d2", "space"), inDICOM("s/seg.dcm", "d1", "space")}, "d1", 1, 1, 0},
		{"a label image comes before nearer probabilities", []ingest.Record{region("s/a_dseg.nii", "d1"), lut, region("s/pet/a_label-GM_probseg.nii", "d2")}, "d1", 1, 0, 0},
		{"probabilities whose name says the region", []ingest.Record{region("s/a_label-GM_probseg.nii.gz", "d2")}, "d2", 1, 0, 0},
		{"probabilities with a table", []ingest.Record{region("s/a_probseg.nii.gz", "d2"), region("s/a_probseg.tsv", "l")}, "d2", 1, 0, 0},
		{"probabilities of nobody knows what", []ingest.Record{region("s/a_probseg.nii.gz", "d2"), lut}, "", 0, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok, _, err := watch.FindRegions(t.Context(), &desk{regions: test.regions}, "inbox", []string{"s/pet"}, watch.Need{Space: "space"})
			if err != nil {
				t.Fatal(err)
			}
			if ok != (test.want != "") || got.Image.Digest != test.want || got.Above != test.above || got.Others != test.others || got.Elsewhere != test.elsewhere {
				t.Errorf("found %q %d above, %d others, %d elsewhere", got.Image.Digest, got.Above, got.Others, got.Elsewhere)
			}
		})
	}
}

// Images of one region each that differ in nothing but its name serve together.
func TestProbabilitiesOfOneRegionEachAreASet(t *testing.T) {
	find := func(regions ...ingest.Record) watch.RegionSource {
		t.Helper()
		got, ok, _, err := watch.FindRegions(t.Context(), &desk{regions: regions}, "inbox", []string{"s/pet"}, watch.Need{})
		if err != nil || !ok {
			t.Fatalf("found %+v, %v", got, err)
		}
		return got
	}
	gray, white := region("s/a_label-GM_probseg.nii.gz", "d2"), region("s/a_label-WM_probseg.nii", "d1")
	got := find(white, gray, region("s/a_label-GM_probseg.nii", "d2"), region("s/b_label-CSF_probseg.nii", "d4"))
	if got.Image.Digest != "d2" || len(got.More) != 1 || got.More[0].Digest != "d1" || got.Others != 1 {
		t.Errorf("found %+v", got)
	}
	if got.Digest() != find(gray, white, region("s/b_label-CSF_probseg.nii", "d4")).Digest() {
		t.Error("the order matters")
	}
	if got.Digest() == find(gray, region("s/a_label-PVC_probseg.nii", "d1")).Digest() || find(gray).Digest() == find(region("s/a_label-WM_probseg.nii.gz", "d2")).Digest() {
		t.Error("the names do not matter")
	}
	if got := find(gray, white, region("s/a_label-GM_probseg.nii", "d3")); len(got.More) != 2 {
		t.Errorf("of two contents for one name one is left out: %+v", got)
	}
}

// Two images of a set that hold a region of one name are refused, and so no
// mean is one of both.
func TestOneNameForTwoImagesOfASetIsRefused(t *testing.T) {
	grid := ingest.Geometry{Size: [3]int{2, 1, 1}, Affine: ingest.Affine{{1}, {0, 1}, {0, 0, 1}}}
	image := func(index ...int32) []byte { return phantom.NIfTI(ingest.Labels{Geometry: grid, Index: index}) }
	bodies := map[string][]byte{
		"s/a_label-GM_probseg.nii": image(1, 0), "s/a_label-GM_probseg.nii.gz": image(0, 1), "s/a_label-WM_probseg.nii": image(1, 1),
	}
	open := func(_ context.Context, r ingest.Record) (io.ReadCloser, int64, error) {
		return io.NopCloser(bytes.NewReader(bodies[r.Key])), int64(len(bodies[r.Key])), nil
	}
	source := watch.RegionSource{Image: region("s/a_label-GM_probseg.nii", "d1")}
	source.More = []ingest.Record{region("s/a_label-WM_probseg.nii", "d3")}
	s, _, err := source.Read(t.Context(), open)
	if err != nil || len(s.Layers.Regions) != 2 || s.Layers.Regions[1].Index != 2 || s.Layers.Regions[1].Name != "WM" {
		t.Fatalf("two names: %+v, %v", s.Layers, err)
	}
	source.More = append(source.More, region("s/a_label-GM_probseg.nii.gz", "d2"))
	_, _, err = source.Read(t.Context(), open)
	want := "image 1 of the set and image 3 of the set both hold a region called GM"
	if why := ingest.ReasonOf(err); why.Code != ingest.CodeRegionsUnreadable ||
		!strings.Contains(why.Detail, want) || strings.Contains(why.Detail, "probseg") {
		t.Errorf("%v, want %q and no key", err, want)
	}
}

// Of sources that lie equally near one on the grid of the series serves.
func TestRegionsOnTheGridOfTheSeriesServeFirst(t *testing.T) {
	of := func(r ingest.Record, columns, rows, slices int) ingest.Record {
		r.Grid = [3]int{columns, rows, slices}
		return r
	}
	need := watch.Need{Space: "space", Grid: [3]int{128, 120, 63}}
	for name, c := range map[string]struct {
		regions []ingest.Record
		want    string
	}{
		"segmentations": {[]ingest.Record{of(inDICOM("s/a.dcm", "d1", "space"), 256, 256, 0), of(inDICOM("s/b.dcm", "d2", "space"), 128, 120, 0)}, "d2"},
		"label images":  {[]ingest.Record{of(region("s/a_dseg.nii", "d1"), 128, 120, 64), of(region("s/b_dseg.nii", "d2"), 128, 120, 63), region("s/dseg.tsv", "l")}, "d2"},
		"none is":       {[]ingest.Record{inDICOM("s/a.dcm", "d1", "space"), of(inDICOM("s/b.dcm", "d2", "space"), 120, 128, 0)}, "d1"},
	} {
		got, ok, _, err := watch.FindRegions(t.Context(), &desk{regions: c.regions}, "inbox", []string{"s"}, need)
		if err != nil || !ok || got.Image.Digest != c.want || got.Others != 1 {
			t.Errorf("%s: found %+v, %v", name, got, err)
		}
	}
}

func TestTheNearestToAnyFolderOfASeriesServes(t *testing.T) {
	d := &desk{regions: []ingest.Record{region("a_dseg.nii", "d1"), region("dseg.tsv", "l"), region("t/b_dseg.nii", "d2"), region("t/dseg.tsv", "l")}}
	for _, folders := range [][]string{{"s/x/pet", "t/pet"}, {"t/pet", "s/x/pet"}} {
		got, _, _, err := watch.FindRegions(t.Context(), d, "inbox", folders, watch.Need{})
		if err != nil || got.Image.Digest != "d2" || got.Above != 1 {
			t.Errorf("%v: found %q %d above, %v", folders, got.Image.Digest, got.Above, err)
		}
	}
}

func TestASeriesWithoutFrameOfReferenceTakesNoDICOMRegions(t *testing.T) {
	d := &desk{regions: []ingest.Record{inDICOM("s/seg.dcm", "d1", "space")}}
	if got, ok, _, err := watch.FindRegions(t.Context(), d, "inbox", []string{"s"}, watch.Need{}); err != nil || ok || got.Elsewhere != 1 {
		t.Errorf("found %+v, %v", got, err)
	}
}

// An atlas serves with a transform, once it is quiet, and gives way to regions
// of the series' own.
func TestAnAtlasServesOnceItIsQuiet(t *testing.T) {
	atlas := []ingest.Record{region("atlases/x/a_dseg.nii", "d0"), region("atlases/x/a_dseg.tsv", "l0")}
	d := &desk{records: wholeSeries(2, 3), regions: atlas, atlas: "atlases/x/a_dseg.nii"}
	if got := d.check(t, false); got != "waiting" {
		t.Errorf("without a transform: did %q", got)
	}
	d.regions = append(d.regions, region("a/x_from-atlas_to-pet_xfm.txt", "t"))
	if got := d.check(t, false); got != "waiting, arm" {
		t.Errorf("before it was quiet: did %q", got)
	}
	if got := d.check(t, true); got != "ready, job 1" {
		t.Errorf("when it was quiet: did %q", got)
	}
	d.state.Done = 1
	if got := d.check(t, false); got != "ready" {
		t.Errorf("afterwards: did %q", got)
	}
	d.regions = append(d.regions, region("a/regions/x_dseg.nii.gz", "d1"), region("a/regions/x_dseg.tsv", "l1"))
	if got := d.check(t, false); got != "ready, job 2" {
		t.Errorf("when regions of its own came: did %q", got)
	}
}

func TestAnAtlasAboveASeriesNeverServesWithoutATransform(t *testing.T) {
	d := &desk{regions: []ingest.Record{region("atlas/a_dseg.nii", "d0"), region("atlas/a_dseg.tsv", "l0")}}
	for _, quiet := range []bool{false, true} {
		need := watch.Need{Atlas: "atlas/a_dseg.nii", Quiet: quiet}
		if _, ok, _, err := watch.FindRegions(t.Context(), d, "inbox", []string{"s/pet"}, need); ok || err != nil {
			t.Errorf("quiet %v: it serves, %v", quiet, err)
		}
	}
}

func TestWaitingNamesRegionsOfAnotherFrameOfReference(t *testing.T) {
	d := &desk{records: wholeSeries(2, 3), regions: []ingest.Record{inDICOM("a/seg.dcm", "d1", "other")}}
	if got := d.check(t, false); got != "waiting" || !strings.Contains(d.state.Reason.Detail, "1 DICOM objects with regions lie there in another frame of reference") {
		t.Errorf("did %q for %v", got, d.state.Reason)
	}
}

func TestTheTableOfTheSameStemComesFirst(t *testing.T) {
	d := &desk{regions: []ingest.Record{region("s/a_dseg.nii.gz", "d"), region("s/dseg.tsv", "shared"), region("s/a_dseg.tsv", "own")}}
	got, _, _, err := watch.FindRegions(t.Context(), d, "inbox", []string{"s"}, watch.Need{Space: "space"})
	if err != nil || got.LUT.Digest != "own" {
		t.Errorf("took %q, %v", got.LUT.Digest, err)
	}
}
