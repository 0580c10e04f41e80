package extract_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/nifti"
)

// cubes returns the geometry of cubes with sides of mm millimetres; the centre
// of the first lies at the given distance from the origin on every axis.
func cubes(n int, mm, first float64) ingest.Geometry {
	return ingest.Geometry{Size: [3]int{n, n, n}, Affine: ingest.Affine{{mm, 0, 0, first}, {0, mm, 0, first}, {0, 0, mm, first}}}
}

// labelled returns labels whose voxel at (i, j, k) is what f says.
func labelled(g ingest.Geometry, names map[int32]string, f func(i, j, k int) int32) ingest.Labels {
	l := ingest.Labels{Geometry: g, Names: names}
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				l.Index = append(l.Index, f(i, j, k))
			}
		}
	}
	return l
}

func newMask(t testing.TB, labels ingest.Labels, pet ingest.Geometry) extract.Mask {
	t.Helper()
	m, err := extract.NewMask(ingest.Segmentation{Labels: &labels}, pet, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// numbers returns the region number of each of n pixels of a slice whose runs
// do not overlap and weigh 1.
func numbers(t testing.TB, m extract.Mask, slice, n int) []uint16 {
	t.Helper()
	got := make([]uint16, n)
	for _, r := range m.Slice(slice) {
		for i := r.First; i < r.End; i++ {
			if got[i] != 0 || r.Weight != 1 {
				t.Errorf("slice %d: %+v", slice, r)
			}
			got[i] = r.Region
		}
	}
	return got
}

// voxels returns how many voxels each region has.
func voxels(m extract.Mask) map[extract.Region]float64 {
	got := map[extract.Region]float64{}
	for _, e := range m.Regions {
		got[e.Region] = e.Voxels
	}
	return got
}

func TestLabelsOnThePETGridStayAsTheyAre(t *testing.T) {
	g := cubes(3, 2, 0)
	labels := labelled(g, map[int32]string{7: "A", 9: "B"}, func(i, j, k int) int32 {
		switch {
		case i == 2:
			return 9
		case k == 1 && j == 0:
			return 7
		}
		return 0
	})
	m := newMask(t, labels, g)
	want := []extract.Extent{
		{Region: "A", Index: 7, Voxels: 2, VolumeMM3: 16},
		{Region: "B", Index: 9, Voxels: 9, VolumeMM3: 72},
	}
	if diff := cmp.Diff(want, m.Regions); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]uint16{1, 1, 2, 0, 0, 2, 0, 0, 2}, numbers(t, m, 1, 9)); diff != "" {
		t.Errorf("slice 1, row by row: %s", diff)
	}
	if diff := cmp.Diff([]uint16{0, 0, 2, 0, 0, 2, 0, 0, 2}, numbers(t, m, 2, 9)); diff != "" {
		t.Errorf("slice 2: %s", diff)
	}
	if m.Slices() != 3 || len(m.Warnings) != 0 {
		t.Errorf("%d slices, warnings %v", m.Slices(), m.Warnings)
	}
}

// The same labels, kept along other axes, are the same labels.
func TestTheOrderOfAxesDoesNotMatter(t *testing.T) {
	pet := cubes(4, 2, -3)
	at := func(i, j, k int) int32 { return int32(i + 4*j + 16*k) }
	want := newMask(t, labelled(pet, nil, at), pet)
	flipped := pet
	flipped.Affine = ingest.Affine{{-2, 0, 0, 3}, {0, 2, 0, -3}, {0, 0, -2, 3}}
	turned := pet
	turned.Affine = ingest.Affine{{0, 0, 2, -3}, {2, 0, 0, -3}, {0, 2, 0, -3}}
	for name, labels := range map[string]ingest.Labels{
		"flipped": labelled(flipped, nil, func(i, j, k int) int32 { return at(3-i, j, 3-k) }),
		"turned":  labelled(turned, nil, func(i, j, k int) int32 { return at(k, i, j) }),
	} {
		got := newMask(t, labels, pet)
		for k := range 4 {
			if diff := cmp.Diff(want.Slice(k), got.Slice(k)); diff != "" {
				t.Errorf("%s, slice %d: %s", name, k, diff)
			}
		}
	}
}

// On a grid twice as fine, PET centres lie in the middle of eight labels. The
// upper one counts, whatever rounding does to the affine.
func TestTiesAreDecidedAlike(t *testing.T) {
	pet := cubes(4, 2, 1) // centres at 1, 3, 5, 7
	for _, shift := range []float64{0, 1e-5, -1e-5} {
		fine := cubes(8, 1, 0.5+shift) // centres at 0.5, 1.5, …: 1 lies between the first two
		labels := labelled(fine, nil, func(i, j, k int) int32 { return int32(1 + i%2 + 2*(j%2) + 4*(k%2)) })
		if got := voxels(newMask(t, labels, pet)); got["label-8"] != 64 {
			t.Errorf("shifted by %g mm: %v", shift, got)
		}
	}
}

