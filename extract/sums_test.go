package extract_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/ingest"
)

// minutes returns frames of one minute each, back to back.
func minutes(n int) []ingest.Frame {
	var frames []ingest.Frame
	for f := range n {
		frames = append(frames, ingest.Frame{Start: time.Duration(f) * time.Minute, Duration: time.Minute})
	}
	return frames
}

// twoRegions is a mask of two slices of 2 × 1 voxels: A has three of them, B
// one.
func twoRegions(t *testing.T) extract.Mask {
	g := ingest.Geometry{Size: [3]int{2, 1, 2}, Affine: cubes(1, 2, 0).Affine}
	return newMask(t, ingest.Labels{Geometry: g, Index: []int32{1, 1, 2, 1}, Names: map[int32]string{1: "A", 2: "B"}}, g)
}

// sumsOf returns the sums of two minutes in which A's mean is 10 and then 20,
// B's 4 and then −2.
func sumsOf(t *testing.T) *extract.Sums {
	s, err := extract.NewSums(2, twoRegions(t))
	if err != nil {
		t.Fatal(err)
	}
	copy(s.Slot(1, 1), []float64{99, 30, -2}) // what is summed of the background does not count
	copy(s.Slot(0, 0), []float64{99, 18, 0})
	copy(s.Slot(0, 1), []float64{99, 12, 4})
	copy(s.Slot(1, 0), []float64{99, 30, 0})
	return s
}

