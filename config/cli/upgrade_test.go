//go:build linux

package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config"
	"tacstream/config/line"
	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/s3"
	"tacstream/publish"
)

// newKept returns a rig on the data directory that an earlier release left.
func newKept(t *testing.T) *rig.Rig {
	t.Helper()
	r := rig.NewQuiet(t, keptQuiet)
	if err := os.Remove(config.SecretsFile(r.Data)); err != nil {
		t.Fatal(err)
	}
	unpackKept(t, r.Data)
	rig.WriteFile(t, r.Config, keptConfig())
	return r
}

// everythingStored returns all that a consumer can see, and what the ledger says of it:
// every event that is stored, every file of every result, every revision.
func everythingStored(r *rig.Rig) rig.Snapshot {
	r.T.Helper()
	all := rig.Snapshot{}
	for _, e := range r.Events("pet.v1.>") {
		all[fmt.Sprintf("event %06d %s", e.Seq, e.Subject)] = e.ID + " " + string(e.Body)
	}
	line := r.Connect()
	for o, err := range line.Store.List(r.T.Context(), line.Config.S3.Results, "") {
		if err != nil {
			r.T.Fatal(err)
		}
		body, _, err := line.Store.Get(r.T.Context(), o.Bucket, o.Key)
		if err != nil {
			r.T.Fatal(err)
		}
		all["file "+o.Key] = string(body)
	}
	for _, s := range r.States() {
		all["state "+string(s.Series)] = fmt.Sprint(s.Revision, s.Done, s.Condition, s.Result, s.Event, s.Why, s.Look != "")
	}
	return all
}

// provoke has every object of the inbox looked at and every series judged
// again, and waits until that is done.
func provoke(r *rig.Rig) {
	r.T.Helper()
	line := r.Connect()
	for o, err := range line.Store.List(r.T.Context(), "inbox", "") {
		if err == nil && !ingest.Ours(o.Key) {
			err = line.Broker.Notify(r.T.Context(), "again", s3.EncodeNotice(ingest.Notice{Bucket: o.Bucket, Key: o.Key}))
		}
		if err != nil {
			r.T.Fatal(err)
		}
	}
	for _, s := range r.States() {
		if err := line.Broker.AskJudge(r.T.Context(), s.Series); err != nil {
			r.T.Fatal(err)
		}
	}
	r.AwaitDrained()
}

// raclopride is a protocol for a tracer that the kept line has no series of.
const raclopride = "\n  - {tracer: raclopride, match: raclopride, reference: '*cerebell*', models: [srtm]}"

// stranger is a protocol for the tracer of the kept series without one.
const stranger = "\n  - {tracer: xyzb, match: xyzb, reference: '*cerebell*', models: [srtm]}"

// TestAnUpgradeChangesNothingThatStands starts this release on the data of the
// one before, and then lets configurations and releases change, one after the
// other and side by side.
func TestAnUpgradeChangesNothingThatStands(t *testing.T) {
	t.Parallel()
	r := newKept(t)
	servers := r.Serve("nats,s3")
	before := everythingStored(r)
	if n := len(slices.Collect(maps.Keys(before))); n < 3*keptResults {
		t.Fatalf("only %d things are kept", n)
	}
	unchanged := func(what string) {
		t.Helper()
		provoke(r)
		everythingStored(r).Same(t, before)
		if t.Failed() {
			t.Fatal(what)
		}
	}
	first := r.Serve("ingest,work")
	r.Eventually(time.Minute, func() bool { return strings.Contains(first.Out.String(), "results of an earlier release stand") }, "the first start does not say what it keeps")
	if !strings.Contains(first.Out.String(), fmt.Sprintf("results=%d", keptResults+1)) {
		t.Errorf("the first start keeps another number of results: %s", first.Out)
	}
	unchanged("the first start")
	first.Terminate(t)

	run := func(what, text string, env ...string) {
		t.Helper()
		rig.WriteFile(t, r.Config, text)
		p := r.Serve("ingest,work", env...)
		unchanged(what)
		p.Terminate(t)
	}
	run("a tracer is added", keptConfig()+raclopride[1:]+"\n")
	run("the tracers are removed", rig.Configuration(keptQuiet)+"builtin: false\nprotocols:"+raclopride+"\n")
	run("models, atlas and decay change", rig.Configuration(keptQuiet)+"decay: start\nprotocols:"+strings.ReplaceAll(strings.ReplaceAll(raclopride, "raclopride", "dasb"), "srtm", "mrtm")+"\n")
	run("the release is raised", keptConfig(), rig.AsRelease("77"))

	rig.WriteFile(t, r.Config, keptConfig())
	old := r.Serve("ingest,work")
	young := r.Serve("ingest,work", rig.AsRelease("77"))
	unchanged("two releases side by side")
	young.Terminate(t)
	rig.WriteFile(t, r.Config, rig.Configuration(keptQuiet)+"builtin: false\nprotocols:"+raclopride+"\n")
	other := r.Serve("ingest,work")
	unchanged("two configurations side by side")
	for _, p := range []*rig.Proc{old, other, servers} {
		p.Terminate(t)
	}
}

// A series for which only one of two configurations side by side has a
// protocol ends in one result, whoever judges it when.
func TestAProtocolInOneOfTwoConfigurations(t *testing.T) {
	t.Parallel()
	r := rig.NewQuiet(t, keptQuiet)
	r.Serve("nats,s3")
	r.Serve("ingest,work")
	rig.WriteFile(t, r.Config, rig.Configuration(keptQuiet)+"protocols:"+stranger+"\n")
	r.Serve("ingest,work")
	for n := range 4 {
		r.Upload("", withTracer(rig.FilesOf(keptScan(40+2*n)), "[11C]DASB", "[11C]XYZB"))
	}
	r.Eventually(time.Minute, func() bool { return len(r.ResultsOf("xyzb")) == 4 }, "not every series has a result")
	provoke(r)
	for _, e := range r.ResultsOf("*") {
		if e.Type != publish.BindingEstimated {
			t.Errorf("%s", publish.Describe(e))
		}
	}
	if n := len(r.ResultsOf("*")); n != 4 {
		t.Errorf("%d results of 4 series", n)
	}
}

