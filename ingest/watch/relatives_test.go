package watch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/watch"
	"tacstream/ingest/watch/watchtest"
)

// A scanPart is a series of two frames of a minute each and two slices.
type scanPart struct {
	name     string
	start    time.Duration // after firstFrame
	study    string
	injected time.Duration // after firstFrame; none where at is false
	unknown  bool          // the header has no injection
	recon    string
	site     ingest.Site
}

func (p scanPart) records() []ingest.Record {
	records := wholeSeries(2, 2)
	head := *records[0].Header
	head.Strict.SeriesInstanceUID = "1.2." + p.name
	head.Strict.FrameOfReferenceUID = "1.9"
	head.Soft.StudyInstanceUID = "1.5" + p.study
	head.Soft.ReconMethod = p.recon
	if head.Soft.Injection = firstFrame.Add(p.injected); p.unknown {
		head.Soft.Injection = time.Time{}
	}
	for i := range records {
		r := &records[i]
		r.Header, r.Series, r.Key = &head, ingest.Token(p.name), p.name+"/"+r.Key
		r.ETag = p.name + r.ETag
		r.Site = ingest.Site("local" + string(p.site))
		r.Instance.SOPInstanceUID += "." + p.name
		r.Instance.AcquisitionTime = r.Instance.AcquisitionTime.Add(p.start)
	}
	return records
}

func (p scanPart) assembly(t testing.TB) ingest.Assembly {
	t.Helper()
	a, out := ingest.Assess(ingest.Token(p.name), p.records(), false)
	if out.Condition != ingest.Ready {
		t.Fatalf("%s: %+v", p.name, out)
	}
	return a
}

func TestKin(t *testing.T) {
	const minute = time.Minute
	first, second, third := scanPart{name: "a"}, scanPart{name: "b", start: 2 * minute}, scanPart{name: "c", start: 30 * minute}
	with := func(p scanPart, change func(*scanPart)) scanPart { change(&p); return p }
	tests := []struct {
		name string
		all  []scanPart
		want []string // lead > parts | twins, of each
	}{
		{"one series", []scanPart{first}, []string{"> |"}},
		{"two parts", []scanPart{first, second}, []string{"> b|", "a> |"}},
		{"three parts, a pause before the last", []scanPart{third, first, second}, []string{"a> |", "> bc|", "a> |"}},
		{"a missing part in the middle", []scanPart{first, third}, []string{"> c|", "a> |"}},
		{"another injection", []scanPart{first, with(second, func(p *scanPart) { p.injected = 2 * minute })}, []string{"> |", "> |"}},
		{"injection times a few seconds apart", []scanPart{first, with(second, func(p *scanPart) { p.injected = 5 * time.Second })}, []string{"> b|", "a> |"}},
		{"no injection times: nobody knows", []scanPart{with(first, func(p *scanPart) { p.unknown = true }), with(second, func(p *scanPart) { p.unknown = true })}, []string{"> |", "> |"}},
		{"another study", []scanPart{first, with(second, func(p *scanPart) { p.study = ".7" })}, []string{"> |", "> |"}},
		{"another site", []scanPart{first, with(second, func(p *scanPart) { p.site = "-b" })}, []string{"> |", "> |"}},
		{"another reconstruction of the later part", []scanPart{first, with(second, func(p *scanPart) { p.recon = "FBP" })}, []string{"> |", "> |"}},
		{"hours later", []scanPart{first, with(second, func(p *scanPart) { p.start = 7 * time.Hour })}, []string{"> |", "> |"}},
		{"two reconstructions", []scanPart{first, with(first, func(p *scanPart) { p.name, p.recon = "f", "FBP" })}, []string{"> |f", "> |a"}},
		{
			"two reconstructions of two parts",
			[]scanPart{first, second, with(first, func(p *scanPart) { p.name, p.recon = "f", "FBP" }), with(second, func(p *scanPart) { p.name, p.recon = "g", "FBP" })},
			[]string{"> b|f", "a> |g", "> g|a", "f> |b"},
		},
		{
			"two reconstructions with one name: nobody knows which goes on",
			[]scanPart{first, second, with(first, func(p *scanPart) { p.name = "f" })},
			[]string{"> |f", "> |", "> |a"},
		},
		{"frames that overlap", []scanPart{first, with(second, func(p *scanPart) { p.start = minute })}, []string{"> |", "> |"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []ingest.Assembly
			for _, p := range tt.all {
				all = append(all, p.assembly(t))
			}
			for i, a := range all {
				others := slices.Delete(slices.Clone(all), i, i+1)
				rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
				if got := kinString(watch.RelativesOf(a, others)); got != tt.want[i] {
					t.Errorf("%s: %q, want %q", a.Series, got, tt.want[i])
				}
			}
		})
	}
}

func kinString(k watch.Relatives) string {
	text := string(k.Lead) + "> "
	for _, p := range k.Parts {
		text += string(p.Series)
	}
	text += "|"
	for _, t := range k.Twins {
		text += string(t)
	}
	return text
}

