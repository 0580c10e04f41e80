package publish_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/publish"
)

// bindingOf returns the event of estimates of two models in five regions, with
// warnings, and the scan's own.
func bindingOf(t *testing.T, scan []ingest.Warning, warn func(region, model int) []ingest.Warning) publish.Binding {
	t.Helper()
	r := publish.Result{Cause: publish.Cause{Site: "lab", Series: ingest.Token(strings.Repeat("a", 26)), Revision: 1}, Tracer: "dasb", Reference: "Cerebellum", Warnings: scan}
	for model, name := range []string{"srtm2", "srtm"} {
		for region := range 5 {
			r.Estimates = append(r.Estimates, fit.Estimate{
				Region: extract.Region(fmt.Sprintf("R%d", region)), Model: name, Warnings: warn(region, model),
				Parameters: []fit.Parameter{{Symbol: fit.BPND, Value: 1, SE: 0.1}},
			})
		}
	}
	event, err := publish.NewBinding(r, publish.Files{})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(event.Data)
	if err != nil {
		t.Fatal(err)
	}
	var b publish.Binding
	if err := json.Unmarshal(body, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// alone returns the warnings that single estimates have.
func alone(b publish.Binding) (list []publish.Warning) {
	for _, m := range b.Models {
		for _, e := range m.Estimates {
			list = append(list, e.Warnings...)
		}
	}
	return list
}

func TestWhatEstimatesShareIsSaidOnce(t *testing.T) {
	noisy := func(se float64) ingest.Warning {
		return ingest.Warn(ingest.WarnSE, ingest.LevelWarn, se, .1, "The standard error of BPnd is %g of its value, above 0.1.", se)
	}
	whole := ingest.Warn(ingest.WarnFrameGap, ingest.LevelWarn, 9, 1, "A frame is late.")
	curve := ingest.Warn(ingest.WarnNoise, ingest.LevelWarn, .2, .1, "The noise of R1 is 20 %%, more than 10 %%.")
	late := ingest.Warn(ingest.WarnLateStart, ingest.LevelDoubt, 9, 1, "The scan began late.")
	b := bindingOf(t, []ingest.Warning{curve, late}, func(region, model int) (list []ingest.Warning) {
		list = append(list, whole)
		if region == 1 {
			list = append(list, curve)
		}
		if region < 3 {
			list = append(list, noisy(.11+.1*float64(region)))
		}
		if region == 4 && model == 1 {
			list = append(list, ingest.Warn(ingest.WarnBPRange, ingest.LevelDoubt, 99, 15, "BPND is beyond what tracers reach."))
		}
		return list
	})
	var got []string
	for _, w := range b.Warnings {
		got = append(got, fmt.Sprintf("%s %s %v %v", w.Code, w.Level, w.Regions, w.Models))
	}
	want := []string{"LATE_START doubt [] []", "NOISE warn [] []", "FRAME_GAP warn [] []", "SE warn [R0 R1 R2] []"}
	if !slices.Equal(got, want) {
		t.Errorf("statements %q\nwant %q", got, want)
	}
	if w := b.Warnings[3]; *w.Value != .31 || w.Detail != "The standard error of BPnd is 0.31 of its value, above 0.1. That is R2 by srtm2, the gravest of 6 estimates in 3 regions." {
		t.Errorf("%+v", w)
	}
	if own := alone(b); len(own) != 1 || own[0].Code != ingest.WarnBPRange {
		t.Errorf("alone: %v", own)
	}
	e := b.Models[1].Estimates[1]
	if !slices.Equal(e.Codes, []ingest.Code{ingest.WarnFrameGap, ingest.WarnNoise, ingest.WarnSE}) || e.Level != ingest.LevelWarn {
		t.Errorf("R1 by srtm: %v, %s", e.Codes, e.Level)
	}
	if e := b.Models[1].Estimates[4]; e.Level != ingest.LevelDoubt {
		t.Errorf("R4 by srtm: %s", e.Level)
	}
}

// A statement of some of many regions names the first hundred.
func TestStatementsStayShort(t *testing.T) {
	r := publish.Result{Cause: publish.Cause{Site: "lab", Series: ingest.Token(strings.Repeat("a", 26)), Revision: 1}, Reference: "Cerebellum"}
	for i := range 1000 {
		e := fit.Estimate{Region: extract.Region(fmt.Sprintf("R%d", i)), Model: "srtm"}
		if i > 0 {
			e.Warnings = []ingest.Warning{ingest.Warn(ingest.WarnSE, ingest.LevelWarn, float64(i), .1, "It is %d.", i)}
		}
		r.Estimates = append(r.Estimates, e)
	}
	event, err := publish.NewBinding(r, publish.Files{})
	if err != nil {
		t.Fatal(err)
	}
	b := event.Data.(*publish.Binding)
	if len(b.Warnings) != 1 || len(b.Warnings[0].Regions) != 100 || !strings.Contains(b.Warnings[0].Detail, "gravest of 999 estimates in 999 regions") {
		t.Errorf("%+v", b.Warnings)
	}
}
