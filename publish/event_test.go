package publish_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/publish"
)

func TestIDIsADigestOfEveryCause(t *testing.T) {
	// Worked out with Python's hashlib over "<length>\0<part>" of each part.
	const want = "e121c5dd02f0f41c4f7433c5f44df253"
	base := cause()
	if id := base.ID(publish.BindingEstimated); id != want {
		t.Errorf("id %s, want %s", id, want)
	}
	changes := map[string]func(*publish.Cause){
		"site":     func(c *publish.Cause) { c.Site = "other" },
		"series":   func(c *publish.Cause) { c.Series = thing },
		"revision": func(c *publish.Cause) { c.Revision++ },
		"input":    func(c *publish.Cause) { c.Input += "0" },
		"regions":  func(c *publish.Cause) { c.Regions = "" },
		"settings": func(c *publish.Cause) { c.Settings = "1" },
		"version":  func(c *publish.Cause) { c.Version = "1.2.1" },
		"where one part ends": func(c *publish.Cause) {
			c.Input, c.Regions = c.Input+c.Regions[:1], c.Regions[1:]
		},
	}
	for name, change := range changes {
		c := base
		change(&c)
		if c.ID(publish.BindingEstimated) == want {
			t.Errorf("another %s does not change the id", name)
		}
	}
	if base.ID(publish.TACsExtracted) == want {
		t.Error("another type does not change the id")
	}
}

func TestTheSameEventHasTheSameBytes(t *testing.T) {
	first := examples(t)
	for name, again := range examples(t) {
		a, err := first[name].Encode()
		if err != nil {
			t.Fatal(err)
		}
		b, err := again.Encode()
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs on repeat (%v)", name, err)
		}
	}
}

func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	for name, e := range examples(t) {
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := publish.Decode(body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Errorf("%s comes back changed:\n%s", name, diff)
		}
	}
}

