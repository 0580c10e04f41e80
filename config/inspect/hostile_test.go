package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config"
	"tacstream/config/figures"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
)

// A manifest says what must become of each hostile folder.
type manifest struct {
	Tolerance float64 `json:"value_tolerance"`
	Cases     []struct {
		Name   string
		Expect struct {
			Outcome string
			Either  []string
			Check   bool `json:"value_check"`
			Limits  struct {
				MemoryMB float64 `json:"memory_mb"`
				Seconds  float64
			}
		}
	}
}

// Every hostile folder ends as its manifest says, within its limits, and with
// the right values where there are any.
func TestHostileFoldersEndAsTheirManifestSays(t *testing.T) {
	body, err := os.ReadFile(sharedData + "bad/manifest.json")
	if err != nil {
		t.Skip("the shared test data is not here")
	}
	var m manifest
	if err := json.Unmarshal(body, &m); err != nil || len(m.Cases) < 29 {
		t.Fatalf("%d cases, %v", len(m.Cases), err)
	}
	row := figures.Accuracy(t, "hostile folders that end as their manifest says", 1)
	row.AtLeast("#").Add(float64(len(m.Cases)))
	truth := baseCurves(t)
	for _, c := range m.Cases {
		t.Run(c.Name, func(t *testing.T) {
			dir := filepath.Join(sharedData, "bad", c.Name)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			outcome, curves, err := outcomeOf(dir)
			took := time.Since(start).Seconds()
			runtime.ReadMemStats(&after)
			if !slices.Contains(append(c.Expect.Either, c.Expect.Outcome), outcome) {
				t.Errorf("%s (%v), want %s or one of %v", outcome, err, c.Expect.Outcome, c.Expect.Either)
			}
			// All that was ever taken, which is more than what is held at once.
			if mb := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20); mb > c.Expect.Limits.MemoryMB || took > c.Expect.Limits.Seconds {
				t.Errorf("%.0f MB and %.1f s, limits %.0f MB and %.0f s", mb, took, c.Expect.Limits.MemoryMB, c.Expect.Limits.Seconds)
			}
			if err != nil && strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' && r != '\n' }) {
				t.Errorf("control characters in %q", err)
			}
			if c.Expect.Check {
				for _, got := range curves {
					compareCurves(t, got, truth, m.Tolerance)
				}
			}
			goodBeside(t, dir)
		})
	}
}

// outcomeOf extracts every series of a folder and names what became of it, as
// the manifest does.
func outcomeOf(dir string) (outcome string, all []extract.Curves, err error) {
	var image string
	for _, name := range []string{"rtstruct.dcm", "seg-pet.dcm", "space-pet_dseg.nii.gz"} {
		if file := filepath.Join(dir, "regions", name); exists(file) {
			image = file
		}
	}
	regions, err := ReadRegionsFile(image, "")
	if err != nil {
		return "reject_regions", nil, err
	}
	skipped := 0
	say := func(string, ingest.Reason) { skipped++ }
	series, err := ReadSeries(context.Background(), filepath.Join(dir, "pet"), func(string, ingest.Reason) {})
	if err != nil || len(series) == 0 {
		return "reject_series", nil, errors.Join(err, errors.New("no series"))
	}
	for k := range series {
		c, _, err := ExtractDir(context.Background(), filepath.Join(dir, "pet"), stream.PlacedRegions{Segmentation: regions}, k+1, say)
		if err != nil {
			return rejection(err), nil, err
		}
		all = append(all, c)
	}
	if _, _, _, err := config.DefaultProtocols()[0].Fit(all[0], nil); err != nil {
		return rejection(err), nil, err
	}
	switch {
	case len(series) > 1:
		return "split", all, nil
	case skipped > 0:
		return "skip_object", all, nil
	case slices.ContainsFunc(all[0].Warnings, func(w ingest.Warning) bool { return w.Code == ingest.WarnLabels }):
		return "accept_warn", all, nil
	}
	return "accept", all, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// rejection names an error as the manifest does.
func rejection(err error) string {
	switch code := ingest.ReasonOf(err).Code; {
	case strings.Contains(err.Error(), "is "+string(ingest.Incomplete)):
		return "incomplete"
	case strings.HasPrefix(string(code), "REGIONS"), strings.HasPrefix(string(code), "REFERENCE"):
		return "reject_regions"
	case errors.Is(err, ingest.ErrRejected):
		return "reject_series"
	}
	return "error"
}

// baseCurves returns the true means of the good folder, corrected for decay to
// the injection.
func baseCurves(t *testing.T) map[extract.Region][]float64 {
	t.Helper()
	body, err := os.ReadFile(sharedData + "bad/_base/truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Regions []struct {
			Name string
			Mean []float64 `json:"mask_mean_corrected_to_injection"`
		}
	}
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	truth := map[extract.Region][]float64{}
	for _, r := range v.Regions {
		truth[extract.Region(r.Name)] = r.Mean
	}
	return truth
}

// compareCurves compares curves to the truth or, as the second of two series
// is made, to half of it.
func compareCurves(t *testing.T, c extract.Curves, truth map[extract.Region][]float64, tolerance float64) {
	t.Helper()
	tacs, err := c.Corrected(extract.ToInjection)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, tac := range tacs {
		want, ok := truth[tac.Region]
		if !ok {
			continue
		}
		n++
		peak, part := slices.Max(want), 1.0
		if got := slices.Max(tac.BqPerML) / peak; math.Abs(got-0.5) < 0.1 {
			part = 0.5
		}
		for f := range want {
			if off := math.Abs(tac.BqPerML[f]-part*want[f]) / peak; !(off <= tolerance) {
				t.Errorf("%s frame %d: %g, want %g", tac.Region, f+1, tac.BqPerML[f], part*want[f])
			}
		}
	}
	if n != len(truth) {
		t.Errorf("%d of %d regions", n, len(truth))
	}
}

// goodBeside makes sure that a good series in the same folder still comes out.
func goodBeside(t *testing.T, bad string) {
	t.Helper()
	s := small()
	s.Folder = "good"
	dir := write(t, t.TempDir(), s, nil)
	files, err := filepath.Glob(filepath.Join(bad, "pet", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		whole, err := filepath.Abs(file)
		if err == nil {
			err = os.Symlink(whole, filepath.Join(dir, fmt.Sprint(i)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	series, err := ReadSeries(context.Background(), dir, nothing)
	if err != nil {
		t.Fatal(err)
	}
	for k, found := range series {
		if found.uid() != s.SeriesInstanceUID() {
			continue
		}
		c, _, err := ExtractDir(context.Background(), dir, labelled(s.Labels()), k+1, nothing)
		if err != nil || len(c.Frames) != len(s.Frames) {
			t.Errorf("the good series beside it: %v", err)
		}
		return
	}
	t.Error("the good series beside it is not found")
}
