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
	"tacstream/ingest"
	"tacstream/ingest/s3"
	"tacstream/publish"
)

// newKept returns a rig on the data directory that an earlier release left.
func newKept(t *testing.T) *rig {
	t.Helper()
	r := newRigQuiet(t, keptQuiet)
	if err := os.Remove(config.SecretsFile(r.where.Data)); err != nil {
		t.Fatal(err)
	}
	unpackKept(t, r.where.Data)
	write(t, r.where.Config, keptConfig())
	return r
}

// everything is all that a consumer can see, and what the ledger says of it:
// every event that is stored, every file of every result, every revision.
func (r *rig) everything() snapshot {
	r.t.Helper()
	all := snapshot{}
	for _, e := range r.events("pet.v1.>") {
		all[fmt.Sprintf("event %06d %s", e.Sequence, e.Subject)] = e.ID + " " + string(e.Body)
	}
	line := r.connect()
	for o, err := range line.Store.List(r.t.Context(), line.Config.S3.Results, "") {
		if err != nil {
			r.t.Fatal(err)
		}
		body, _, err := line.Store.Get(r.t.Context(), o.Bucket, o.Key)
		if err != nil {
			r.t.Fatal(err)
		}
		all["file "+o.Key] = string(body)
	}
	for _, s := range r.states() {
		all["state "+string(s.Series)] = fmt.Sprint(s.Number, s.Done, s.Condition, s.Result, s.Event, s.Why, s.Look != "")
	}
	return all
}