func TestDecode(t *testing.T) {
	body, err := examples(t)["binding.estimated"].Encode()
	if err != nil {
		t.Fatal(err)
	}
	swap := func(from, to string) []byte { return bytes.Replace(body, []byte(from), []byte(to), 1) }
	tests := []struct {
		name string
		body []byte
		want error // nil: it is read
	}{
		{"a field of the future", swap(`"tracer":`, `"colour":"red","tracer":`), nil},
		{"a type of the future", swap("binding.estimated.v1\",\"sub", "binding.estimated.v2\",\"sub"), publish.ErrUnknownType},
		{"another version of CloudEvents", swap(`"1.0"`, `"2.0"`), publish.ErrNotEvent},
		{"an id that is no digest", swap(`"id":"e121`, `"id":"E121`), publish.ErrNotEvent},
		{"a subject that is not the series", swap(`"subject":"7k2m`, `"subject":"7k2a`), publish.ErrNotEvent},
		{"a source that is not the site", swap(`/tacstream/local`, `/tacstream/other`), publish.ErrNotEvent},
		{"a tracer with a dot", swap(`"tracer":"dasb"`, `"tracer":"da.b"`), publish.ErrNotEvent},
		{"data of another shape", swap(`"models":[`, `"models":7,"x":[`), publish.ErrNotEvent},
		{"a time that is none", swap(`"time":"2026-03-04T`, `"time":"yesterday `), publish.ErrNotEvent},
		{"half of it", body[:len(body)/2], publish.ErrNotEvent},
		{"nothing", nil, publish.ErrNotEvent},
		{"too much", append(bytes.Repeat([]byte(" "), 2<<20), body...), publish.ErrNotEvent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := publish.Decode(test.body); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range []string{`{"specversion":"1.0"}`, `{"specversion":"1.0","id":"00000000000000000000000000000000","type":"tacstream.binding.estimated.v1","data":{"models":[{}]}}`} {
		f.Add([]byte(c))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := publish.Decode(body)
		if err != nil {
			return
		}
		if _, err := e.Encode(); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
		if line := publish.Describe(e); strings.ContainsAny(line, "\n\r\x1b") {
			t.Errorf("%q is more than one line", line)
		}
	})
}

func TestAfter(t *testing.T) {
	all := examples(t)
	binding := func(change func(*publish.Cause)) publish.Event {
		r := result()
		change(&r.Cause)
		e, err := publish.NewBinding(r, files())
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	state := func(revision int, c ingest.Condition) publish.Event {
		e, err := publish.NewSeries(revision, ingest.Outcome{Series: series, Site: "local", Condition: c, Have: 1})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	otherDead, err := publish.NewDead(publish.Cause{Site: "local", Series: thing, Revision: 9}, ingest.StageFit, ingest.Reason{Code: ingest.CodeInternal}, 5)
	if err != nil {
		t.Fatal(err)
	}
	newer := binding(func(c *publish.Cause) { c.Revision = 5 })
	tests := []struct {
		name    string
		e, last publish.Event
		want    publish.Step
	}{
		{"nothing before", all["binding.estimated"], publish.Event{}, publish.Publish},
		{"the same again", all["binding.estimated"], all["binding.estimated"], publish.Done},
		{"the same content under a newer revision", newer, all["binding.estimated"], publish.Done},
		{"other content under a newer revision", binding(func(c *publish.Cause) { c.Revision, c.Input = 4, "ff" }), all["binding.estimated"], publish.Publish},
		{"new settings", binding(func(c *publish.Cause) { c.Revision, c.Settings = 4, "ff" }), all["binding.estimated"], publish.Publish},
		{"an older revision", all["binding.estimated"], newer, publish.Stale},
		{"a result older than a withdrawal", all["binding.estimated"], all["binding.withdrawn"], publish.Stale},
		{"the content of before, after a withdrawal", newer, all["binding.withdrawn"], publish.Publish},
		{"a withdrawal", all["binding.withdrawn"], all["binding.estimated"], publish.Publish},
		{"a withdrawal that comes too late", all["binding.withdrawn"], newer, publish.Stale},
		{"an estimate where there was a failure", newer, all["binding.failed"], publish.Publish},
		{"a death after that of another series", all["fit.dead"], otherDead, publish.Publish},
		{"the same state", state(3, ingest.Waiting), state(2, ingest.Waiting), publish.Done},
		{"another state", state(3, ingest.Ready), state(2, ingest.Waiting), publish.Publish},
		{"a state too late", state(1, ingest.Ready), state(2, ingest.Waiting), publish.Stale},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if have := test.e.After(test.last); have != test.want {
				t.Errorf("step %d, want %d", have, test.want)
			}
		})
	}
}

func TestIDsAreNewAfterAWithdrawal(t *testing.T) {
	before := examples(t)["binding.estimated"]
	r := result()
	r.Cause.Revision = 5
	if again, err := publish.NewBinding(r, files()); err != nil || again.ID == before.ID {
		t.Errorf("id %s again: a stream would drop it as a repeat (%v)", again.ID, err)
	}
}

func TestSubjects(t *testing.T) {
	tests := []struct {
		name    string
		subject func() (string, error)
		want    string // "" where it must be refused
	}{
		{"series", func() (string, error) { return publish.SeriesSubject("site-1", series) }, "pet.v1.site-1.series." + string(series)},
		{"tacs", func() (string, error) { return publish.TACsSubject("a", series) }, "pet.v1.a.tacs." + string(series)},
		{"binding", func() (string, error) { return publish.BindingSubject("a", "dasb", series) }, "pet.v1.a.binding.dasb." + string(series)},
		{"any binding", func() (string, error) { return publish.AnyBindingSubject("a", series) }, "pet.v1.a.binding.*." + string(series)},
		{"dead", func() (string, error) { return publish.DeadSubject("a", ingest.StageFit) }, "pet.v1.a.dead.fit"},
		{"progress", func() (string, error) { return publish.ProgressSubject("a", series) }, "pet.v1.a.progress." + string(series)},
		{"no site", func() (string, error) { return publish.SeriesSubject("", series) }, ""},
		{"a site with a dot", func() (string, error) { return publish.SeriesSubject("a.b", series) }, ""},
		{"a site in capitals", func() (string, error) { return publish.SeriesSubject("A", series) }, ""},
		{"a wildcard for a site", func() (string, error) { return publish.DeadSubject("*", ingest.StageFit) }, ""},
		{"a site that is too long", func() (string, error) { return publish.SeriesSubject(ingest.Site(strings.Repeat("a", 33)), series) }, ""},
		{"a tracer with a space", func() (string, error) { return publish.BindingSubject("a", "da sb", series) }, ""},
		{"a hyphen at the end", func() (string, error) { return publish.BindingSubject("a", "dasb-", series) }, ""},
		{"a raw UID for a series", func() (string, error) { return publish.TACsSubject("a", "1.2.840.113619.2.1.1.2.3.4") }, ""},
		{"no series", func() (string, error) { return publish.TACsSubject("a", "") }, ""},
		{"no stage", func() (string, error) { return publish.DeadSubject("a", "everywhere") }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			have, err := test.subject()
			if have != test.want || errors.Is(err, publish.ErrLabel) != (test.want == "") {
				t.Errorf("%q, %v; want %q", have, err, test.want)
			}
		})
	}
}

