package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tacstream/fit"
	"tacstream/ingest/phantom"
)

// pairTable writes a table of the phantom's reference and one region, and its
// sidecar. Cell may change a value; it gets the frame from 0 and the region.
func pairTable(t *testing.T, cell func(frame int, region, value string) string) string {
	t.Helper()
	ref, k := phantom.DASB.Reference(), phantom.Kinetics{R1: 1.05, K2PerMin: 0.18, BPND: 0.95}
	frames := phantom.DefaultFrames()
	a, b := k.FrameMeans(ref, frames, 0), ref.FrameMeans(frames, 0)
	var text strings.Builder
	text.WriteString("frame_start\tframe_end\tCortex\tCerebellum\n")
	for f, frame := range frames {
		text.WriteString(strconv.FormatFloat(frame.Start.Seconds(), 'g', -1, 64) + "\t" + strconv.FormatFloat(frame.End().Seconds(), 'g', -1, 64))
		text.WriteString("\t" + cell(f, "Cortex", strconv.FormatFloat(a[f], 'g', 12, 64)))
		text.WriteString("\t" + cell(f, "Cerebellum", strconv.FormatFloat(b[f], 'g', 12, 64)) + "\n")
	}
	table := filepath.Join(t.TempDir(), "tacs.tsv")
	for name, body := range map[string]string{table: text.String(), strings.TrimSuffix(table, "tsv") + "json": `{"Units": "Bq/mL", "ImageDecayCorrected": false}`} {
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

// A frame without data, or without one value, does not change the estimate.
func TestFitLeavesOutFramesWithoutData(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		cell       func(frame int, region, value string) string
	}{
		{"empty", "FRAME_EMPTY", func(f int, _, v string) string { return map[bool]string{true: "0", false: v}[f == 18] }},
		{"n/a in one region", "FRAME_EMPTY", func(f int, r, v string) string {
			return map[bool]string{true: "n/a", false: v}[f == 18 && r == "Cortex"]
		}},
		{"n/a in the reference", "FRAME_EMPTY", func(f int, r, v string) string {
			return map[bool]string{true: "n/a", false: v}[f == 18 && r == "Cerebellum"]
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, stderr := bpndOfTable(t, pairTable(t, tt.cell))
			// A bridged gap of one frame costs at most 1 %, as the breaks of half an hour in fit's table do.
			if math.Abs(got["Cortex"]-0.95) > 0.01 || !strings.Contains(stderr, tt.code) {
				t.Errorf("BPND %g, want 0.95; %s", got["Cortex"], stderr)
			}
		})
	}
}

// The cases of the field: a lost frame, and a window that counts from the injection.
func TestFitOfTheField(t *testing.T) {
	const field = "../../../shared/data/field/"
	if _, err := os.Stat(field); err != nil {
		t.Skip("needs ../shared/data/field")
	}
	for _, model := range []string{"srtm", "mrtm", "logan-ref", "srtm2"} {
		got := mainOf(t, "BPnd", field+"zero-frame/frame19.tsv", "--model", model)
		// Logan without noise has a bias of its own of some thousandths.
		if math.Abs(got-0.95) > 0.01 {
			t.Errorf("%s: BPND %g, want 0.95", model, got)
		}
	}
	got := mainOf(t, "DVR", field+"fit-injectionstart/tacs.tsv", "--model", "suvr", "--window-from", "40m", "--window-to", "80m")
	if math.Abs(got-2.1872) > 5e-5 {
		t.Errorf("DVR %g, want 2.1872", got)
	}
}

// mainOf returns a parameter of Cortex.
func mainOf(t *testing.T, symbol string, args ...string) float64 {
	t.Helper()
	code, out, stderr := run(append([]string{"fit", "--reference", phantom.Cerebellum, "--region", "Cortex", "--json"}, args...)...)
	if code != 0 {
		t.Fatal(stderr)
	}
	var got struct{ Estimates []map[string]any }
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Estimates) != 1 {
		t.Fatal(err, out)
	}
	value, _ := got.Estimates[0][symbol].(float64)
	return value
}

// A reference that lacks many values is named, not called absent.
func TestFitNamesAReferenceWithGaps(t *testing.T) {
	table := pairTable(t, func(f int, r, v string) string {
		return map[bool]string{true: "n/a", false: v}[f < 8 && r == "Cerebellum"]
	})
	if code, _, stderr := run("fit", table, "--reference", "cereb*"); code != 1 || !strings.Contains(stderr, "the reference Cerebellum lacks 8 values") {
		t.Error(code, stderr)
	}
}

// A model that was asked for by name and fails makes the command fail, although
// the others' estimates are printed.
func TestFitFailsWithAModelThatWasAskedFor(t *testing.T) {
	table := pairTable(t, func(_ int, _, v string) string { return v })
	args := []string{"fit", table, "--reference", phantom.Cerebellum, "--window-from", "10h", "--window-to", "11h"}
	if code, out, stderr := run(append(args, "--model", "srtm,suvr")...); code != 1 || !strings.Contains(out, "srtm") || !strings.Contains(stderr, "no estimate by suvr") {
		t.Error(code, out, stderr)
	}
	if code, _, stderr := run(append(args, "--model", "all")...); code != 0 {
		t.Error(code, stderr)
	}
}

// Times that count from the injection reach models on the axis of the frames.
func TestSettingsCountFromTheInjection(t *testing.T) {
	for _, tt := range []struct {
		from, to, injection time.Duration
		want                fit.Window
	}{
		{40 * time.Minute, 80 * time.Minute, -20 * time.Minute, fit.Window{From: 20 * time.Minute, To: 60 * time.Minute}},
		{10 * time.Minute, 80 * time.Minute, -20 * time.Minute, fit.Window{From: 1, To: 60 * time.Minute}},
		{0, 0, -20 * time.Minute, fit.Window{}},
	} {
		m, err := fit.ByName("suvr", fit.Settings{Window: fit.Window{From: tt.from, To: tt.to}, Injection: tt.injection})
		if err != nil || m.(fit.SUVR).Window != tt.want {
			t.Errorf("%v: %v, %v", tt, m, err)
		}
	}
	if _, err := fit.ByName("suvr", fit.Settings{Window: fit.Window{To: time.Minute}, Injection: -time.Hour}); err == nil {
		t.Error("a window before the scan is accepted")
	}
}

// Times that are an hour off are named at the level of a doubt.
func TestFitDoubtsTimesThatAreAnHourOff(t *testing.T) {
	table := pairTable(t, func(_ int, _, v string) string { return v })
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		for k := range 2 {
			seconds, err := strconv.ParseFloat(fields[k], 64)
			if err != nil {
				t.Fatal(err)
			}
			fields[k] = strconv.FormatFloat(seconds+3600, 'g', -1, 64)
		}
		lines[i+1] = strings.Join(fields, "\t")
	}
	if err := os.WriteFile(table, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := run("fit", table, "--reference", phantom.Cerebellum, "--model", "srtm")
	if code != 0 || !strings.Contains(out, "the curve begins with the injection and the times do not") {
		t.Error(code, out, stderr)
	}
}
