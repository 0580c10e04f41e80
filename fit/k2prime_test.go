package fit_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/fit"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// k2PrimeScan reads one of the scans with regions that do not share k2′.
func k2PrimeScan(t *testing.T, set string, n int) fit.Scan {
	t.Helper()
	f, err := os.Open(filepath.Join("../../shared/data/field/k2prime", fmt.Sprintf("%s_scan-%02d_tacs.tsv", set, n)))
	if err != nil {
		t.Skipf("no shared data: %v", err)
	}
	defer f.Close()
	corrected, _, err := table.Read(f, table.Hints{})
	if err != nil {
		t.Fatal(err)
	}
	curves, err := extract.FromCorrected(corrected, phantom.CarbonHalfLife, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fit.NewScan(curves, "ref")
}

// sharedModels are those that k2′ of all regions feeds.
func sharedModels() []fit.Model { return []fit.Model{fit.SRTM2{}, fit.MRTM2{}, fit.LoganRef{}} }

// Regions that are no one-tissue regions of the same k2′, as many as the sound
// ones, neither bias the sound ones by 2 % nor lower the cover of their intervals
// under 92 %.
func TestOtherRegionsDoNotSpoilK2Prime(t *testing.T) {
	var truth struct {
		Regions map[extract.Region]struct{ BPnd float64 } `json:"regions"`
	}
	for _, set := range []string{"clean", "two-tissue-4", "two-tissue-12", "other-k2prime-12"} {
		for _, model := range sharedModels() {
			t.Run(set+"/"+model.Name(), func(t *testing.T) {
				text, err := os.ReadFile("../../shared/data/field/k2prime/truth.json")
				if err != nil {
					t.Skipf("no shared data: %v", err)
				}
				if err := json.Unmarshal(text, &truth); err != nil {
					t.Fatal(err)
				}
				off, covered, n := 0.0, 0.0, 0.0
				for scan := 1; scan <= 15; scan++ {
					estimates, err := model.Fit(k2PrimeScan(t, set, scan))
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range estimates {
						want, sound := truth.Regions[e.Region]
						if !sound {
							continue
						}
						value, _ := e.Get(fit.BPND)
						off, n = off+value/want.BPnd-1, n+1
						if low, high := e.Interval(0.95); low <= want.BPnd && want.BPnd <= high {
							covered++
						}
					}
				}
				t.Logf("mean error %.2f %%, cover %.1f %%", 100*off/n, 100*covered/n)
				if math.Abs(off/n) > 0.02 || covered/n < 0.92 {
					t.Errorf("mean error %.2f %%, cover %.1f %%", 100*off/n, 100*covered/n)
				}
			})
		}
	}
}

// On a real scan and its rescan the shared k2′ differs less than SRTM's estimates
// do: over the regions whose BPND the dataset puts above 0.3 in both.
func TestSharedK2PrimeRepeatsAsWellAsSRTM(t *testing.T) {
	names := [2]string{"sub-02_ses-baseline", "sub-02_ses-rescan"}
	var scans [2]fit.Scan
	for i, name := range names {
		scans[i] = realScan(t, name)
	}
	first, second := publishedBPND(t, names[0]), publishedBPND(t, names[1])
	difference := func(m fit.Model) float64 {
		var estimates [2][]fit.Estimate
		for i := range scans {
			var err error
			if estimates[i], err = m.Fit(scans[i]); err != nil {
				t.Fatal(err)
			}
		}
		sum, n := 0.0, 0.0
		for i, e := range estimates[0] {
			if !(first[e.Region] > 0.3 && second[e.Region] > 0.3) {
				continue
			}
			a, _ := e.Get(fit.BPND)
			b, _ := estimates[1][i].Get(fit.BPND)
			sum, n = sum+2*math.Abs(a-b)/math.Abs(a+b), n+1
		}
		return sum / n
	}
	alone := difference(fit.SRTM{})
	for _, m := range sharedModels() {
		d := difference(m)
		t.Logf("%s: %.1f %%, SRTM %.1f %%", m.Name(), 100*d, 100*alone)
		if d > alone {
			t.Errorf("%s: baseline and rescan differ by %.1f %%, by SRTM %.1f %%", m.Name(), 100*d, 100*alone)
		}
	}
}

// twelve draws a scan of twelve regions over 93 min. Noise is that of a frame 45
// min after injection, as a fraction; common multiplies all curves of a frame.
func twelve(rng *rand.Rand, noise, refNoise, common float64) (s fit.Scan, bpnd []float64) {
	frames, ref := schedule(8, 10, 5, 20, 4, 30, 4, 60, 4, 180, 12, 360), phantom.DASB.Reference()
	s = fit.Scan{Frames: frames, HalfLife: phantom.CarbonHalfLife, Reference: "reference"}
	add := func(name extract.Region, u []float64, noise float64) {
		q := 0.0
		for i, f := range frames {
			if f.Start <= 45*time.Minute && f.End() > 45*time.Minute {
				q = noise * noise * u[i] * f.Duration.Minutes()
			}
		}
		s.TACs = append(s.TACs, extract.TAC{Region: name, BqPerML: noisy(rng, u, frames, q)})
	}
	add("reference", ref.FrameMeans(frames, s.HalfLife), refNoise)
	for i := range 12 {
		r1 := 0.8 + 0.03*float64(i)
		k := phantom.Kinetics{R1: r1, K2PerMin: 0.065 * r1, BPND: 0.4 + 0.15*float64(5*i%12)}
		bpnd = append(bpnd, k.BPND)
		add(extract.Region(fmt.Sprintf("region %d", i)), k.FrameMeans(ref, frames, s.HalfLife), noise)
	}
	for f := range frames {
		factor := 1 + common*rng.NormFloat64()
		for i := range s.TACs {
			s.TACs[i].BqPerML[f] *= factor
		}
	}
	return s, bpnd
}

// Noise that all regions of a frame have in common, and a reference as noisy as
// the regions, are in the intervals. Seed 14, 6; 120 scans of twelve regions.
func TestIntervalsKnowCommonNoise(t *testing.T) {
	const draws = 120
	for _, x := range []struct {
		name                    string
		noise, refNoise, common float64
		models                  []fit.Model
	}{
		{"2 % common to a frame", 0.03, 0.01, 0.02, sharedModels()},
		{"reference as noisy", 0.05, 0.05, 0, []fit.Model{fit.SRTM{}, fit.SRTM2{}, fit.MRTM2{}}},
	} {
		rng, covered := rand.New(rand.NewPCG(14, 6)), make([]float64, len(x.models))
		for range draws {
			scan, bpnd := twelve(rng, x.noise, x.refNoise, x.common)
			for m, model := range x.models {
				estimates, err := model.Fit(scan)
				if err != nil {
					t.Fatal(err)
				}
				for i, e := range estimates {
					if low, high := e.Interval(0.95); low <= bpnd[i] && bpnd[i] <= high {
						covered[m] += 1.0 / (draws * 12)
					}
				}
			}
		}
		for m, model := range x.models {
			t.Logf("%s, %s: cover %.1f %%", x.name, model.Name(), 100*covered[m])
			if covered[m] < 0.93 {
				t.Errorf("%s, %s: cover %.1f %%, want 93 %%", x.name, model.Name(), 100*covered[m])
			}
		}
	}
}

// slowRegion is a scan in which one of the regions has a k2′ of its own.
func slowRegion() fit.Scan {
	rng := rand.New(rand.NewPCG(5, 5))
	s, _ := twelve(rng, 0.01, 0.003, 0)
	k := phantom.Kinetics{R1: 1, K2PerMin: 0.035, BPND: 1}
	u := k.FrameMeans(phantom.DASB.Reference(), s.Frames, s.HalfLife)
	s.TACs = append(s.TACs, extract.TAC{Region: "other", BqPerML: u})
	return s
}

// A region with a k2′ of its own is named, and the others are not.
func TestARegionWithItsOwnK2PrimeIsNamed(t *testing.T) {
	for _, model := range sharedModels() {
		estimates, err := model.Fit(slowRegion())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range estimates {
			named := false
			for _, w := range e.Warnings {
				named = named || w.Code == ingest.WarnK2PrimeSpread
			}
			if named != (e.Region == "other") {
				t.Errorf("%s: K2PRIME_SPREAD of %s: %v", model.Name(), e.Region, named)
			}
		}
	}
}

// The spread of a k2′ that was given goes into the standard errors: as much as
// BPND moves with k2′.
func TestSpreadOfAGivenK2Prime(t *testing.T) {
	const k, sd, small = 0.065, 0.005, 1e-5
	models := func(k, sd float64) []fit.Model {
		return []fit.Model{
			fit.SRTM2{K2PrimePerMin: k, K2PrimeSDPerMin: sd}, fit.MRTM2{K2PrimePerMin: k, K2PrimeSDPerMin: sd},
			fit.LoganRef{K2PrimePerMin: k, K2PrimeSDPerMin: sd, TStar: 30 * time.Minute},
		}
	}
	scan, _ := twelve(rand.New(rand.NewPCG(7, 7)), 0.03, 0.01, 0)
	bpnd := func(m fit.Model) (value, se, through float64) {
		estimates, err := m.Fit(scan)
		if err != nil {
			t.Fatal(err)
		}
		value, se = estimates[0].Get(fit.BPND)
		return value, se, estimates[0].K2PrimeSE
	}
	for i, m := range models(k, sd) {
		value, se, through := bpnd(m)
		known, seKnown, _ := bpnd(models(k, 0)[i])
		moved, _, _ := bpnd(models(k+small, 0)[i])
		want := math.Abs(moved-known) / small * sd
		if value != known || math.Abs(through/want-1) > 0.05 || math.Abs(se/math.Hypot(seKnown, want)-1) > 0.02 {
			t.Errorf("%s: BPND %g and %g; SE %g, of it %g from k2′, want %g and %g", m.Name(), value, known, se, through, math.Hypot(seKnown, want), want)
		}
	}
	if _, err := (fit.SRTM2{K2PrimePerMin: k, K2PrimeSDPerMin: k}).Fit(scan); err == nil {
		t.Error("a spread as large as k2′ is taken")
	}
}

// A region that is made of others which are there too says nothing new: k2′ and its
// error stay what they are, whether parts or names tell so. Seed 3.
func TestWhatIsMadeOfOthersDoesNotVote(t *testing.T) {
	s, _ := twelve(rand.New(rand.NewPCG(3, 3)), 0.03, 0.01, 0)
	for i := range s.TACs[1:] {
		side := [2]extract.Region{"Left-", "Right-"}[i%2]
		s.TACs[1+i].Region = side + extract.Region(fmt.Sprintf("Region%d", i/2))
	}
	k2Prime := func(s fit.Scan) (value, se float64) {
		estimates, err := fit.SRTM2{}.Fit(s)
		if err != nil {
			t.Fatal(err)
		}
		return estimates[0].Get(fit.K2Prime)
	}
	value, se := k2Prime(s)
	for _, parts := range []bool{true, false} {
		with := s
		with.TACs = slices.Clone(s.TACs)
		for i := 1; i < len(s.TACs); i += 2 {
			a, b := s.TACs[i], s.TACs[i+1]
			name := extract.Region(fmt.Sprintf("Region%d", i/2))
			merged := extract.TAC{Region: name}
			if parts {
				merged.Region, merged.Parts = "both-"+name, []extract.Region{a.Region, b.Region}
			}
			for f := range a.BqPerML {
				merged.BqPerML = append(merged.BqPerML, (a.BqPerML[f]+b.BqPerML[f])/2)
			}
			with.TACs = append(with.TACs, merged)
		}
		if v, e := k2Prime(with); math.Abs(v/value-1) > 1e-6 || math.Abs(e/se-1) > 1e-6 {
			t.Errorf("parts %v: k2′ %g ± %g with merged regions, %g ± %g without", parts, v, e, value, se)
		}
	}
}