func TestWhatMayNotLeaveIsRefusedAndNotRepeated(t *testing.T) {
	for name, change := range map[string]func(*publish.Cause){
		"input":    func(c *publish.Cause) { c.Input = "a/CANARY/key.dcm" },
		"regions":  func(c *publish.Cause) { c.Regions = "CANARY" },
		"settings": func(c *publish.Cause) { c.Settings = "CANARY 1" },
		"version":  func(c *publish.Cause) { c.Version = "CANARY^name" },
		"series":   func(c *publish.Cause) { c.Series = "CANARY" },
		"site":     func(c *publish.Cause) { c.Site = "CANARY" },
	} {
		r := result()
		change(&r.Cause)
		_, err := publish.NewBinding(r, files())
		if !errors.Is(err, publish.ErrLabel) || strings.Contains(fmt.Sprint(err), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMissingNumbersAreLeftOut(t *testing.T) {
	doc := mustJSON(t, examples(t)["binding.estimated"])
	models := doc["data"].(object)["models"].([]any)
	srtm := models[0].(object)["estimates"].([]any)[0].(object)
	logan := models[1].(object)["estimates"].([]any)[0].(object)
	for _, c := range []struct {
		name  string
		where object
		field string
	}{
		{"a standard error that is NaN", srtm["se"].(object), "k2prime"},
		{"a parameter that the model does not have", logan, "R1"},
		{"a criterion that is infinite", logan, "aic"},
	} {
		if v, ok := c.where[c.field]; ok {
			t.Errorf("%s is there: %v", c.name, v)
		}
	}
	if srtm["k2prime"] != 0.065 {
		t.Errorf("k2prime is %v, want 0.065", srtm["k2prime"])
	}
}

func TestZeroIsANumber(t *testing.T) {
	r := result()
	r.Estimates = []fit.Estimate{{Region: "Putamen", Model: "srtm", Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 0, SE: 0}}}}
	e, err := publish.NewBinding(r, files())
	if err != nil {
		t.Fatal(err)
	}
	body, err := e.Encode()
	if err != nil || !bytes.Contains(body, []byte(`"BPnd":0,"se":{"BPnd":0}`)) {
		t.Errorf("%s (%v)", body, err)
	}
}

func TestAParameterThatEventsDoNotKnowIsNotLost(t *testing.T) {
	r := result()
	r.Estimates[0].Parameters = append(r.Estimates[0].Parameters, fit.Parameter{Symbol: "k99", Value: 1})
	if _, err := publish.NewBinding(r, files()); err == nil {
		t.Error("it was left out without a word")
	}
}

func TestACurveThatIsNoNumberIsRejected(t *testing.T) {
	r := result()
	r.Curves.TACs[1].BqPerML[2] = math.NaN()
	if _, err := publish.NewTACs(r, files()); !errors.Is(err, ingest.ErrRejected) {
		t.Errorf("error %v", err)
	}
}

// manyRegions returns a result with n regions of which each has its estimate.
func manyRegions(n, frames int) publish.Result {
	r := result()
	r.Curves.Frames, r.Curves.TACs, r.Estimates = r.Curves.Frames[:1], nil, nil
	for f := 1; f < frames; f++ {
		last := r.Curves.Frames[f-1]
		r.Curves.Frames = append(r.Curves.Frames, ingest.Frame{Start: last.End(), Duration: last.Duration})
	}
	r.Origin = extract.AsDecayed
	for i := range n {
		name := extract.Region(fmt.Sprintf("ctx-%s-%05d", strings.Repeat("x", 100), i))
		r.Curves.TACs = append(r.Curves.TACs, extract.TAC{Region: name, Index: int32(i + 1), Voxels: 10, VolumeMM3: 80, BqPerML: make([]float64, frames)})
		r.Estimates = append(r.Estimates, fit.Estimate{Region: name, Model: "srtm", Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1, SE: 0.1}}})
	}
	return r
}

