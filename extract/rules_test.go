package extract_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/ingest"
)

// A cube of 5³ voxels of 2 mm loses its outer layer to 2 mm and, to 4 mm,
// everything but its middle.
func TestErosionTakesOffABall(t *testing.T) {
	g := cubes(9, 2, 0)
	labels := labelled(g, map[int32]string{1: "Cube", 2: "Rest"}, func(i, j, k int) int32 {
		if i >= 2 && i < 7 && j >= 2 && j < 7 && k >= 2 && k < 7 {
			return 1
		}
		return 2
	})
	whole := newMask(t, labels, g)
	for mm, want := range map[float64]float64{1.9: 125, 2: 27, 3.9: 27, 4: 1} {
		m, err := whole.Under(extract.Rules{Erode: map[string]float64{"cube": mm}}, g)
		if err != nil {
			t.Fatal(err)
		}
		got := voxels(m)
		if got["Cube"] != want || got["Rest"] != 729-125 || math.Abs(m.Regions[0].VolumeMM3-8*want) > 1e-9 {
			t.Errorf("%g mm: %v, %g mm³, want %v voxels", mm, got, m.Regions[0].VolumeMM3, want)
		}
	}
	if voxels(whole)["Cube"] != 125 {
		t.Error("the mask itself was eroded")
	}
	for mm, code := range map[float64]ingest.Code{6: ingest.CodeRegionsUnreadable, -1: ingest.CodeRegionsUnreadable, math.NaN(): ingest.CodeRegionsUnreadable} {
		if _, err := whole.Under(extract.Rules{Erode: map[string]float64{"Cube": mm}}, g); ingest.ReasonOf(err).Code != code {
			t.Errorf("%g mm: %v", mm, err)
		}
	}
	m, err := whole.Under(extract.Rules{Erode: map[string]float64{"nobody": 2}}, g)
	if err != nil || len(m.Warnings) != len(whole.Warnings)+1 {
		t.Errorf("nobody: %v, %v", m.Warnings, err)
	}
}

// weightsOf returns the weight of each voxel of a grid in the first region.
func weightsOf(m extract.Mask, size [3]int) []float64 {
	weights := make([]float64, size[0]*size[1]*size[2])
	for k := range m.Slices() {
		for _, r := range m.Slice(k) {
			for p := r.First; r.Region == 1 && p < r.End; p++ {
				weights[k*size[0]*size[1]+int(p)] = float64(r.Weight)
			}
		}
	}
	return weights
}

// The least weight of the ball about each voxel, found by looking at each.
func TestErosionTakesTheLeastWeightOfABall(t *testing.T) {
	g := ingest.Geometry{Size: [3]int{13, 11, 9}, Affine: ingest.Affine{{2}, {0, 1.5}, {0, 0, 2.5}}}
	random := rand.New(rand.NewPCG(1, 2))
	l := layer(1, "A", [3]int{}, g.Size, 0)
	for i := range l.Weight {
		l.Weight[i] = []uint16{0, 20000, 40000, ingest.FullWeight, ingest.FullWeight, ingest.FullWeight, ingest.FullWeight, ingest.FullWeight}[random.IntN(8)]
	}
	whole, err := extract.NewMask(ingest.Segmentation{Layers: &ingest.Layers{Geometry: g, Regions: []ingest.Layer{l}}}, g, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(w []float64, i, j, k int) float64 {
		if i < 0 || j < 0 || k < 0 || i >= g.Size[0] || j >= g.Size[1] || k >= g.Size[2] {
			return 0
		}
		return w[(k*g.Size[1]+j)*g.Size[0]+i]
	}
	for _, mm := range []float64{1.6, 2.1, 3} {
		m, err := whole.Under(extract.Rules{Erode: map[string]float64{"A": mm}}, g)
		if err != nil {
			t.Fatal(err)
		}
		before, after := weightsOf(whole, g.Size), weightsOf(m, g.Size)
		for k := range g.Size[2] {
			for j := range g.Size[1] {
				for i := range g.Size[0] {
					want := at(before, i, j, k)
					for dk := -2; dk <= 2; dk++ {
						for dj := -2; dj <= 2; dj++ {
							for di := -2; di <= 2; di++ {
								if math.Hypot(math.Hypot(2*float64(di), 1.5*float64(dj)), 2.5*float64(dk)) <= mm {
									want = min(want, at(before, i+di, j+dj, k+dk))
								}
							}
						}
					}
					if got := at(after, i, j, k); got != want {
						t.Fatalf("%g mm: voxel %d %d %d has %v, want %v", mm, i, j, k, got, want)
					}
				}
			}
		}
	}
}

// Of layers that overlap the union counts each voxel once; regions that do not
// are left to the curves.
func TestOverlappingRegionsAreUnited(t *testing.T) {
	g := cubes(4, 2, 0)
	layers := ingest.Layers{Geometry: g, Regions: []ingest.Layer{
		layer(1, "A", [3]int{0, 0, 0}, [3]int{3, 1, 1}, ingest.FullWeight),
		layer(2, "B", [3]int{2, 0, 0}, [3]int{2, 1, 1}, ingest.FullWeight),
		layer(3, "C", [3]int{0, 1, 0}, [3]int{1, 1, 1}, ingest.FullWeight),
	}}
	whole, err := extract.NewMask(ingest.Segmentation{Layers: &layers}, g, extract.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := whole.Under(extract.Rules{Merge: map[string][]string{"AB": {"a", "b"}, "BC": {"b", "c"}}}, g)
	if err != nil {
		t.Fatal(err)
	}
	want := extract.Extent{Region: "AB", Voxels: 4, VolumeMM3: 32, Parts: []extract.Region{"A", "B"}}
	if len(m.Regions) != 4 || cmp.Diff(want, m.Regions[3]) != "" {
		t.Errorf("regions %+v", m.Regions)
	}
	for i, name := range []string{"Left-Putamen", "Right-Putamen"} {
		layers.Regions[i].Name = name
	}
	if whole, err = extract.NewMask(ingest.Segmentation{Layers: &layers}, g, extract.Options{}); err != nil {
		t.Fatal(err)
	}
	sides, err := whole.Under(extract.Rules{}, g)
	want.Region, want.Parts = "Putamen", []extract.Region{"Left-Putamen", "Right-Putamen"}
	if err != nil || len(sides.Regions) != 4 || cmp.Diff(want, sides.Regions[3]) != "" {
		t.Errorf("left and right that overlap: %+v, %v", sides.Regions, err)
	}
	if ruled, err := whole.Under(extract.Rules{Merge: map[string][]string{"putamen": {"C"}}}, g); err != nil || len(ruled.Regions) != 3 {
		t.Errorf("a rule of that name comes first: %+v, %v", ruled.Regions, err)
	}
	if _, err := whole.Under(extract.Rules{Merge: map[string][]string{"x": {"[a"}}}, g); !errors.Is(err, path.ErrBadPattern) {
		t.Errorf("a pattern without an end: %v", err)
	}
}
