package watch_test

import (
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// planned returns a plan whose results differ from those of other names.
func planned(name string) ingest.Plan {
	return ingest.Plan{Protocol: []byte(`{"tracer":"` + name + `"}`), Settings: name, ResultsVersion: "1"}
}

// unplanned is the plan of a configuration without a protocol for the tracer.
func unplanned() ingest.Plan { return ingest.Plan{Settings: "none", ResultsVersion: "1"} }

// finished is a desk whose series has a result by a plan.
func finished(t *testing.T, by ingest.Plan, result ingest.Result) *desk {
	t.Helper()
	d := withRegions(&desk{records: wholeSeries(2, 3), plan: by})
	d.check(t, false)
	d.state.Done, d.state.Result = d.state.Revision, result
	return d
}

func TestAPlanThatChangesChangesNothingThatStands(t *testing.T) {
	for _, result := range []ingest.Result{ingest.Estimated, ingest.Failed, ingest.Dead, ingest.Conflict} {
		for name, today := range map[string]ingest.Plan{"another protocol": planned("b"), "none": unplanned(), "another release": {
			Protocol: planned("a").Protocol, Settings: "a", ResultsVersion: "2",
		}} {
			d := finished(t, planned("a"), result)
			before := d.state
			d.plan = today
			for _, quiet := range []bool{false, true} {
				d.check(t, quiet)
			}
			if len(d.jobs) != 1 || d.state.Revision != before.Revision || d.state.Look != before.Look || d.state.Settings != "a" {
				t.Errorf("%s, %s: %d jobs, %+v", result, name, len(d.jobs), d.state)
			}
		}
	}
}

func TestNewInputIsDoneByTheConfigurationOfItsDay(t *testing.T) {
	d := finished(t, planned("a"), ingest.Estimated)
	d.plan = planned("b")
	d.records[3].ETag = "changed"
	if got := d.check(t, false); got != "ready, job 2" || d.state.Settings != "b" || d.jobs[1].Settings != "b" {
		t.Errorf("did %q by %q", got, d.state.Settings)
	}
}

// Two configurations side by side judge an unfinished series in turn: each
// gets its way once, and the series comes to rest.
func TestTwoConfigurationsDoNotRaiseEachOther(t *testing.T) {
	d := withRegions(&desk{records: wholeSeries(2, 3)})
	for _, name := range []string{"a", "b", "a", "b", "a", "c", "b", "a", "c"} {
		d.plan = planned(name)
		d.check(t, false)
	}
	if d.state.Revision != 3 || d.state.Settings != "c" {
		t.Errorf("number %d by %q, want 3 by c", d.state.Revision, d.state.Settings)
	}
	d.plan = unplanned()
	if d.check(t, false); d.state.Revision != 3 {
		t.Errorf("a protocol that is missing made number %d", d.state.Revision)
	}
	d.state.Done, d.state.Result = 3, ingest.Estimated
	d.plan = planned("d")
	if d.check(t, false); d.state.Revision != 3 {
		t.Errorf("number %d after the result", d.state.Revision)
	}
}

func TestASeriesWithoutAProtocolGoesOnWhenOneComes(t *testing.T) {
	d := withRegions(&desk{records: wholeSeries(2, 3), plan: unplanned()})
	if got := d.check(t, false); got != "waiting, job 1" || d.state.Reason.Code != ingest.CodeNoProtocol {
		t.Fatalf("did %q for %v", got, d.state.Reason)
	}
	d.state.Done, d.state.Result = 1, ingest.Unfitted
	if got := d.check(t, false); got != "waiting" {
		t.Errorf("did %q", got)
	}
	d.plan = planned("a")
	if got := d.check(t, false); got != "ready, job 2" {
		t.Errorf("did %q", got)
	}
	// So does one of which an earlier release said that it failed.
	d = finished(t, planned("old"), ingest.Failed)
	d.state.Why.Code = ingest.CodeNoProtocol
	d.plan = unplanned()
	if got := d.check(t, false); got != "ready" {
		t.Errorf("did %q", got)
	}
	d.plan = planned("a")
	if got := d.check(t, false); got != "ready, job 2" {
		t.Errorf("did %q", got)
	}
}

func TestWhatTheOperatorAsksForIsDoneOnce(t *testing.T) {
	d := finished(t, planned("a"), ingest.Estimated)
	d.state.Ask = ingest.AskRefit
	if got := d.check(t, false); got != "ready" || d.state.Ask != "" {
		t.Errorf("refit by the same plan: did %q, asks %q", got, d.state.Ask)
	}
	d.plan, d.state.Ask = planned("b"), ingest.AskRefit
	if got := d.check(t, false); got != "ready, job 2" || d.state.Settings != "b" || d.state.Ask != "" {
		t.Errorf("refit by another plan: did %q, %+v", got, d.state)
	}
	d = finished(t, planned("a"), ingest.Failed)
	d.state.Ask = ingest.AskRedrive
	if got := d.check(t, false); got != "ready, job 2" {
		t.Errorf("redrive: did %q", got)
	}
	if got := d.check(t, false); got != "ready, job 2" || d.state.Revision != 2 {
		t.Errorf("after it: did %q, number %d", got, d.state.Revision)
	}
}

// A result by an atlas stands although the configuration names that atlas no
// longer.
func TestAResultByAnAtlasOutlivesItsProtocol(t *testing.T) {
	d := &desk{records: wholeSeries(2, 3), regions: []ingest.Record{
		region("atlases/x/a_dseg.nii", "d0"), region("atlases/x/a_dseg.tsv", "l0"), region("a/x_from-atlas_to-pet_xfm.txt", "t"),
	}}
	d.plan = planned("a")
	d.plan.Atlas = "atlases/x/a_dseg.nii"
	d.check(t, true)
	d.state.Done, d.state.Result = d.state.Revision, ingest.Estimated
	for _, today := range []ingest.Plan{unplanned(), planned("b")} {
		d.plan = today
		d.check(t, false)
		if d.state.Revision != 1 || d.state.Look == "" || d.state.Condition != ingest.Ready {
			t.Errorf("%+v", d.state)
		}
	}
}

// Regions that are gone for a moment withdraw nothing: a move copies and deletes
// one object after the other. Regions that stay away do.
func TestRegionsOnTheirWayWithdrawNothing(t *testing.T) {
	d := finished(t, planned("a"), ingest.Estimated)
	d.check(t, true)
	regions := d.regions
	d.regions = nil
	for i, want := range []string{"arm", "", ""} { // the timer is not put off
		if got := d.check(t, false); got != want || d.state.Condition != ingest.Ready || d.state.Revision != 1 || !d.state.Waits() {
			t.Errorf("look %d: did %q, number %d", i, got, d.state.Revision)
		}
	}
	d.regions = regions
	if got := d.check(t, false); got != "ready" || d.state.Revision != 1 || d.state.Waits() {
		t.Errorf("back again: did %q, number %d", got, d.state.Revision)
	}
	d.regions = nil
	if got := d.check(t, true); got != "waiting, withdraw before 2" {
		t.Errorf("gone for good: did %q", got)
	}
}

// The time of a revision is that of the write that raised it.
func TestARevisionKeepsItsTime(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 8e8, time.FixedZone("", 3600))
	d := withRegions(&desk{records: wholeSeries(2, 3), plan: planned("a")})
	j := watch.Judge{Book: d, Sink: d, Queue: d, Plan: func(ingest.Assembly, ingest.Plan) ingest.Plan { return d.plan }, Now: func() time.Time { return now }}
	for range 2 {
		if err := j.Check(t.Context(), "tok", false); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	want := time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC)
	if !d.state.Time.Equal(want) || !d.state.Since.Equal(want) || d.state.Time.Location() != time.UTC {
		t.Errorf("time %v, since %v, want %v", d.state.Time, d.state.Since, want)
	}
}