func TestLongEventsPointToTheFiles(t *testing.T) {
	tests := []struct {
		name            string
		regions, frames int
		left            []string
	}{
		{"all of it", 3, 40, nil},
		{"values", 500, 400, []string{"values"}},
		{"regions", 4096, 40, []string{"values", "regions"}},
		{"frames", 4096, 10000, []string{"values", "regions", "frames"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := publish.NewTACs(manyRegions(test.regions, test.frames), files())
			if err != nil {
				t.Fatal(err)
			}
			body, err := e.Encode()
			if err != nil || len(body) > publish.MaxEventBytes {
				t.Fatalf("%d bytes (%v)", len(body), err)
			}
			tacs := e.Data.(*publish.TACs)
			if !reflect.DeepEqual(tacs.LeftOut, test.left) || tacs.RegionsTotal != test.regions || tacs.FramesTotal != test.frames || tacs.Files.Curves == "" {
				t.Errorf("left out %v of %d regions and %d frames, file %q", tacs.LeftOut, tacs.RegionsTotal, tacs.FramesTotal, tacs.Files.Curves)
			}
		})
	}
}

func TestLongEstimatesPointToTheFiles(t *testing.T) {
	e, err := publish.NewBinding(manyRegions(4096, 2), files())
	if err != nil {
		t.Fatal(err)
	}
	body, err := e.Encode()
	b := e.Data.(*publish.Binding)
	if err != nil || len(body) > publish.MaxEventBytes || b.Models[0].EstimatesTotal != 4096 || len(b.LeftOut) != 1 {
		t.Errorf("%d bytes, left out %v, %d estimates (%v)", len(body), b.LeftOut, b.Models[0].EstimatesTotal, err)
	}
}

func TestDocumentsStayBounded(t *testing.T) {
	r := result()
	for range 10_000 {
		r.Warnings = append(r.Warnings, ingest.Warning{Code: ingest.WarnNoise, Level: ingest.LevelWarn, Value: 1, Detail: strings.Repeat("é", 10_000)})
	}
	e, err := publish.NewBinding(r, files())
	if err != nil {
		t.Fatal(err)
	}
	if body, err := e.Encode(); err != nil || len(body) > publish.MaxEventBytes {
		t.Errorf("%d bytes (%v)", len(body), err)
	}
}

// The canary stands for what identifies a person; no byte of it may leave.
const canary = "CANARY"

func TestNothingThatIdentifiesLeaves(t *testing.T) {
	key := ingest.Key("a secret of the site")
	var records []ingest.Record
	for i := range 3 {
		uid := fmt.Sprintf("%s.1.%d", canary, i)
		records = append(records, ingest.Record{
			Object: ingest.Object{Bucket: canary, Key: canary + "/" + uid, ETag: canary + uid, Size: 9}, Kind: ingest.KindSlice, Site: "local",
			Series: key.SeriesToken(canary), Instance: &ingest.Instance{SOPInstanceUID: uid, HasReferenceTime: true, Position: [3]float64{0, 0, float64(2 * i)}},
			Header: &ingest.Header{
				Strict: ingest.Strict{SeriesInstanceUID: canary, FrameOfReferenceUID: canary, SeriesType: canary, Orientation: [6]float64{1, 0, 0, 0, 1, 0}, NumberOfSlices: 5, NumberOfTimeSlices: 1},
				Soft:   ingest.Soft{PatientID: canary, StudyInstanceUID: canary, TracerTexts: []string{canary}},
			},
		})
	}
	_, outcome := ingest.Assess(key.SeriesToken(canary), records, true)
	e, err := publish.NewSeries(1, outcome)
	if err != nil {
		t.Fatal(err)
	}
	unusable := []publish.Event{e}
	for _, n := range []int{1, 2} {
		dead, err := publish.NewUnusable(ingest.Byproducts{
			Site: "local", Folder: key.Token("folder", canary), Object: key.Token("object", canary), Count: n, Reason: ingest.Reason{Code: ingest.CodeNotPET},
		})
		if err != nil {
			t.Fatal(err)
		}
		unusable = append(unusable, dead)
	}
	for _, e := range unusable {
		body, err := e.Encode()
		if all := string(body) + e.ID + e.Subject + publish.Describe(e); err != nil || strings.Contains(all, canary) {
			t.Errorf("%s (%v)", all, err)
		}
	}
	state := ingest.State{Series: outcome.Series, Site: "local", Look: canary, Condition: outcome.Condition, Reason: outcome.Reason, Missing: outcome.Missing}
	status, _, err := publish.Status{}.With(publish.NewSeriesStatus(state))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := status.Encode(); err != nil || strings.Contains(string(body), canary) {
		t.Errorf("status: %s (%v)", body, err)
	}
}