func TestIndicesOfOneNameAreOneRegion(t *testing.T) {
	g := cubes(3, 1, 0)
	labels := labelled(g, map[int32]string{1: "Cortex", 2: "", 3: " Cortex "}, func(i, _, _ int) int32 { return int32(i + 1) })
	want := []extract.Extent{
		{Region: "Cortex", Index: 1, Voxels: 18, VolumeMM3: 18},
		{Region: "label-2", Index: 2, Voxels: 9, VolumeMM3: 9},
	}
	if diff := cmp.Diff(want, newMask(t, labels, g).Regions); diff != "" {
		t.Error(diff)
	}
}

func TestWhatThePETVolumeCutsIsNamed(t *testing.T) {
	pet := cubes(4, 1, 0)
	labels := labelled(cubes(8, 1, 0), map[int32]string{1: "In", 2: "Half", 3: "Out"}, func(i, j, k int) int32 {
		switch {
		case j > 3 || k > 3:
			return 0
		case i < 2:
			return 1
		case i < 6:
			return 2
		}
		return 3
	})
	m := newMask(t, labels, pet)
	want := []extract.Extent{
		{Region: "In", Index: 1, Voxels: 32, VolumeMM3: 32},
		{Region: "Half", Index: 2, Voxels: 32, VolumeMM3: 32, Cut: 0.5},
	}
	if diff := cmp.Diff(want, m.Regions); diff != "" {
		t.Error(diff)
	}
	warnings := []ingest.Warning{
		{Code: ingest.WarnRegionCut, Level: ingest.LevelWarn, Value: 0.5, Detail: "fraction of Half that lies outside the field of view"},
		{Code: ingest.WarnRegionCut, Level: ingest.LevelWarn, Value: 1, Detail: "Out lies outside the field of view and is left out"},
	}
	if diff := cmp.Diff(warnings, m.Warnings); diff != "" {
		t.Error(diff)
	}
}

// A label finer than the PET grid may miss every PET voxel's centre. The
// regions behind it are then numbered anew.
func TestARegionWithoutVoxelsIsLeftOut(t *testing.T) {
	pet := cubes(4, 4, 2) // centres at 2, 6, …
	labels := labelled(cubes(16, 1, 0), map[int32]string{1: "Thin", 2: "Rest"}, func(i, _, _ int) int32 {
		if i == 0 {
			return 1
		}
		return 2
	})
	m := newMask(t, labels, pet)
	if diff := cmp.Diff(map[extract.Region]float64{"Rest": 64}, voxels(m)); diff != "" {
		t.Error(diff)
	}
	if slices.ContainsFunc(numbers(t, m, 0, 16), func(n uint16) bool { return n != 1 }) {
		t.Errorf("numbers %v", m.Slice(0))
	}
	if len(m.Warnings) != 1 || m.Warnings[0].Code != ingest.WarnSmallRegion {
		t.Errorf("warnings %+v", m.Warnings)
	}
}

