package extract_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/config/figures"
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

// On a grid twice as fine each PET voxel holds eight labels, whatever rounding
// does to the affine.
func TestFinerLabelsShareTheVoxels(t *testing.T) {
	pet := cubes(4, 2, 1) // centres at 1, 3, 5, 7
	for _, shift := range []float64{0, 1e-5, -1e-5} {
		fine := cubes(8, 1, 0.5+shift) // centres at 0.5, 1.5, …: 1 lies between the first two
		labels := labelled(fine, nil, func(i, j, k int) int32 { return int32(1 + i%2 + 2*(j%2) + 4*(k%2)) })
		m := newMask(t, labels, pet)
		for name, n := range voxels(m) {
			if n != 8 || len(m.Regions) != 8 {
				t.Errorf("shifted by %g mm: %s has %v voxels, want 64/8", shift, name, n)
			}
		}
	}
}

// A label that covers half of a PET voxel has half of it, one that covers a
// corner an eighth.
func TestHalfAVoxelWeighsAHalf(t *testing.T) {
	pet := cubes(2, 2, 0) // from -1 to 3
	labels := labelled(ingest.Geometry{Size: [3]int{1, 1, 1}, Affine: ingest.Affine{{1, 0, 0, 0.5}, {0, 2, 0, 0}, {0, 0, 2, 0}}}, nil, func(int, int, int) int32 { return 1 })
	want := []ingest.Run{{First: 0, End: 1, Region: 1, Weight: 0.5}}
	if diff := cmp.Diff(want, newMask(t, labels, pet).Slice(0)); diff != "" {
		t.Errorf("half: %s", diff)
	}
	labels.Geometry = cubes(1, 2, 1) // from 0 to 2 along every axis: an eighth of each voxel
	m := newMask(t, labels, pet)
	want = []ingest.Run{{First: 0, End: 4, Region: 1, Weight: 0.125}}
	for k := range 2 {
		if diff := cmp.Diff(want, m.Slice(k)); diff != "" {
			t.Errorf("corner, slice %d: %s", k, diff)
		}
	}
}

// However a cube is turned and moved inside the PET volume, its volume stays.
func TestATurnedCubeKeepsItsVolume(t *testing.T) {
	row := figures.Accuracy(t, "volume of a turned cube", 6)
	off := row.AtMost("at most # %")
	pet := cubes(20, 2.3, -22)
	for _, degrees := range []float64{0, 7, 30, 45, 60, 90} {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		g := ingest.Geometry{Size: [3]int{14, 14, 14}, Affine: ingest.Affine{
			{cos * 1.1, -sin * 1.1, 0, -7.7*cos + 7.7*sin + 0.37}, {sin * 1.1, cos * 1.1, 0, -7.7*sin - 7.7*cos - 0.21}, {0, 0, 1.1, -7.3},
		}}
		m := newMask(t, labelled(g, nil, func(int, int, int) int32 { return 1 }), pet)
		off.Add(100 * math.Abs(m.Regions[0].VolumeMM3/math.Pow(14*1.1, 3)-1))
		if want := math.Pow(14*1.1, 3); math.Abs(m.Regions[0].VolumeMM3/want-1) > 0.01 {
			t.Errorf("turned by %g°: %.1f mm³, want %.1f", degrees, m.Regions[0].VolumeMM3, want)
		}
	}
}

// layer returns a layer that fills its box with one weight.
func layer(index int32, name string, first, size [3]int, weight uint16) ingest.Layer {
	return ingest.Layer{Index: index, Name: name, First: first, Size: size, Weight: slices.Repeat([]uint16{weight}, size[0]*size[1]*size[2])}
}