// One object is named itself, several by their folder, and each statement has an
// id of its own.
func TestUnusableObjectsAreNamedByObjectOrFolder(t *testing.T) {
	b := ingest.Byproducts{Site: "local", Folder: folder, Object: thing, Count: 1, Reason: ingest.Reason{Code: ingest.CodeNotPET}}
	ids := map[string]bool{}
	for _, step := range []struct {
		change func()
		about  ingest.Token
		says   string
		not    string
	}{
		{func() {}, thing, `"object":"` + string(thing) + `"`, `"folder"`},
		{func() { b.Count, b.Object, b.Supersedes = 5, "", strings.Repeat("a", 32) }, folder, `"folder":"` + string(folder) + `","count":5`, `"object"`},
		{func() { b.Supersedes = strings.Repeat("b", 32) }, folder, `"supersedes":"bbbb`, `"object"`},
		{func() { b.Count = 6 }, folder, `"count":6`, `"object"`},
		{func() { b.Folder = series }, series, "tacstream show " + string(series), `"object"`},
	} {
		step.change()
		e, err := publish.NewUnusable(b)
		if err != nil {
			t.Fatal(err)
		}
		body, err := e.Encode()
		if err != nil || e.Data.(*publish.Dead).Cause.Site != "local" || !strings.Contains(string(body), `"subject":"`+string(step.about)+`"`) ||
			!strings.Contains(string(body), step.says) || strings.Contains(string(body), step.not) {
			t.Errorf("%s, %v; want %s", body, err, step.says)
		}
		if ids[e.ID] {
			t.Errorf("id %s again", e.ID)
		}
		ids[e.ID] = true
	}
	// An event that was published for one object keeps its id.
	if one, err := publish.NewUnusable(ingest.Byproducts{
		Site: "local", Folder: folder, Object: thing, Count: 1, Reason: ingest.Reason{Code: ingest.CodeNotDICOM, Detail: "neither DICOM nor a region source"},
	}); err != nil || one.ID != "7cfcf7dda3c0a1c588aa4ff727b84914" {
		t.Errorf("id %s, %v", one.ID, err)
	}
}

// Events of earlier releases have no level and say the same in other words. The
// same state is no news all the same.
func TestOtherWordsOfAnEarlierReleaseAreNoNews(t *testing.T) {
	stateOf := func(revision, have int, detail string) publish.Event {
		o := ingest.Outcome{Series: series, Site: "local", Condition: ingest.Waiting, Have: have, Reason: ingest.Reason{Code: ingest.CodeNoRegions, Detail: detail}}
		e, err := publish.NewSeries(revision, o)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	earlier := func(e publish.Event) publish.Event {
		s := *e.Data.(*publish.SeriesState)
		reason := *s.Reason
		reason.Level = ""
		s.Reason, e.Data = &reason, &s
		return e
	}
	said := stateOf(1, 6, "no regions")
	for _, c := range []struct {
		name   string
		before publish.Event
		now    publish.Event
		want   publish.Step
	}{
		{"other words than an earlier release's", earlier(said), stateOf(2, 6, "there are no regions"), publish.Done},
		{"more images than an earlier release had", earlier(said), stateOf(2, 7, "there are no regions"), publish.Publish},
		{"the same words", said, stateOf(2, 6, "no regions"), publish.Done},
		{"another detail", said, stateOf(2, 6, "there are no regions"), publish.Publish},
	} {
		if got := c.now.After(c.before); got != c.want {
			t.Errorf("%s: step %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReceivingIsNoFact(t *testing.T) {
	if _, err := publish.NewSeries(1, ingest.Outcome{Series: series, Site: "local", Condition: ingest.Receiving}); err == nil {
		t.Error("an event states that a series is being received")
	}
}

func TestOnlyResultsAreWithdrawn(t *testing.T) {
	all := examples(t)
	for name, ok := range map[string]bool{"binding.estimated": true, "binding.failed": true, "binding.withdrawn": true, "series.ready": false} {
		e, err := publish.NewWithdrawn(all[name], 9, ingest.Reason{Code: ingest.CodeDeleted})
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
		if w, is := e.Data.(*publish.Withdrawn); is && name != "binding.failed" && w.Event != all["binding.estimated"].ID {
			t.Errorf("%s: it takes back %s", name, w.Event)
		}
	}
}
