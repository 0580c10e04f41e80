package phantom_test

import (
	"bytes"
	"fmt"
	"math"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/suyashkumar/dicom/pkg/tag"

	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

func TestZeroStudyIsTheKetamineStudy(t *testing.T) {
	scans := phantom.Study{}.Scans()
	if len(scans) != 4*2*3 {
		t.Fatalf("%d scans, want 24", len(scans))
	}
	uids, folders := map[string]bool{}, map[string]bool{}
	for _, s := range scans {
		uids[s.SeriesInstanceUID()], folders[s.Folder] = true, true
	}
	if len(uids) != 24 || len(folders) != 24 {
		t.Errorf("%d series in %d folders, want 24 in 24", len(uids), len(folders))
	}
	if got := scans[1].Folder; got != "sub-01/ses-baseline/trc-DASB" {
		t.Errorf("second scan in %s", got)
	}
}

func TestDefaultFramesCoverNinetyMinutesWithoutGaps(t *testing.T) {
	frames := phantom.DefaultFrames()
	for i, f := range frames[1:] {
		if f.Start != frames[i].End() {
			t.Errorf("frame %d starts at %v, the one before ends at %v", i+1, f.Start, frames[i].End())
		}
	}
	if last := frames[len(frames)-1]; len(frames) != 23 || last.End().Minutes() != 90 {
		t.Errorf("%d frames to %v", len(frames), last.End())
	}
}

// What a condition does to an animal is what the table says, exactly: the
// animal's own factor is the same in all conditions.
func TestConditionsChangeBindingAsTheTableSays(t *testing.T) {
	type change struct{ ketamine, nbqx float64 }
	want := map[phantom.Tracer]map[string]change{
		phantom.AZ10419369: {
			"Nucleus-Accumbens": {1.80 / 1.50, 1}, "Ventral-Pallidum": {2.16 / 1.80, 1}, "Putamen": {1, 1},
			"Caudate": {1, 1}, "Thalamus": {1, 1}, "Frontal-Cortex": {1, 1}, "Occipital-Cortex": {1, 1},
		},
		phantom.DASB: {
			"Nucleus-Accumbens": {0.8, 0.8}, "Ventral-Pallidum": {0.8, 0.8}, "Putamen": {0.8, 0.8},
			"Caudate": {0.8, 0.8}, "Thalamus": {0.8, 0.8}, "Frontal-Cortex": {0.29 / 0.36, 0.29 / 0.36},
		},
	}
	bp := map[string]float64{}
	scans := phantom.Study{Animals: 2}.Scans()
	key := func(s phantom.Scan, c phantom.Condition, region string) string {
		return fmt.Sprint(s.Animal, s.Tracer, c, region)
	}
	for _, s := range scans {
		for _, k := range s.Merged() {
			bp[key(s, s.Condition, k.Region)] = k.BPND
		}
	}
	for _, s := range scans {
		if got := len(s.Merged()); got != len(want[s.Tracer]) {
			t.Errorf("%s has %d regions, want %d", s.Tracer, got, len(want[s.Tracer]))
		}
		for region, c := range want[s.Tracer] {
			base := bp[key(s, phantom.Baseline, region)]
			near(t, region+" after ketamine", bp[key(s, phantom.Ketamine, region)]/base, c.ketamine, 1e-12)
			near(t, region+" after both", bp[key(s, phantom.NBQXKetamine, region)]/base, c.nbqx, 1e-12)
		}
	}
}

// 400 animals × 13 regions give 5200 draws: the mean is known to 0.09/√5200 =
// 0.00125 and the SD to 0.09/√10400 = 0.0009; the tolerances are four of those.
func TestAnimalsDifferByNinePercent(t *testing.T) {
	mean := map[string]float64{}
	for _, tracer := range phantom.Tracers() {
		for _, k := range (phantom.Series{Tracer: tracer}).Merged() {
			mean[string(tracer)+k.Region] = k.BPND
		}
	}
	sum, squares, n := 0.0, 0.0, 0.0
	for _, s := range (phantom.Study{Animals: 400}).Scans() {
		if s.Condition != phantom.Baseline {
			continue
		}
		for _, k := range s.Merged() {
			d := k.BPND/mean[string(s.Tracer)+k.Region] - 1
			sum, squares, n = sum+d, squares+d*d, n+1
		}
	}
	if n != 5200 {
		t.Fatalf("%v draws, want 5200", n)
	}
	near(t, "mean", sum/n, 0, 0.005)
	near(t, "SD", math.Sqrt(squares/n), 0.09, 0.0036)
}

func TestLeftAndRightHaveTheSameTruth(t *testing.T) {
	s := phantom.Study{}.Scans()[0]
	truth, merged := s.Truth(), s.Merged()
	if len(truth) != 2*len(merged) {
		t.Fatalf("%d labels for %d regions", len(truth), len(merged))
	}
	for i, k := range truth {
		of := merged[i/2]
		of.Region = []string{"Left-", "Right-"}[i%2] + of.Region
		if k != of {
			t.Errorf("%+v, want %+v", k, of)
		}
		near(t, "k2′", k.K2PrimePerMin(), 0.1, 1e-15)
	}
}

func TestRegionsAreLargeEnoughAndOnTheirSide(t *testing.T) {
	for _, tracer := range phantom.Tracers() {
		s := phantom.Series{Tracer: tracer}
		labels := s.Labels()
		count, across := map[int32]int{}, map[int32]float64{}
		n := labels.Geometry.Size
		for at, index := range labels.Index {
			i, j, k := at%n[0], at/n[0]%n[1], at/n[0]/n[1]
			count[index]++
			across[index] += labels.Geometry.Affine.Apply(float64(i), float64(j), float64(k))[0] - 1.5 // the head's middle
		}
		if got, want := len(labels.Names), len(s.Truth())+1; got != want {
			t.Errorf("%s has %d labels, want %d", tracer, got, want)
		}
		for index, name := range labels.Names {
			if count[index] < 12 {
				t.Errorf("%s has %d voxels, want 12 or more", name, count[index])
			}
			mean := across[index] / float64(count[index])
			if left, right := strings.HasPrefix(name, "Left-"), strings.HasPrefix(name, "Right-"); left != (mean < -1) || right != (mean > 1) {
				t.Errorf("the centre of %s is %.1f mm right of the middle", name, mean)
			}
		}
	}
}

// The volume of an ellipsoid is 4π/3 abc. Regions that met each other or
// left the head would have less. At ten voxels across the count of centres is
// within 3 %: found on these shapes, and less on finer grids.
func TestRegionVolumesAreThoseOfEllipsoids(t *testing.T) {
	labels := phantom.Series{Tracer: phantom.AZ10419369, Size: [3]int{192, 192, 96}}.Labels()
	voxel := math.Abs(labels.Geometry.Affine.Determinant())
	volume := map[string]float64{}
	for _, index := range labels.Index {
		volume[labels.Names[index]] += voxel
	}
	for name, axes := range map[string][3]float64{
		"Right-Nucleus-Accumbens": {2.8, 3.2, 3.2}, "Left-Ventral-Pallidum": {3, 3.5, 3},
		"Left-Putamen": {3.5, 9, 7}, "Left-Caudate": {3.5, 8, 5}, "Left-Occipital-Cortex": {8, 7, 8},
		"Right-Thalamus": {4.5, 6, 5}, "Cerebellum": {16, 10, 7}, "Right-Frontal-Cortex": {9, 9, 10},
	} {
		want := 4 * math.Pi / 3 * axes[0] * axes[1] * axes[2]
		near(t, name, volume[name], want, 0.03*want)
	}
}

// Each region's z is its mean's deviation over what the noise law gives; its
// mean square over 23 frames and 6 seeds, 138 draws, is 1 ± √(2/138) = 0.12.
// The tolerance is three and a half of that.
func TestNoiseOfRegionMeansFollowsTheLaw(t *testing.T) {
	pc := map[string]float64{ // kBq/mL min
		"Nucleus-Accumbens": 0.1, "Ventral-Pallidum": 0.05, "Putamen": 0.02, "Caudate": 0.02,
		"Thalamus": 0.02, "Frontal-Cortex": 0.01, "Cerebellum": 0.01,
	}
	const seeds = 6
	sum := map[string]float64{}
	for seed := range uint64(seeds) {
		s := phantom.Series{Seed: seed}
		got := regionMeans(t, s)
		s.NoNoise = true
		for region, truth := range regionMeans(t, s) {
			for i, f := range phantom.DefaultFrames() {
				c := truth[i] / 1000
				variance := pc[region] * c * math.Exp(math.Ln2/20.361*f.Mid().Minutes()) / f.Duration.Minutes()
				sum[region] += math.Pow((got[region][i]-truth[i])/1000, 2) / variance
			}
		}
	}
	for region := range pc {
		near(t, "mean square of z in "+region, sum[region]/float64(seeds*23), 1, 0.42)
	}
}

// regionMeans returns the mean over each region, left and right together, in
// each frame, of the values in the files.
func regionMeans(t *testing.T, s phantom.Series) map[string][]float64 {
	t.Helper()
	labels := s.Labels()
	frames := len(phantom.DefaultFrames())
	sums, count := map[string][]float64{}, map[string]float64{}
	for f := range s.Slices() {
		im := read(t, f.Data)
		plane := labels.Index[(f.Slot.Slice-1)*len(im.values) : f.Slot.Slice*len(im.values)]
		for i, index := range plane {
			if index == 0 {
				continue
			}
			region := strings.TrimPrefix(strings.TrimPrefix(labels.Names[index], "Left-"), "Right-")
			if sums[region] == nil {
				sums[region] = make([]float64, frames)
			}
			sums[region][f.Slot.Frame-1] += im.values[i]
			count[region]++
		}
	}
	for region := range sums {
		for i := range sums[region] {
			sums[region][i] /= count[region] / float64(frames)
		}
	}
	return sums
}

func TestVoxelNoiseIsIndependentAndHasNoBias(t *testing.T) {
	s := phantom.Series{Size: [3]int{64, 64, 16}, Frames: phantom.EvenFrames(1, 600e9)}
	labels := s.Labels()
	var values []float64
	for f := range s.Slices() {
		im := read(t, f.Data)
		for i, index := range labels.Index[(f.Slot.Slice-1)*64*64 : f.Slot.Slice*64*64] {
			if labels.Names[index] == phantom.Cerebellum {
				values = append(values, im.values[i])
			}
		}
	}
	n := float64(len(values))
	// By the law, with C the stored value, 5 min the middle of the frame.
	decaying := phantom.DASB.Reference().FrameMeans(s.Frames, phantom.CarbonHalfLife)[0]
	x := 10 * math.Ln2 / 20.361
	c := decaying / 1000 * x / -math.Expm1(-x)
	sd := math.Sqrt(n * 0.01 * c * math.Exp(x/2) / 10)
	mean, square, lag := 0.0, 0.0, 0.0
	for i, v := range values {
		z := (v/1000 - c) / sd
		mean, square = mean+z/n, square+z*z/n
		lag += z * (values[(i+1)%len(values)]/1000 - c) / sd / n
	}
	// Four standard errors of n draws.
	near(t, "mean of z", mean, 0, 4/math.Sqrt(n))
	near(t, "mean square of z", square, 1, 4*math.Sqrt(2/n))
	near(t, "correlation of neighbours", lag, 0, 4/math.Sqrt(n))
}

func TestAirIsZero(t *testing.T) {
	im := read(t, only(t, phantom.Series{}, ingest.Slot{Frame: 20, Slice: 8}).Data)
	for _, at := range []int{0, 63, 63 * 64, 64*64 - 1} {
		near(t, fmt.Sprintf("corner %d", at), im.values[at], 0, 0)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	files := func(seed uint64) map[string][]byte {
		scan := phantom.Study{Animals: 1, Base: phantom.Series{Seed: seed, Size: [3]int{16, 16, 3}}}.Scans()[3]
		all := map[string][]byte{}
		for f := range scan.Files() {
			all[f.Name] = f.Data
		}
		return all
	}
	first, again, other := files(7), files(7), files(8)
	if len(first) != 23*3+2 {
		t.Errorf("%d files, want 69 slices and 2 of regions", len(first))
	}
	for name, data := range first {
		if !bytes.Equal(data, again[name]) {
			t.Errorf("%s differs from run to run", name)
		}
		if path.Ext(name) == ".dcm" && bytes.Equal(data, other[name]) {
			t.Errorf("%s does not depend on the seed", name)
		}
	}
}

// A series too large to hold is made as it is asked for.
func TestFilesAreMadeAsTheyAreAskedFor(t *testing.T) {
	n := 0
	for f := range phantom.Large(260).Files() {
		if want := 2 * 128 * 128; len(f.Data) < want || len(f.Data) > want+4096 {
			t.Errorf("%d bytes, want %d and a header", len(f.Data), want)
		}
		if n++; n == 3 {
			break
		}
	}
}

func TestUIDsOfInstancesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range (phantom.Study{Animals: 1, Base: phantom.Series{Size: [3]int{4, 4, 2}}}).Scans()[:2] {
		for f := range s.Slices() {
			seen[read(t, f.Data).text(tag.SOPInstanceUID)] = true
		}
	}
	if want := 2 * 23 * 2; len(seen) != want {
		t.Errorf("%d UIDs, want %d", len(seen), want)
	}
}

func TestTracersOfASessionShareTheirStudy(t *testing.T) {
	scans := phantom.Study{Animals: 1}.Scans()
	if d := cmp.Diff(scans[0].StudyInstanceUID(), scans[1].StudyInstanceUID()); d != "" {
		t.Error(d)
	}
	if scans[0].StudyInstanceUID() == scans[2].StudyInstanceUID() {
		t.Error("baseline and ketamine are one study")
	}
}
