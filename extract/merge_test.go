package extract_test

import (
	"errors"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/ingest"
)

// named returns curves of one frame: region number n, from 1, has n voxels of
// 10 mm³ and the value n.
func named(regions ...extract.Region) extract.Curves {
	c := extract.Curves{Frames: minutes(1)}
	for at, r := range regions {
		n := float64(at + 1)
		c.TACs = append(c.TACs, extract.TAC{Region: r, Index: int32(n), Voxels: n, VolumeMM3: 10 * n, BqPerML: []float64{n}})
	}
	return c
}

// added returns the curves that a later step appended.
func added(t *testing.T, before, after extract.Curves) []extract.TAC {
	t.Helper()
	n := len(before.TACs)
	if diff := cmp.Diff(before.TACs, after.TACs[:n]); diff != "" {
		t.Errorf("curves that were there have changed: %s", diff)
	}
	return after.TACs[n:]
}

func TestPairsOfLeftAndRight(t *testing.T) {
	for _, c := range []struct{ left, right, want extract.Region }{
		{"Left-Putamen", "Right-Putamen", "Putamen"},
		{"Left-Accumbens-area", "Right-Accumbens-area", "Accumbens-area"},
		{"left_cerebellum_cortex", "right_cerebellum_cortex", "cerebellum_cortex"},
		{"Nucleus-Accumbens-L", "Nucleus-Accumbens-R", "Nucleus-Accumbens"},
		{"Caudate_L", "Caudate_R", "Caudate"},
		{"Caudate.L", "Caudate.R", "Caudate"},
		{"lh.insula", "rh.insula", "insula"},
		{"ctx-lh-insula", "ctx-rh-insula", "ctx-insula"},
		{"ctx_lh_insula", "ctx_rh_insula", "ctx_insula"},
		{"wm-lh-insula", "wm-rh-insula", "wm-insula"},
		{"Thalamus left", "Thalamus right", "Thalamus"},
		{"L Thalamus", "R Thalamus", "Thalamus"},
		{"LEFT-Putamen", "right-Putamen", "Putamen"},
		{"Putamen lh", "Putamen rh", "Putamen"},
	} {
		before := named(c.left, c.right)
		want := []extract.TAC{{
			Region: c.want, Voxels: 3, VolumeMM3: 30, Parts: []extract.Region{c.left, c.right},
			BqPerML: []float64{5.0 / 3}, // (1·1 + 2·2) / (1 + 2)
		}}
		if diff := cmp.Diff(want, added(t, before, before.WithBilateral()), nearly); diff != "" {
			t.Errorf("%s and %s: %s", c.left, c.right, diff)
		}
	}
}

// nearly leaves room for rounding.
var nearly = cmp.Comparer(func(a, b float64) bool { return a == b || a-b < rounding && b-a < rounding })