// A tracer without a protocol is waiting, with curves, and goes on by itself
// when a protocol comes; what an earlier release called a failure too.
func TestASeriesWaitsForItsProtocol(t *testing.T) {
	t.Parallel()
	r := newKept(t)
	r.Serve("nats,s3")
	p := r.Serve("ingest,work")
	r.Upload("", withTracer(rig.FilesOf(keptScan(60)), "[11C]DASB", "[11C]XYZB"))
	token := r.Connect().Sites[0].Key.SeriesToken(keptScan(60).SeriesInstanceUID())
	state := func(series ingest.Token) ingest.State {
		s, err := r.Connect().Ledger.State(t.Context(), series)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	r.Eventually(time.Minute, func() bool { return state(token).Result == ingest.Unfitted }, "the curves do not come")
	r.AwaitDrained()
	if s := state(token); s.Condition != ingest.Waiting || s.Reason.Code != ingest.CodeNoProtocol {
		t.Errorf("the series is %s: %v", s.Condition, s.Reason)
	}
	if n := len(r.Events("pet.v1.*.tacs." + string(token))); n != 1 {
		t.Errorf("%d events hold its curves", n)
	}
	if n := len(r.Events("pet.v1.*.binding.*." + string(token))); n != 0 {
		t.Errorf("%d events state a result", n)
	}
	r.Eventually(time.Minute, func() bool {
		status := statusIn(r, keptScan(60).Folder+"/pet")
		return len(status.Series) == 1 && status.Series[0].State == ingest.Waiting && !status.Series[0].Pending
	}, "status.json does not say that it waits")
	p.Terminate(t)
	rig.WriteFile(t, r.Config, keptConfig()+stranger[1:]+"\n")
	r.Serve("ingest,work")
	old := r.Connect().Sites[0].Key.SeriesToken(keptScan(40).SeriesInstanceUID())
	for _, series := range []ingest.Token{token, old} {
		r.Eventually(time.Minute, func() bool { return state(series).Result == ingest.Estimated }, "no result of "+string(series))
	}
	for _, e := range r.ResultsOf("unknown") {
		if w, ok := e.Data.(*publish.Withdrawn); ok && (w.Reason.Code != ingest.CodeRelabelled || !strings.Contains(w.Reason.Detail, "a protocol matches")) {
			t.Errorf("withdrawn for %v", w.Reason)
		}
	}
}

// refit names exactly what it then changes, and the new events name what they
// supersede.
func TestRefitChangesWhatItNames(t *testing.T) {
	t.Parallel()
	r := newKept(t)
	r.Serve("nats,s3")
	r.Serve("ingest,work")
	r.AwaitDrained()
	before := everythingStored(r)
	named := func(args ...string) map[ingest.Token]line.Refit {
		list := map[ingest.Token]line.Refit{}
		for dec := json.NewDecoder(strings.NewReader(r.Command(append([]string{"refit", "--json"}, args...)...))); dec.More(); {
			var one line.Refit
			if err := dec.Decode(&one); err != nil {
				t.Fatal(err)
			}
			list[one.Series] = one
		}
		return list
	}
	all := named("--dry-run")
	if len(all) != keptResults {
		t.Errorf("%d results are named, want %d", len(all), keptResults)
	}
	dasb := named("--dry-run", "--tracer", "dasb")
	provoke(r)
	everythingStored(r).Same(t, before)
	if len(dasb) == 0 || len(dasb) == len(all) {
		t.Fatalf("%d of %d results are of one tracer", len(dasb), len(all))
	}
	if since := named("--dry-run", "--since", "24h"); len(since) != 0 {
		t.Errorf("%d results without a time are named as new", len(since))
	}
	asked := named("--tracer", "dasb")
	r.Eventually(2*time.Minute, func() bool {
		return !slices.ContainsFunc(r.States(), func(s ingest.State) bool { return s.Ask != "" || s.Unfinished() }) && len(r.ResultsOf("*")) == len(bindingsIn(before))+len(asked)
	}, "not everything that was named is made anew")
	provoke(r)
	for _, e := range r.ResultsOf("*")[len(bindingsIn(before)):] {
		b, ok := e.Data.(*publish.Binding)
		if !ok {
			t.Fatalf("%s", publish.Describe(e))
		}
		want, ok := dasb[b.Cause.Series]
		if !ok || want.Event != b.Supersedes || want.Event == "" || e.Time.IsZero() || b.Cause.Revision != 2 {
			t.Errorf("%s supersedes %q at %v, and %+v was named", b.Cause.Series, b.Supersedes, e.Time, want)
		}
		delete(dasb, b.Cause.Series)
	}
	if len(dasb) > 0 {
		t.Errorf("named and not made anew: %v", dasb)
	}
	if again := named("--dry-run", "--tracer", "dasb"); len(again) != 0 {
		t.Errorf("after it %d are named again", len(again))
	}
}

// bindingsIn returns the keys of the events that state results.
func bindingsIn(s rig.Snapshot) (list []string) {
	for key := range s {
		if strings.HasPrefix(key, "event") && strings.Contains(key, ".binding.") {
			list = append(list, key)
		}
	}
	return list
}