func TestMeansOfRegions(t *testing.T) {
	c, err := sumsOf(t).Curves(ingest.Timing{Frames: minutes(2), HalfLife: time.Hour, StoredNone: true}, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := extract.Curves{
		Frames: minutes(2), HalfLife: time.Hour, Units: extract.BqPerML, Decay: extract.Decay{StoredNone: true},
		TACs: []extract.TAC{
			{Region: "A", Index: 1, Voxels: 3, VolumeMM3: 24, BqPerML: []float64{10, 20}},
			{Region: "B", Index: 2, Voxels: 1, VolumeMM3: 8, BqPerML: []float64{4, -2}},
		},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func TestUnitsThatAreKnownScaleTheCurves(t *testing.T) {
	for _, c := range []struct {
		factor float64
		units  extract.Units
		first  float64
	}{
		{1, extract.BqPerML, 10},
		{1.5, extract.BqPerML, 15},
		{0, extract.Arbitrary, 10},
		{-1, extract.Arbitrary, 10},
		{math.NaN(), extract.Arbitrary, 10},
	} {
		got, err := sumsOf(t).Curves(ingest.Timing{Frames: minutes(2), HalfLife: time.Hour, StoredNone: true}, c.factor)
		if err != nil || got.Units != c.units || got.TACs[0].BqPerML[0] != c.first {
			t.Errorf("factor %v: %s, %v, %v", c.factor, got.Units, got.TACs[0].BqPerML, err)
		}
		if warned := len(got.Warnings) == 1 && got.Warnings[0].Code == ingest.WarnArbitrary; warned != (c.units == extract.Arbitrary) {
			t.Errorf("factor %v: warnings %+v", c.factor, got.Warnings)
		}
	}
}

// With a half-life of one minute the mean of 2^(−t) over the first minute is
// 1/(2 ln 2), and half of that over the second.
func TestStoredValuesLoseTheirCorrection(t *testing.T) {
	c, err := sumsOf(t).Curves(ingest.Timing{Frames: minutes(2), HalfLife: time.Minute}, 1)
	if err != nil {
		t.Fatal(err)
	}
	mean := 1 / (2 * math.Ln2)
	for f, want := range []float64{10 * mean, 20 * mean / 2} {
		if got := c.TACs[0].BqPerML[f]; math.Abs(got/want-1) > 1e-12 { // rounding
			t.Errorf("frame %d: %v, want %v", f+1, got, want)
		}
	}
}

func TestWithoutAHalfLifeCurvesStayAsStored(t *testing.T) {
	c, err := sumsOf(t).Curves(ingest.Timing{Frames: minutes(2)}, 1)
	if err != nil || len(c.Warnings) != 1 || c.Warnings[0].Code != ingest.WarnNoDecayKnown {
		t.Fatalf("%+v, %v", c.Warnings, err)
	}
	if diff := cmp.Diff([]float64{10, 20}, c.TACs[0].BqPerML); diff != "" {
		t.Error(diff)
	}
}

// Numbers of very different size do not add up alike in every order, but the
// curves are the same to the last bit.
func TestTheOrderOfSlicesDoesNotMatter(t *testing.T) {
	const frames, slices = 7, 11
	g := ingest.Geometry{Size: [3]int{1, 1, slices}, Affine: cubes(1, 1, 0).Affine}
	labels := ingest.Labels{Geometry: g, Index: make([]int32, slices)}
	for i := range labels.Index {
		labels.Index[i] = 1
	}
	mask := newMask(t, labels, g)
	values := rand.New(rand.NewPCG(1, 2))
	sums := make([]float64, frames*slices)
	for i := range sums {
		sums[i] = math.Exp(40 * values.NormFloat64())
	}
	curves := func(seed uint64) []float64 {
		s, err := extract.NewSums(frames, mask)
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for _, slot := range rand.New(rand.NewPCG(seed, 0)).Perm(frames * slices) {
			wait.Go(func() { s.Slot(slot/slices, slot%slices)[1] += sums[slot] })
		}
		wait.Wait()
		c, err := s.Curves(ingest.Timing{Frames: minutes(frames), StoredNone: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return c.TACs[0].BqPerML
	}
	want := curves(0)
	for seed := range uint64(5) {
		if diff := cmp.Diff(want, curves(seed+1)); diff != "" {
			t.Errorf("order %d: %s", seed+1, diff)
		}
	}
}

func TestReadingASliceAgainDoesNoHarm(t *testing.T) {
	s := sumsOf(t)
	again := s.Slot(1, 1)
	again[1] += 30
	again[2] -= 2
	c, err := s.Curves(ingest.Timing{Frames: minutes(2), HalfLife: time.Hour, StoredNone: true}, 1)
	if err != nil || c.TACs[0].BqPerML[1] != 20 || c.TACs[1].BqPerML[1] != -2 {
		t.Errorf("%+v, %v", c.TACs, err)
	}
}

func TestWhatNoCurvesCanBeMadeOf(t *testing.T) {
	mask := twoRegions(t)
	unread, err := extract.NewSums(1, mask)
	if err != nil {
		t.Fatal(err)
	}
	unread.Slot(0, 0)
	endless := sumsOf(t)
	endless.Slot(1, 0)[1] = math.Inf(1)
	overlapping := minutes(2)
	overlapping[1].Start = 0
	for _, c := range []struct {
		name   string
		sums   *extract.Sums
		timing ingest.Timing
		code   ingest.Code // CodeInternal: our own fault
	}{
		{"a slice that was not read", unread, ingest.Timing{Frames: minutes(1)}, ingest.CodeInternal},
		{"other frames", sumsOf(t), ingest.Timing{Frames: minutes(3)}, ingest.CodeInternal},
		{"frames that overlap", sumsOf(t), ingest.Timing{Frames: overlapping}, ingest.CodeOverlap},
		{"a mean without end", endless, ingest.Timing{Frames: minutes(2)}, ingest.CodeUnits},
		{"a correction beyond all numbers", sumsOf(t), ingest.Timing{Frames: minutes(2), HalfLife: time.Millisecond}, ingest.CodeTiming},
	} {
		if _, err := c.sums.Curves(c.timing, 1); err == nil || ingest.ReasonOf(err).Code != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	for _, frames := range []int{0, -1, 1 << 26, math.MaxInt} {
		if _, err := extract.NewSums(frames, mask); !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%d frames: %v", frames, err)
		}
	}
}