// A room is a ledger, a Sink and a Queue in memory for several series.
type room struct {
	*watchtest.Ledger
	*watchtest.Queue
	results map[ingest.Token]string
	said    map[ingest.Token]ingest.Outcome
	dies    int // so many calls from now
}

// newRoom returns a room with regions for every series.
func newRoom() *room {
	r := emptyRoom()
	r.append(regionsAt("")...)
	return r
}

func emptyRoom() *room {
	r := &room{
		Ledger: &watchtest.Ledger{}, Queue: &watchtest.Queue{},
		results: map[ingest.Token]string{}, said: map[ingest.Token]ingest.Outcome{}, dies: -1,
	}
	r.After = r.at
	return r
}

// regionsAt returns a label image and its table in a folder.
func regionsAt(folder string) []ingest.Record {
	return []ingest.Record{region(folder+"dseg.nii.gz", "d1"), region(folder+"dseg.tsv", "l1")}
}

var errDied = fmt.Errorf("killed here")

// at dies where it is told to.
func (r *room) at() error {
	if r.dies == 0 {
		return errDied
	}
	r.dies--
	return nil
}

// append adds records, each over the one that the ledger has.
func (r *room) append(records ...ingest.Record) {
	ctx := context.Background()
	for _, one := range records {
		last, err := r.LastIn(ctx, one.Class(), one.Object)
		if err == nil {
			err = r.Append(ctx, one, last)
		}
		if err != nil {
			panic(err)
		}
	}
}

func (r *room) put(p scanPart) { r.append(p.records()...) }

// change replaces one record of a series.
func (r *room) change(series ingest.Token, i int, change func(*ingest.Record)) {
	records, err := r.Load(context.Background(), series)
	if err != nil {
		panic(err)
	}
	change(&records[i])
	r.append(records[i])
}

func (r *room) delete(series ingest.Token, i int) {
	r.change(series, i, func(r *ingest.Record) { r.Gone = true })
}

// stateOf returns the state of a series.
func (r *room) stateOf(s ingest.Token) ingest.State {
	state, err := r.State(context.Background(), s)
	if err != nil {
		panic(err)
	}
	return state
}

func (r *room) PublishOutcome(_ context.Context, o ingest.Outcome) error {
	r.said[o.Series] = o
	return r.at()
}
func (r *room) PublishUnusable(context.Context, ingest.Byproducts) (string, error) { return "", r.at() }
func (r *room) Withdraw(_ context.Context, s ingest.State, _ ingest.Reason) error {
	delete(r.results, s.Series)
	return r.at()
}
func (r *room) MadeBy(context.Context, ingest.State) (ingest.Plan, error) { return ingest.Plan{}, nil }
func (r *room) Progress(ingest.Outcome)                                   {}
func (r *room) Enqueue(ctx context.Context, j ingest.Job) error {
	if err := r.Queue.Enqueue(ctx, j); err != nil {
		return err
	}
	r.results[j.Series] = fmt.Sprintf("job %d", j.Revision)
	return r.at()
}
func (r *room) Arm(ctx context.Context, s ingest.Token) error {
	return errors.Join(r.Queue.Arm(ctx, s), r.at())
}

// seen says what stands of a series, and of what its result rests on.
func (r *room) seen(s ingest.Token) string {
	state := r.stateOf(s)
	text := fmt.Sprintf("%s %s", s, state.Condition)
	if r.results[s] != "" && state.Look != "" {
		text += " fitted"
	}
	for _, p := range state.Parts {
		text += " with " + string(p)
	}
	if state.Lead != "" {
		text += " to " + string(state.Lead)
	}
	if said := r.said[s]; state.Condition != ingest.Receiving && (said.Condition != state.Condition || !slices.Equal(said.Parts, state.Parts)) {
		text += fmt.Sprintf(", though it was said to be %s with %v", said.Condition, said.Parts)
	}
	return text
}

// aPlan is the plan of every series.
func aPlan(ingest.Assembly, ingest.Plan) ingest.Plan {
	return ingest.Plan{Protocol: []byte(`{}`), Settings: "s", ResultsVersion: "v"}
}

func (r *room) check(t *testing.T, s ingest.Token, quiet bool) {
	t.Helper()
	j := watch.Judge{Book: r, Sink: r, Queue: r, Plan: aPlan}
	if err := j.Check(t.Context(), s, quiet); err != nil {
		t.Fatal(err)
	}
}

// Whatever the order in which parts come, they end joined to the first.
func TestPartsAreJoinedInAnyOrder(t *testing.T) {
	parts := []scanPart{{name: "a"}, {name: "b", start: 2 * time.Minute}, {name: "c", start: 4 * time.Minute}}
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		r := newRoom()
		for _, i := range order {
			r.put(parts[i])
			r.check(t, ingest.Token(parts[i].name), false)
		}
		got := r.seen("a") + "; " + r.seen("b") + "; " + r.seen("c")
		if want := "a ready fitted with b with c; b joined to a; c joined to a"; got != want {
			t.Errorf("%v: %s, want %s", order, got, want)
		}
		r.delete("a", 0)
		r.check(t, "a", false)
		got = r.seen("a") + "; " + r.seen("b") + "; " + r.seen("c")
		if want := "a receiving; b ready fitted with c; c joined to b"; got != want {
			t.Errorf("%v, without a slice of the first: %s, want %s", order, got, want)
		}
	}
}

