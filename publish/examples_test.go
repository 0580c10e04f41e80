package publish_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/publish"
)

const (
	series = ingest.Token("7k2mabcdefghijklmnopqrstuv")
	lead   = ingest.Token("c3xqabcdefghijklmnopqrstuv")
	twin   = ingest.Token("t5wnabcdefghijklmnopqrstuv")
	thing  = ingest.Token("o2zzabcdefghijklmnopqrstuv")
	folder = ingest.Token("f6ggabcdefghijklmnopqrstuv")
)

// cause is that of the examples' results.
func cause() publish.Cause {
	return publish.Cause{
		Site: "local", Series: series, Revision: 3, Input: "k3inabcdefghijklmnopqrstuv", Regions: "k4reabcdefghijklmnopqrstuv", Settings: "k5seabcdefghijklmnopqrstuv", Version: "2",
	}
}

func files() publish.Files {
	prefix := cause().Prefix(publish.BindingEstimated)
	return publish.Files{Bucket: "results", Prefix: prefix, Curves: "sub-a_tacs.tsv", Names: []string{"sub-a_kinpar.tsv", "sub-a_tacs.tsv"}}
}

// scan is a scan of three frames with a gap, injected 30 s before its start.
// Half-life 60 s makes decay factors that can be worked out by hand.
func scan() extract.Curves {
	return extract.Curves{
		Frames: []ingest.Frame{
			{Start: 0, Duration: time.Minute}, {Start: time.Minute, Duration: 2 * time.Minute}, {Start: 4 * time.Minute, Duration: time.Minute},
		},
		TACs: []extract.TAC{
			{Region: "Cerebellum", Index: 8, Voxels: 120, VolumeMM3: 960, BqPerML: []float64{1000, 500, 0}},
			{Region: "Putamen", Voxels: 50, VolumeMM3: 400.5, BqPerML: []float64{2000, 1500.25, -3}, Parts: []extract.Region{"Left-Putamen", "Right-Putamen"}},
		},
		HalfLife: time.Minute, Units: extract.BqPerML,
		Decay:    extract.Decay{StoredNone: true, Injection: -30 * time.Second, InjectionKnown: true},
		Warnings: []ingest.Warning{{Code: ingest.WarnFrameGap, Level: ingest.LevelWarn, Value: 60, Threshold: 1, Detail: "The frames leave 1 gap between them, of up to 60 s; up to 1 s is normal."}},
	}
}

func estimates() []fit.Estimate {
	return []fit.Estimate{
		{
			Region: "Putamen", Model: "srtm", AIC: -12.5, BIC: -10, RSS: 0.25,
			Parameters: []fit.Parameter{
				{Symbol: fit.R1, Value: 1.1, SE: 0.01}, {Symbol: fit.K2, Value: 0.0715, SE: 0.002},
				{Symbol: fit.BPND, Value: 1.9, SE: 0.05}, {Symbol: fit.K2Prime, Value: 0.065, SE: math.NaN()},
			},
			Warnings: []ingest.Warning{{Code: ingest.WarnResiduals, Level: ingest.LevelWarn, Value: 0.004, Threshold: 0.01, Detail: "The residuals have 2 runs; so few or fewer come by chance with p = 0.004, below 0.01."}},
		},
		{
			Region: "Putamen", Model: "logan-ref", AIC: math.Inf(-1), TStar: 90 * time.Second,
			Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1.875, SE: 0.0625}, {Symbol: fit.DVR, Value: 2.875, SE: 0.0625}},
		},
	}
}

func result() publish.Result {
	return publish.Result{
		Cause: cause(), Tracer: "dasb", TracerName: "[11C]DASB", Reference: "Cerebellum", Curves: scan(), Estimates: estimates(),
		Warnings: []ingest.Warning{{Code: ingest.WarnTimeAssumed, Level: ingest.LevelNotice, Detail: "The frame times come from the decay factors, because no acquisition times tell the frames apart."}},
	}
}

