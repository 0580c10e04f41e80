package fit_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// The human [11C]DASB scans of OpenNeuro ds001420 (CC0), with SRTM as the
// dataset's own tables have it.
const ds001420 = "../../shared/data/ds001420"

// realScan reads the curves of a scan. They are taken as they stand, without
// decay, as the dataset's own fits took them.
func realScan(t *testing.T, name string) fit.Scan {
	t.Helper()
	f, err := os.Open(filepath.Join(ds001420, name+"_tacs.tsv"))
	if err != nil {
		t.Skipf("no shared data: %v", err)
	}
	defer f.Close()
	curves, err := extract.ReadTSV(f)
	if err != nil {
		t.Fatal(err)
	}
	return fit.Scan{Frames: curves.Frames, TACs: curves.TACs, Reference: "reference"}
}

// publishedBPND reads BPND by region from a table of the dataset.
func publishedBPND(t *testing.T, name string) map[extract.Region]float64 {
	t.Helper()
	f, err := os.Open(filepath.Join(ds001420, name+"_km-srtm.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rows[0], "BPnd")
	found := map[extract.Region]float64{}
	for _, row := range rows[1:] {
		found[extract.Region(row[0])] = number(t, row[at])
	}
	return found
}

// Another program's SRTM, with even weights too, on real curves: within 1 % in
// the median, where BPND is above 0.3. What is left is that it samples the
// reference at mid-time.
func TestAgreesWithThePublishedFits(t *testing.T) {
	for _, name := range []string{"sub-02_ses-baseline", "sub-02_ses-rescan"} {
		t.Run(name, func(t *testing.T) {
			scan := realScan(t, name)
			estimates, err := fit.SRTM{Weighting: fit.Uniform}.Fit(scan)
			if err != nil {
				t.Fatal(err)
			}
			theirs := publishedBPND(t, name)
			var off []float64
			for _, e := range estimates {
				if want, ok := theirs[e.Region]; ok && want > 0.3 && want < 10 {
					bpnd, _ := e.Get(fit.BPND)
					off = append(off, 100*math.Abs(bpnd/want-1))
				}
			}
			slices.Sort(off)
			t.Logf("%d regions, median %.2f %%, 90 %% within %.2f %%", len(off), off[len(off)/2], off[len(off)*9/10])
			if len(off) < 40 || off[len(off)/2] > 1 {
				t.Errorf("median of |difference| %.2f %% over %d regions, want 1 %% over 40 or more", off[len(off)/2], len(off))
			}
		})
	}
}

// The first person's baseline scan is abnormal: no model may take it in
// silence.
func TestTheAbnormalScanIsFlagged(t *testing.T) {
	scan := realScan(t, "sub-01_ses-baseline")
	estimates, err := fit.SRTM{}.Fit(scan)
	if err != nil {
		t.Fatal(err)
	}
	flagged := 0
	for _, e := range estimates {
		bpnd, _ := e.Get(fit.BPND)
		if len(e.Warnings) > 0 {
			flagged++
		}
		doubted := slices.ContainsFunc(e.Warnings, func(w ingest.Warning) bool { return w.Level == ingest.LevelDoubt })
		if (math.IsNaN(bpnd) || math.Abs(bpnd) > 8) && !doubted {
			t.Errorf("%s: BPND %g without doubt: %v", e.Region, bpnd, e.Warnings)
		}
	}
	if flagged < len(estimates)/2 {
		t.Errorf("%d of %d regions have a warning", flagged, len(estimates))
	}
}

// midFrameSRTM is SRTM as kinfitr computes it, for this comparison only: the
// reference as straight lines between (0, 0) and the frames' middles on 1024
// points, a discrete convolution that counts both ends in full, the model at
// the frames' middles, all values corrected for decay and weighted evenly.
func midFrameSRTM(mids, ref, target []float64) (bpnd float64) {
	const points = 1024
	step := mids[len(mids)-1] / (points - 1)
	grid := make([]float64, points)
	for i, at := 0, 0; i < points; i++ {
		t, before, from := float64(i)*step, 0.0, 0.0
		for at < len(mids)-1 && mids[at] < t {
			at++
		}
		if at > 0 {
			before, from = mids[at-1], ref[at-1]
		}
		grid[i] = from + (ref[at]-from)*(t-before)/(mids[at]-before)
	}
	best := math.Inf(1)
	at := func(values []float64, t float64) float64 {
		i := min(int(t/step), points-2)
		x := t/step - float64(i)
		return values[i] + x*(values[i+1]-values[i])
	}
	e, r, convolved := make([]float64, len(mids)), make([]float64, len(mids)), make([]float64, points)
	for i, t := range mids {
		r[i] = at(grid, t)
	}
	try := func(theta float64) {
		decay, state := math.Exp(-theta*step), 0.0
		for i, v := range grid {
			state = state*decay + v
			convolved[i] = state * step
		}
		for i, t := range mids {
			e[i] = at(convolved, t)
		}
		var aa, ab, bb, ay, by, yy float64
		for i, y := range target {
			aa += r[i] * r[i]
			ab += r[i] * e[i]
			bb += e[i] * e[i]
			ay += r[i] * y
			by += e[i] * y
			yy += y * y
		}
		det := aa*bb - ab*ab
		r1, c := (bb*ay-ab*by)/det, (aa*by-ab*ay)/det
		if rss := yy - r1*ay - c*by; rss < best {
			best, bpnd = rss, r1+c/theta-1
		}
	}
	for ln := math.Log(1e-3); ln < 0; ln += 0.001 {
		try(math.Exp(ln))
	}
	return bpnd
}

// With the others' numerics what is left of the difference of 0.7 % is half or
// less: 0.35 and 0.27 %. The rest, beyond 0.3 % in one scan, is not explained.
func TestTheDifferenceIsNumerics(t *testing.T) {
	for _, name := range []string{"sub-02_ses-baseline", "sub-02_ses-rescan"} {
		scan := realScan(t, name)
		theirs := publishedBPND(t, name)
		var mids, ref []float64
		corrected := func(u []float64) []float64 {
			list := make([]float64, len(u))
			for i, f := range scan.Frames {
				list[i] = u[i] * f.DecayFactor(scan.HalfLife, 0)
			}
			return list
		}
		for _, f := range scan.Frames {
			mids = append(mids, f.Mid().Minutes())
		}
		for _, c := range scan.TACs {
			if c.Region == scan.Reference {
				ref = corrected(c.BqPerML)
			}
		}
		var off []float64
		for _, c := range scan.TACs {
			if want, ok := theirs[c.Region]; ok && want > 0.3 && want < 10 && c.Region != scan.Reference {
				off = append(off, 100*math.Abs(midFrameSRTM(mids, ref, corrected(c.BqPerML))/want-1))
			}
		}
		slices.Sort(off)
		t.Logf("%s: %d regions, median %.2f %%, 90 %% within %.2f %%", name, len(off), off[len(off)/2], off[len(off)*9/10])
		if off[len(off)/2] > 0.36 {
			t.Errorf("%s: median %.2f %%", name, off[len(off)/2])
		}
	}
}