// provoke has every object of the inbox looked at and every series judged
// again, and waits until that is done.
func (r *rig) provoke() {
	r.t.Helper()
	line := r.connect()
	for o, err := range line.Store.List(r.t.Context(), "inbox", "") {
		if err == nil && !ingest.Ours(o.Key) {
			err = line.Broker.Notify(r.t.Context(), "again", s3.EncodeNotice(ingest.Notice{Bucket: o.Bucket, Key: o.Key}))
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	for _, s := range r.states() {
		if err := line.Broker.AskJudge(r.t.Context(), s.Series); err != nil {
			r.t.Fatal(err)
		}
	}
	r.drained()
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
	servers := r.serve("nats,s3")
	before := r.everything()
	if n := len(slices.Collect(maps.Keys(before))); n < 3*keptResults {
		t.Fatalf("only %d things are kept", n)
	}
	unchanged := func(what string) {
		t.Helper()
		r.provoke()
		r.everything().same(t, before)
		if t.Failed() {
			t.Fatal(what)
		}
	}
	first := r.serve("ingest,work")
	r.eventually(time.Minute, func() bool { return strings.Contains(first.out.String(), "results of an earlier release stand") }, "the first start does not say what it keeps")
	if !strings.Contains(first.out.String(), fmt.Sprintf("results=%d", keptResults+1)) {
		t.Errorf("the first start keeps another number of results: %s", first.out)
	}
	unchanged("the first start")
	first.terminate(t)

	run := func(what, text string, env ...string) {
		t.Helper()
		write(t, r.where.Config, text)
		p := r.serve("ingest,work", env...)
		unchanged(what)
		p.terminate(t)
	}
	run("a tracer is added", keptConfig()+raclopride[1:]+"\n")
	run("the tracers are removed", fmt.Sprintf(rigConfig, keptQuiet)+"builtin: false\nprotocols:"+raclopride+"\n")
	run("models, atlas and decay change", fmt.Sprintf(rigConfig, keptQuiet)+"decay: start\nprotocols:"+strings.ReplaceAll(strings.ReplaceAll(raclopride, "raclopride", "dasb"), "srtm", "mrtm")+"\n")
	run("the release is raised", keptConfig(), asRelease("77"))

	write(t, r.where.Config, keptConfig())
	old := r.serve("ingest,work")
	young := r.serve("ingest,work", asRelease("77"))
	unchanged("two releases side by side")
	young.terminate(t)
	write(t, r.where.Config, fmt.Sprintf(rigConfig, keptQuiet)+"builtin: false\nprotocols:"+raclopride+"\n")
	other := r.serve("ingest,work")
	unchanged("two configurations side by side")
	for _, p := range []*proc{old, other, servers} {
		p.terminate(t)
	}
}

// A series for which only one of two configurations side by side has a
// protocol ends in one result, whoever judges it when.
func TestAProtocolInOneOfTwoConfigurations(t *testing.T) {
	t.Parallel()
	r := newRigQuiet(t, keptQuiet)
	r.serve("nats,s3")
	r.serve("ingest,work")
	write(t, r.where.Config, fmt.Sprintf(rigConfig, keptQuiet)+"protocols:"+stranger+"\n")
	r.serve("ingest,work")
	for n := range 4 {
		r.upload("", withTracer(filesOf(keptScan(40+2*n)), "[11C]DASB", "[11C]XYZB"))
	}
	r.eventually(time.Minute, func() bool { return len(r.resultsOf("xyzb")) == 4 }, "not every series has a result")
	r.provoke()
	for _, e := range r.resultsOf("*") {
		if e.Type != publish.BindingEstimated {
			t.Errorf("%s", publish.Describe(e))
		}
	}
	if n := len(r.resultsOf("*")); n != 4 {
		t.Errorf("%d results of 4 series", n)
	}
}

// A tracer without a protocol is waiting, with curves, and goes on by itself
// when a protocol comes; what an earlier release called a failure too.
func TestASeriesWaitsForItsProtocol(t *testing.T) {
	t.Parallel()
	r := newKept(t)
	r.serve("nats,s3")
	p := r.serve("ingest,work")
	r.upload("", withTracer(filesOf(keptScan(60)), "[11C]DASB", "[11C]XYZB"))
	token := r.connect().Sites[0].Key.SeriesToken(keptScan(60).SeriesInstanceUID())
	state := func(series ingest.Token) ingest.State {
		s, err := r.connect().Ledger.State(t.Context(), series)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	r.eventually(time.Minute, func() bool { return state(token).Result == ingest.Unfitted }, "the curves do not come")
	r.drained()
	if s := state(token); s.Condition != ingest.Waiting || s.Reason.Code != ingest.CodeNoProtocol {
		t.Errorf("the series is %s: %v", s.Condition, s.Reason)
	}
	if n := len(r.events("pet.v1.*.tacs." + string(token))); n != 1 {
		t.Errorf("%d events hold its curves", n)
	}
	if n := len(r.events("pet.v1.*.binding.*." + string(token))); n != 0 {
		t.Errorf("%d events state a result", n)
	}
	r.eventually(time.Minute, func() bool {
		status := r.statusOf(keptScan(60).Folder + "/pet")
		return len(status.Series) == 1 && status.Series[0].State == ingest.Waiting && !status.Series[0].Pending
	}, "status.json does not say that it waits")
	p.terminate(t)
	write(t, r.where.Config, keptConfig()+stranger[1:]+"\n")
	r.serve("ingest,work")
	old := r.connect().Sites[0].Key.SeriesToken(keptScan(40).SeriesInstanceUID())
	for _, series := range []ingest.Token{token, old} {
		r.eventually(time.Minute, func() bool { return state(series).Result == ingest.Estimated }, "no result of "+string(series))
	}
	for _, e := range r.resultsOf("unknown") {
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
	r.serve("nats,s3")
	r.serve("ingest,work")
	r.drained()
	before := r.everything()
	named := func(args ...string) map[ingest.Token]line.Refit {
		list := map[ingest.Token]line.Refit{}
		for dec := json.NewDecoder(strings.NewReader(r.command(append([]string{"refit", "--json"}, args...)...))); dec.More(); {
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
	r.provoke()
	r.everything().same(t, before)
	if len(dasb) == 0 || len(dasb) == len(all) {
		t.Fatalf("%d of %d results are of one tracer", len(dasb), len(all))
	}
	if since := named("--dry-run", "--since", "24h"); len(since) != 0 {
		t.Errorf("%d results without a time are named as new", len(since))
	}
	asked := named("--tracer", "dasb")
	r.eventually(2*time.Minute, func() bool {
		return !slices.ContainsFunc(r.states(), func(s ingest.State) bool { return s.Ask != "" || s.Unfinished() }) && len(r.resultsOf("*")) == len(before.bindings())+len(asked)
	}, "not everything that was named is made anew")
	r.provoke()
	for _, e := range r.resultsOf("*")[len(before.bindings()):] {
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

// bindings returns the keys of the events that state results.
func (s snapshot) bindings() (list []string) {
	for key := range s {
		if strings.HasPrefix(key, "event") && strings.Contains(key, ".binding.") {
			list = append(list, key)
		}
	}
	return list
}