// examples returns an event of each kind, made by hand; the name is that of its
// file in testdata.
func examples(t *testing.T) map[string]publish.Event {
	t.Helper()
	all := map[string]publish.Event{}
	add := func(name string) func(publish.Event, error) {
		return func(e publish.Event, err error) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			all[name] = e
		}
	}
	o := ingest.Outcome{Series: series, Site: "local", Have: 6, Want: 6, Frames: 3, Slices: 2}
	o.Condition = ingest.Ready
	add("series.ready")(publish.NewSeries(4, o))
	o.Condition, o.Reason = ingest.Waiting, ingest.Reason{Code: ingest.CodeNoRegions, Detail: "no *dseg.nii[.gz] with its TSV"}
	add("series.waiting")(publish.NewSeries(3, o))
	o.Condition, o.Reason = ingest.Inconsistent, ingest.Reason{Code: ingest.CodeDuplicate, Detail: "two instances at frame 2 slice 1"}
	add("series.inconsistent")(publish.NewSeries(2, o))
	o.Condition, o.Reason = ingest.Rejected, ingest.Reason{Code: ingest.CodeUnits}
	add("series.rejected")(publish.NewSeries(1, o))
	o.Condition, o.Reason = ingest.Joined, ingest.Reason{Code: ingest.CodeJoined, Detail: "the series goes on with an acquisition that began with series " + string(lead)}
	o.Lead, o.Twins = lead, []ingest.Token{twin}
	add("series.joined")(publish.NewSeries(2, o))
	o = ingest.Outcome{
		Series: series, Site: "local", Condition: ingest.Incomplete, Have: 4, Want: 6, Frames: 3, Slices: 2,
		Reason:  ingest.Reason{Code: ingest.CodeFrameCount, Detail: "2 slots missing: frame 2 slice 1, frame 3 slice 2"},
		Missing: []ingest.Slot{{Frame: 2, Slice: 1}, {Frame: 3, Slice: 2}},
	}
	add("series.incomplete")(publish.NewSeries(1, o))
	add("series.progressed")(publish.NewProgress(publish.Cause{Site: "local", Series: series}, publish.Progress{Stage: ingest.StageIngest, Done: 4, Total: 6}))

	add("tacs.extracted")(publish.NewTACs(result(), files()))
	add("binding.estimated")(publish.NewBinding(result(), files()))
	add("binding.failed")(publish.NewFailed(cause(), "", ingest.Reason{Code: ingest.CodeNoProtocol, Detail: "the tracer is not in the configuration"}, publish.Files{}))
	add("binding.withdrawn")(publish.NewWithdrawn(all["binding.estimated"], 4, ingest.Reason{Code: ingest.CodeDeleted, Detail: "5 of 6 slots are left"}))

	internal := ingest.Reason{Code: ingest.CodeInternal, Detail: "5 attempts ended in an error; the worker's log says which"}
	for name, stage := range map[string]ingest.Stage{"extract.dead": ingest.StageExtract, "fit.dead": ingest.StageFit, "publish.dead": ingest.StagePublish} {
		add(name)(publish.NewDead(cause(), stage, internal, 5))
	}
	add("ingest.dead")(publish.NewUnusable(ingest.Byproducts{
		Site: "local", Folder: folder, Count: 192, Reason: ingest.Reason{Code: ingest.CodeNotDICOM, Detail: "neither DICOM nor a region source"},
		Supersedes: "0123456789abcdef0123456789abcdef",
	}))
	for name, e := range all {
		if e.Type != publish.SeriesProgressed {
			all[name] = e.At(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)).Superseding("0123456789abcdef0123456789abcdef")
		}
	}
	return all
}

func TestGoldenEvents(t *testing.T) {
	all := examples(t)
	if len(all) != len(publish.Types()) {
		t.Errorf("%d examples of %d types", len(all), len(publish.Types()))
	}
	for name, e := range all {
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", body)
	}
}

// golden compares with a file in testdata byte for byte.
func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, have, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(want, have) {
		t.Errorf("%s has changed; if it should, run go test ./publish -update, and raise config.ResultsVersion (%v):\n%s", name, err, have)
	}
}