// On the PET grid layers keep their weights, and overlapping ones count each
// by itself; parts of one name add up, to 1 at most.
func TestLayersMayOverlap(t *testing.T) {
	g := cubes(4, 2, 0)
	layers := ingest.Layers{Geometry: g, Regions: []ingest.Layer{
		layer(1, "A", [3]int{0, 0, 0}, [3]int{2, 1, 1}, ingest.FullWeight),
		layer(2, "B", [3]int{1, 0, 0}, [3]int{2, 1, 1}, 13107), // a fifth
		layer(3, "A", [3]int{1, 0, 0}, [3]int{1, 2, 1}, ingest.FullWeight),
	}}
	m, err := extract.NewMask(ingest.Segmentation{Layers: &layers}, g, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []ingest.Run{
		{First: 0, End: 2, Region: 1, Weight: 1}, {First: 1, End: 3, Region: 2, Weight: 0.2}, {First: 5, End: 6, Region: 1, Weight: 1},
	}
	if diff := cmp.Diff(want, m.Slice(0)); diff != "" {
		t.Error(diff)
	}
	if got := voxels(m); got["A"] != 3 || math.Abs(got["B"]-0.4) > 1e-7 {
		t.Errorf("voxels %v", got)
	}
}

// A layer on a coarser and shifted grid gives each PET voxel its share.
func TestLayersOnAnotherGridShareTheVoxels(t *testing.T) {
	layers := ingest.Layers{Geometry: cubes(2, 4, 1.5), Regions: []ingest.Layer{layer(1, "A", [3]int{0, 0, 0}, [3]int{1, 1, 1}, 32768)}}
	m, err := extract.NewMask(ingest.Segmentation{Layers: &layers}, cubes(4, 1, 0), extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// The voxel from -0.5 to 3.5 is all of the PET volume, at half weight.
	if got := voxels(m)["A"]; math.Abs(got-64*32768./65535) > 1e-4 || m.Regions[0].Cut != 0 {
		t.Errorf("%v voxels, cut %v", got, m.Regions[0].Cut)
	}
}

// square returns a square contour about the origin at a height.
func square(half, z float64) ingest.Contour {
	return ingest.Contour{{-half, -half, z}, {half, -half, z}, {half, half, z}, {-half, half, z}}
}

// Contours take the voxels whose centres they hold; one within another is a
// hole; slices between planes take the nearest, and those beyond nothing.
func TestOutlinesHoldCentresAndHoles(t *testing.T) {
	pet := cubes(9, 1, -4) // centres from -4 to 4
	outlines := ingest.Outlines{Regions: []ingest.Outline{
		{Index: 1, Name: "Ring", Contours: []ingest.Contour{square(2.2, 0), square(1.2, 0)}},
		{Index: 2, Name: "Stack", Contours: []ingest.Contour{square(1.2, -3), square(0.2, 1)}},
	}}
	m, err := extract.NewMask(ingest.Segmentation{Outlines: &outlines}, pet, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := voxels(m); got["Ring"] != 25-9 || got["Stack"] != 3*9+4*1 {
		// Planes 4 mm apart reach 2 mm: slices -4, -3 and -2 from -3, where -5
		// would be the first, and -1, 0, 1 and 2 from 1.
		t.Errorf("voxels %v", got)
	}
}

// Contours that lie between the slices are a doubt that says how far, and of
// which regions; what headers round to 0.01 mm is none.
func TestContoursBetweenSlicesAreSaid(t *testing.T) {
	pet := cubes(9, 2, -8) // slices at -8, -6, ... 8 mm
	stack := func(name string, off float64) ingest.Outline {
		return ingest.Outline{Index: int32(len(name)), Name: name, Contours: []ingest.Contour{
			square(3, -2+off), square(3, off), square(3, 2+off),
		}}
	}
	for _, tt := range []struct {
		name     string
		outlines []ingest.Outline
		want     string
	}{
		{"on the slices", []ingest.Outline{stack("A", 0)}, ""},
		{"rounded to 0.01 mm, both ways", []ingest.Outline{stack("A", 0.01), stack("BB", -0.01)}, ""},
		{"half a slice off, and less", []ingest.Outline{stack("A", 1), stack("BB", 0), stack("CCC", -0.4)},
			"Contours of 2 regions lie between the slices of the image, up to 1 mm off, where rounding explains 0.1 mm; " +
				"they are filled in the nearest slice: A (1 mm), CCC (0.4 mm)."},
		{"thinner than slices: each counts by its height", []ingest.Outline{{Index: 1, Name: "A", Contours: []ingest.Contour{
			square(3, -0.5), square(3, 0.5), square(3, 1.5)}}}, ""},
		{"beyond the volume", []ingest.Outline{stack("A", 0), {
			Index: 2, Name: "BB", Contours: []ingest.Contour{square(3, 8), square(3, 10), square(3, 13)},
		}}, ""},
	} {
		m, err := extract.NewMask(ingest.Segmentation{Outlines: &ingest.Outlines{Regions: tt.outlines}}, pet,
			extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, w := range m.Warnings {
			if w.Code == ingest.WarnContours && w.Level == ingest.LevelDoubt {
				got += w.Detail
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Planes closer than slices fill slices in part; a contour that is there twice
// is no hole; planes far apart are separate pieces, and that is said.
func TestOutlinesFillWhatTheyStandFor(t *testing.T) {
	pet := cubes(9, 1, -4)
	turned := square(1.2, 0)
	slices.Reverse(turned)
	for _, c := range []struct {
		name     string
		contours []ingest.Contour
		voxels   float64
		warns    ingest.Level
	}{
		{"six planes of a quarter, from -0.25 to 1.25", []ingest.Contour{
			square(1.2, -0.125), square(1.2, 0.125), square(1.2, 0.375), square(1.2, 0.625), square(1.2, 0.875), square(1.2, 1.125),
		}, 9 * 1.5, ""},
		{"planes two apart", []ingest.Contour{square(1.2, -2), square(1.2, 0), square(1.2, 2)}, 9 * 6, ""},
		{"planes between slices", []ingest.Contour{square(1.2, -0.5), square(1.2, 0.5), square(1.2, 1.5)}, 9 * 3, ingest.LevelDoubt},
		{"drawn twice", []ingest.Contour{square(1.2, 0), turned, square(0.4, 0)}, 9 - 1, ingest.LevelNotice},
		{"planes four apart", []ingest.Contour{square(1.2, -4), square(1.2, 0)}, 9 * 6, ingest.LevelWarn},
		{"two pieces", []ingest.Contour{square(1.2, -3), square(1.2, -2), square(1.2, 2), square(1.2, 3)}, 9 * 4, ingest.LevelWarn},
	} {
		outlines := ingest.Outlines{Regions: []ingest.Outline{{Index: 1, Name: "A", Contours: c.contours}}}
		m, err := extract.NewMask(ingest.Segmentation{Outlines: &outlines}, pet, extract.Options{})
		if err != nil {
			t.Fatal(err)
		}
		level := ingest.Level("")
		for _, w := range m.Warnings {
			if w.Code == ingest.WarnContours {
				level = w.Level
			}
		}
		if math.Abs(voxels(m)["A"]-c.voxels) > 1e-6 || level != c.warns {
			t.Errorf("%s: %v voxels, want %v; %+v", c.name, voxels(m)["A"], c.voxels, m.Warnings)
		}
	}
}

// A cylinder drawn in planes tilted against the slices keeps its volume.
func TestTiltedOutlinesKeepTheirVolume(t *testing.T) {
	pet := cubes(30, 1.5, -22)
	sin, cos := math.Sincos(25 * math.Pi / 180)
	var contours []ingest.Contour
	for h := range 9 { // planes 2 mm apart make 18 mm
		var c ingest.Contour
		for n := range 90 {
			x, y := math.Sincos(float64(n) * math.Pi / 45)
			x, y = 9*x, 9*y
			z := float64(2*h - 8)
			c = append(c, ingest.Vec{x, cos*y - sin*z, sin*y + cos*z})
		}
		contours = append(contours, c)
	}
	outlines := ingest.Outlines{Regions: []ingest.Outline{{Index: 1, Name: "Cylinder", Contours: contours}}}
	m, err := extract.NewMask(ingest.Segmentation{Outlines: &outlines}, pet, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Pi * 81 * 18; math.Abs(m.Regions[0].VolumeMM3/want-1) > 0.02 {
		t.Errorf("%.0f mm³, want %.0f", m.Regions[0].VolumeMM3, want)
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
		{Code: ingest.WarnRegionCut, Level: ingest.LevelWarn, Value: 0.5, Detail: "Of region Half 50 % lies outside the field of view."},
		{Code: ingest.WarnRegionCut, Level: ingest.LevelWarn, Value: 1, Detail: "Region Out lies outside the field of view and is left out."},
	}
	if diff := cmp.Diff(warnings, m.Warnings); diff != "" {
		t.Error(diff)
	}
}

// A label much finer than the PET grid may miss every sample. The regions
// behind it are then numbered anew.
func TestARegionWithoutVoxelsIsLeftOut(t *testing.T) {
	pet := cubes(1, 4, 2) // from 0 to 4
	labels := labelled(cubes(40, 0.1, 0.05), map[int32]string{1: "Speck", 2: "Rest"}, func(i, j, k int) int32 {
		if i == 10 && j == 21 && k == 32 { // one in 64,000
			return 1
		}
		return 2
	})
	m := newMask(t, labels, pet)
	if diff := cmp.Diff(map[extract.Region]float64{"Rest": 1}, voxels(m)); diff != "" {
		t.Error(diff)
	}
	if got := numbers(t, m, 0, 1); got[0] != 1 {
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

// turned checks that regions on a finer and turned grid keep the volume of
// their own voxels, each within a part of it.
func turned(t *testing.T, labels ingest.Labels, m extract.Mask, within float64) (off float64) {
	t.Helper()
	own := map[string]float64{}
	for _, index := range labels.Index {
		own[labels.Names[index]] += math.Abs(labels.Geometry.Affine.Determinant())
	}
	for _, e := range m.Regions {
		off = math.Max(off, math.Abs(e.VolumeMM3/own[string(e.Region)]-1))
		if want := own[string(e.Region)]; math.Abs(e.VolumeMM3/want-1) > within {
			t.Errorf("%s has %.1f mm³ on the PET grid, %.1f on its own", e.Region, e.VolumeMM3, want)
		}
	}
	return off
}

// An independent generator drew nine regions on a PET grid and, finer and
// turned, on an MRI grid, and counted their PET voxels itself.
func TestMasksOfAnotherProgram(t *testing.T) {
	pet := ingest.Geometry{Size: [3]int{32, 32, 16}, Affine: ingest.Affine{{-4.2, 0, 0, 68.8}, {0, -4.2, 0, 59.8}, {0, 0, 5, 774.9}}}
	same := map[extract.Region]float64{
		"Nucleus-Accumbens-L": 4, "Nucleus-Accumbens-R": 4, "Ventral-Pallidum-L": 6, "Ventral-Pallidum-R": 6, "Caudate": 28,
		"Putamen": 32, "Thalamus": 32, "Cerebellum": 144, "Cortex": 872,
	}
	folder := filepath.Join("..", "ingest", "nifti", "testdata")
	for file, want := range map[string]map[extract.Region]float64{
		"space-pet_dseg.nii.gz": same, "space-pet_desc-ras_dseg.nii.gz": same,
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

func TestTurnedMasksOfAnotherProgram(t *testing.T) {
	pet := ingest.Geometry{Size: [3]int{32, 32, 16}, Affine: ingest.Affine{{-4.2, 0, 0, 68.8}, {0, -4.2, 0, 59.8}, {0, 0, 5, 774.9}}}
	folder := filepath.Join("..", "ingest", "nifti", "testdata")
	labels := readRegions(t, filepath.Join(folder, "space-T1w_dseg.nii.gz"), filepath.Join(folder, "dseg.tsv"))
	m := newMask(t, labels, pet)
	if len(m.Regions) != 9 {
		t.Errorf("%d regions", len(m.Regions))
	}
	turned(t, labels, m, 0.01)
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

// The same labels, stored along other axes, in other directions and from
// another first voxel, cover the same PET voxels: those where a label's centre
// lies, found here by the coordinates of both.
func TestLabelsStoredAnotherWayRound(t *testing.T) {
	pet := ingest.Geometry{Size: [3]int{5, 4, 3}, Affine: ingest.Affine{{2, 0, 0, -7}, {0, 2, 0, 3}, {0, 0, 2, 11}}}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, axes := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for flips := range 8 {
			g := ingest.Geometry{Size: [3]int{3 + rng.IntN(4), 3 + rng.IntN(4), 3 + rng.IntN(4)}}
			for a, axis := range axes {
				step := 2.0
				if flips>>a&1 == 1 {
					step = -2
				}
				g.Affine[a][axis] = step
				g.Affine[a][3] = pet.Affine[a][3] + 2*float64(rng.IntN(3)-1) + 1e-5
				if step < 0 {
					g.Affine[a][3] += 2 * float64(g.Size[axis]-1)
				}
			}
			want := map[[3]int]uint16{}
			labels := labelled(g, nil, func(i, j, k int) int32 {
				index := int32(rng.IntN(4))
				var at [3]int
				for a, x := range g.Affine.Apply(float64(i), float64(j), float64(k)) {
					at[a] = int(math.Round((x - pet.Affine[a][3]) / 2))
				}
				want[at] = uint16(index)
				return index
			})
			m := newMask(t, labels, pet)
			for k := range pet.Size[2] {
				got := numbers(t, m, k, pet.Size[0]*pet.Size[1])
				for at, n := range got {
					if n != want[[3]int{at % pet.Size[0], at / pet.Size[0], k}] {
						t.Errorf("axes %v, flips %03b: voxel %d of slice %d is in region %d", axes, flips, at, k, n)
					}
				}
			}
		}
	}
}