func TestWhatNoMaskCanBeMadeOf(t *testing.T) {
	g := cubes(3, 1, 0)
	one := func(int, int, int) int32 { return 1 }
	flat := g
	flat.Affine[2] = [4]float64{}
	for _, c := range []struct {
		name   string
		labels ingest.Labels
		pet    ingest.Geometry
		opts   extract.Options
		want   ingest.Code
	}{
		{"labels far away", labelled(cubes(3, 1, 200), nil, one), g, extract.Options{}, ingest.CodeRegionsElsewhere},
		{"labels between the centres", labelled(cubes(1, 0.1, 0.5), nil, one), g, extract.Options{}, ingest.CodeRegionsElsewhere},
		{"background alone", labelled(g, nil, func(int, int, int) int32 { return 0 }), g, extract.Options{}, ingest.CodeRegionsUnreadable},
		{"fewer labels than voxels", ingest.Labels{Geometry: g, Index: make([]int32, 26)}, g, extract.Options{}, ingest.CodeRegionsUnreadable},
		{"no grid at all", ingest.Labels{}, g, extract.Options{}, ingest.CodeRegionsUnreadable},
		{"labels without volume", labelled(flat, nil, one), g, extract.Options{}, ingest.CodeRegionsUnreadable},
		{"PET without volume", labelled(g, nil, one), flat, extract.Options{}, ingest.CodeGeometry},
		{"PET without voxels", labelled(g, nil, one), ingest.Geometry{Affine: g.Affine}, extract.Options{}, ingest.CodeTooLarge},
		{"PET that overflows", labelled(g, nil, one), ingest.Geometry{Size: [3]int{1 << 40, 1 << 40, 1 << 40}, Affine: g.Affine}, extract.Options{}, ingest.CodeTooLarge},
		{"PET beyond the limit", labelled(g, nil, one), g, extract.Options{MaxVoxels: 26}, ingest.CodeTooLarge},
		{"regions beyond the limit", labelled(g, nil, func(i, _, _ int) int32 { return int32(i + 1) }), g, extract.Options{MaxRegions: 2}, ingest.CodeRegionsUnreadable},
		{"a name with a tab", labelled(g, map[int32]string{1: "a\tb"}, one), g, extract.Options{}, ingest.CodeRegionsUnreadable},
		{"a name with a quote in front", labelled(g, map[int32]string{1: "\"a"}, one), g, extract.Options{}, ingest.CodeRegionsUnreadable},
		{"a name that means a time", labelled(g, map[int32]string{1: "frame_start"}, one), g, extract.Options{}, ingest.CodeRegionsUnreadable},
	} {
		_, err := extract.NewMask(ingest.Segmentation{Labels: &c.labels}, c.pet, c.opts)
		if !errors.Is(err, ingest.ErrRejected) || ingest.ReasonOf(err).Code != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// readRegions reads a label image with its look-up table.
func readRegions(t testing.TB, image, table string) ingest.Labels {
	t.Helper()
	labels, err := nifti.ReadLabels(bytes.NewReader(read(t, image)), nifti.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if labels.Names, err = nifti.ReadLUT(bytes.NewReader(read(t, table))); err != nil {
		t.Fatal(err)
	}
	return labels
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// An independent generator drew nine regions on a PET grid and, finer and
// turned, on an MRI grid, and counted their PET voxels itself.
func TestMasksOfAnotherProgram(t *testing.T) {
	pet := ingest.Geometry{Size: [3]int{32, 32, 16}, Affine: ingest.Affine{{-4.2, 0, 0, 68.8}, {0, -4.2, 0, 59.8}, {0, 0, 5, 774.9}}}
	same := map[extract.Region]float64{
		"Nucleus-Accumbens-L": 4, "Nucleus-Accumbens-R": 4, "Ventral-Pallidum-L": 6, "Ventral-Pallidum-R": 6, "Caudate": 28,
		"Putamen": 32, "Thalamus": 32, "Cerebellum": 144, "Cortex": 872,
	}
	turned := map[extract.Region]float64{
		"Nucleus-Accumbens-L": 4, "Nucleus-Accumbens-R": 4, "Ventral-Pallidum-L": 4, "Ventral-Pallidum-R": 5, "Caudate": 28,
		"Putamen": 33, "Thalamus": 31, "Cerebellum": 146, "Cortex": 877,
	}
	folder := filepath.Join("..", "ingest", "nifti", "testdata")
	for file, want := range map[string]map[extract.Region]float64{
		"space-pet_dseg.nii.gz": same, "space-pet_desc-ras_dseg.nii.gz": same, "space-T1w_dseg.nii.gz": turned,
	} {
		labels := readRegions(t, filepath.Join(folder, file), filepath.Join(folder, "dseg.tsv"))
		m := newMask(t, labels, pet)
		if diff := cmp.Diff(want, voxels(m)); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
		for _, e := range m.Regions {
			if want := e.Voxels * 4.2 * 4.2 * 5; math.Abs(e.VolumeMM3/want-1) > 1e-12 { // rounding
				t.Errorf("%s: %s has %v mm³, want %v", file, e.Region, e.VolumeMM3, want)
			}
		}
	}
}

// A scanner's grid against labels as fine as an MRI's: 400 × 400 × 109 voxels
// and 256³ labels in 100 regions.
func BenchmarkNewMask(b *testing.B) {
	labels := labelled(cubes(256, 1, -127.5), nil, func(i, j, k int) int32 {
		if (i-128)*(i-128)+(j-128)*(j-128)+(k-128)*(k-128) > 80*80 {
			return 0
		}
		return int32(1 + i/26 + 10*(j/26))
	})
	pet := ingest.Geometry{Size: [3]int{400, 400, 109}, Affine: ingest.Affine{{-1, 0.01, 0, 200}, {0.01, -1, 0, 200}, {0, 0, 2, -109}}}
	for b.Loop() {
		if _, err := extract.NewMask(ingest.Segmentation{Labels: &labels}, pet, extract.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