// Regions that come after a part do not keep it from being joined.
func TestAPartIsJoinedAfterItWasJudgedByRegions(t *testing.T) {
	r := emptyRoom()
	r.put(scanPart{name: "b", start: 2 * time.Minute})
	r.check(t, "b", false)
	r.append(regionsAt("")...)
	r.check(t, "b", false)
	r.put(scanPart{name: "a"})
	r.check(t, "a", false)
	if got, want := r.seen("a")+"; "+r.seen("b"), "a ready fitted with b; b joined to a"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Regions that lie beside a part serve the whole, as long as the part is there.
func TestRegionsBesideAPartServeTheWhole(t *testing.T) {
	r := emptyRoom()
	r.put(scanPart{name: "a"})
	r.put(scanPart{name: "b", start: 2 * time.Minute})
	r.append(regionsAt("b/a/pet/")...) // the folder of the second part
	r.check(t, "a", false)
	r.check(t, "b", false)
	if got, want := r.seen("a")+"; "+r.seen("b"), "a ready fitted with b; b joined to a"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	r.delete("b", 0)
	r.check(t, "b", false)
	r.check(t, "a", true)
	if got, want := r.seen("a")+"; "+r.seen("b"), "a waiting; b receiving"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A part that changes makes a new number of the whole.
func TestAChangedPartIsANewInputOfTheWhole(t *testing.T) {
	r := newRoom()
	r.put(scanPart{name: "a"})
	r.put(scanPart{name: "b", start: 2 * time.Minute})
	r.check(t, "a", false)
	r.check(t, "b", false)
	before := r.stateOf("a").Revision
	r.change("b", 1, func(r *ingest.Record) { r.ETag = "changed" })
	r.check(t, "b", false)
	if got := r.stateOf("a").Revision; got != before+1 {
		t.Errorf("number %d after %d", got, before)
	}
	r.check(t, "b", false)
	r.check(t, "a", false)
	if got := r.stateOf("a").Revision; got != before+1 {
		t.Errorf("nothing changed, and the number is %d", got)
	}
}

// A check that dies anywhere is done again, and then everything is as if it
// had not died.
func TestJoiningSurvivesDeathAnywhere(t *testing.T) {
	for dies := range 80 {
		r := newRoom()
		r.put(scanPart{name: "b", start: 2 * time.Minute})
		r.check(t, "b", false)
		r.put(scanPart{name: "a"})
		r.dies = dies
		j := watch.Judge{Book: r, Sink: r, Queue: r, Plan: aPlan}
		err := j.Check(t.Context(), "a", false)
		r.dies = -1
		if err != nil {
			r.check(t, "a", false)
		}
		if got, want := r.seen("a")+"; "+r.seen("b"), "a ready fitted with b; b joined to a"; got != want {
			t.Errorf("killed at call %d: %s, want %s", dies, got, want)
		}
		r.delete("a", 0)
		r.dies = dies
		err = j.Check(t.Context(), "a", false)
		r.dies = -1
		if err != nil {
			r.check(t, "a", false)
		}
		if got, want := r.seen("a")+"; "+r.seen("b"), "a receiving; b ready fitted"; !strings.HasPrefix(got, want) {
			t.Errorf("deleted, killed at call %d: %s, want %s", dies, got, want)
		}
	}
}

// A series whose header leaves the counts out is whole once it is quiet, and
// stays so when another part comes.
func TestAPartWithoutCountsStaysWhole(t *testing.T) {
	r := newRoom()
	uncounted := scanPart{name: "a"}.records()
	for _, one := range uncounted { // they share their header
		one.Header.Strict.NumberOfSlices, one.Header.Strict.NumberOfTimeSlices = 0, 0
	}
	r.append(uncounted...)
	r.check(t, "a", false)
	if got := r.seen("a"); got != "a receiving" {
		t.Error(got)
	}
	r.check(t, "a", true)
	r.put(scanPart{name: "b", start: 2 * time.Minute})
	r.check(t, "b", false)
	if got, want := r.seen("a")+"; "+r.seen("b"), "a ready fitted with b; b joined to a"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Reconstructions of one acquisition stay apart, and each names the other.
func TestTwinsNameEachOther(t *testing.T) {
	r := newRoom()
	r.put(scanPart{name: "a"})
	r.check(t, "a", false)
	number := r.stateOf("a").Revision
	r.put(scanPart{name: "f", recon: "FBP"})
	r.check(t, "f", false)
	if a, f := r.said["a"].Twins, r.said["f"].Twins; !slices.Equal(a, []ingest.Token{"f"}) || !slices.Equal(f, []ingest.Token{"a"}) {
		t.Errorf("a names %v, f names %v", a, f)
	}
	if r.stateOf("a").Revision != number {
		t.Error("another reconstruction makes a new input of the first")
	}
}