func TestWhatIsNoPair(t *testing.T) {
	for name, regions := range map[string][]extract.Region{
		"one side":                     {"Left-Putamen", "Cerebellum"},
		"two lefts":                    {"Left-Putamen", "left-Putamen"},
		"other spellings of a side":    {"Left-Putamen", "R-Putamen"},
		"a side at another place":      {"Left-Putamen", "Putamen-Right"},
		"sides within words":           {"Leftover", "Rightover"},
		"nothing but the side":         {"Left", "Right"},
		"a region of that name exists": {"Left-Putamen", "Right-Putamen", "putamen"},
		"the middle of the brain":      {"Brain-Stem", "3rd-Ventricle", "Vermis"},
		"a base that means a time":     {"Left-frame_end", "Right-frame_end"},
		"odd names":                    {"-", "--", "L-", "-R", "ctx-lh", "ctx"},
	} {
		before := named(regions...)
		if got := added(t, before, before.WithBilateral()); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPairsComeInTheOrderOfTheirFirstParts(t *testing.T) {
	before := named("Right-B", "Left-A", "Mid", "Left-B", "Right-A", "A-L", "A-R")
	var got []extract.Region
	for _, tac := range added(t, before, before.WithBilateral()) {
		got = append(got, tac.Region)
	}
	if diff := cmp.Diff([]extract.Region{"B", "A"}, got); diff != "" { // A-L and A-R would give A again
		t.Error(diff)
	}
	if again := before.WithBilateral().WithBilateral(); len(again.TACs) != 9 {
		t.Errorf("the second time adds %d", len(again.TACs)-9)
	}
}

func TestRulesMergeRegions(t *testing.T) {
	before := named("Left-Cerebellum-Cortex", "Right-Cerebellum-Cortex", "Left-Cerebellum-White", "Caudate", "Putamen")
	after, err := before.WithMerged(map[string][]string{
		"Striatum":   {"putamen", "caudate", "c*date"}, // a region counts once
		"Reference":  {"*-cerebellum-c?rtex"},
		"Everything": {"*"},
	})
	if err != nil || len(after.Warnings) != 0 {
		t.Fatalf("%v, %v", after.Warnings, err)
	}
	want := []extract.TAC{
		{Region: "Everything", Voxels: 15, VolumeMM3: 150, BqPerML: []float64{55.0 / 15}, Parts: []extract.Region{"Left-Cerebellum-Cortex", "Right-Cerebellum-Cortex", "Left-Cerebellum-White", "Caudate", "Putamen"}},
		{Region: "Reference", Voxels: 3, VolumeMM3: 30, BqPerML: []float64{5.0 / 3}, Parts: []extract.Region{"Left-Cerebellum-Cortex", "Right-Cerebellum-Cortex"}},
		{Region: "Striatum", Voxels: 9, VolumeMM3: 90, BqPerML: []float64{41.0 / 9}, Parts: []extract.Region{"Caudate", "Putamen"}},
	}
	if diff := cmp.Diff(want, added(t, before, after), nearly); diff != "" {
		t.Error(diff)
	}
}

func TestAMergedRegionStandsForItsParts(t *testing.T) {
	pairs := named("Left-Caudate", "Right-Caudate", "Putamen").WithBilateral()
	after, err := pairs.WithMerged(map[string][]string{"Striatum": {"caudate", "putamen"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []extract.Region{"Left-Caudate", "Right-Caudate", "Putamen"}
	if diff := cmp.Diff(want, added(t, pairs, after)[0].Parts); diff != "" {
		t.Error(diff)
	}
}

func TestRulesThatDoNotApplySaySo(t *testing.T) {
	before := named("Caudate", "Putamen")
	for _, c := range []struct {
		name            string
		rules           map[string][]string
		added, warnings int
	}{
		{"the name exists", map[string][]string{"putamen": {"Caudate"}}, 0, 1},
		{"nothing matches", map[string][]string{"Striatum": {"nothing", "no*"}}, 0, 2},
		{"one pattern matches", map[string][]string{"Striatum": {"nothing", "caudate"}}, 1, 1},
		{"an empty rule", map[string][]string{"Striatum": nil}, 0, 0},
		{"no rules", nil, 0, 0},
	} {
		after, err := before.WithMerged(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		if got := added(t, before, after); len(got) != c.added || len(after.Warnings) != c.warnings {
			t.Errorf("%s: %d curves, warnings %+v", c.name, len(got), after.Warnings)
		}
	}
	if _, err := before.WithMerged(map[string][]string{"x": {"[a"}}); !errors.Is(err, path.ErrBadPattern) {
		t.Errorf("a pattern without an end: %v", err)
	}
}

// Adding to the same curves twice must not let one result write into another.
func TestMergingSharesNothing(t *testing.T) {
	before := named("Left-A", "Right-A", "Left-B", "Right-B")
	before.TACs = append(make([]extract.TAC, 0, 20), before.TACs...)
	before.Warnings = make([]ingest.Warning, 0, 20)
	pairs := before.WithBilateral()
	if _, err := before.WithMerged(map[string][]string{"All": {"*", "none"}}); err != nil {
		t.Fatal(err)
	}
	if pairs.TACs[4].Region != "A" {
		t.Errorf("overwritten by %s", pairs.TACs[4].Region)
	}
}

// A bare table knows no volumes: then all parts weigh the same.
func TestPartsOfUnknownSizeWeighTheSame(t *testing.T) {
	before := named("Left-A", "Right-A")
	before.TACs[0].Voxels = 0
	if got := added(t, before, before.WithBilateral())[0].BqPerML[0]; got != 1.5 {
		t.Errorf("mean of 1 and 2 is %v", got)
	}
}

// A rule may say Caudate for both sides before they are merged, unless a region
// is called so.
func TestARuleNamesBothSides(t *testing.T) {
	for _, tt := range []struct {
		regions, parts []extract.Region
	}{
		{[]extract.Region{"Left-Caudate", "Right-Caudate", "lh-putamen", "rh-putamen", "Left-Pallidum"}, []extract.Region{"Left-Caudate", "Right-Caudate", "lh-putamen", "rh-putamen"}},
		{[]extract.Region{"Left-Caudate", "Right-Caudate", "caudate"}, []extract.Region{"caudate"}},
		{[]extract.Region{"Left-Caudate", "Putamen"}, []extract.Region{"Putamen"}},
	} {
		before := named(tt.regions...)
		after, err := before.WithMerged(map[string][]string{"Striatum": {"Caudate", "put*"}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.parts, added(t, before, after)[0].Parts); diff != "" {
			t.Error(diff)
		}
	}
}
