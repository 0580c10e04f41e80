package mgh_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/iotest"

	"tacstream/ingest"
	"tacstream/ingest/mgh"
)

// An image is what a test writes into an MGH file, after the description at
// https://surfer.nmr.mgh.harvard.edu/fswiki/FsTutorial/MghFormat.
type image struct {
	version int32
	size    [4]int32 // width, height, depth, frames
	kind    int32
	good    int16
	delta   [3]float32
	mdc     [9]float32 // x_r x_a x_s y_r … z_s
	centre  [3]float32
	voxels  any // a slice of the type of kind
	footer  []byte
}

// bytes writes everything big-endian, as FreeSurfer does.
func (i image) bytes(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, v := range []any{i.version, i.size, i.kind, int32(0), i.good, i.delta, i.mdc, i.centre} {
		if err := binary.Write(&b, binary.BigEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	b.Write(make([]byte, 284-b.Len()))
	if err := binary.Write(&b, binary.BigEndian, i.voxels); err != nil {
		t.Fatal(err)
	}
	b.Write(i.footer)
	return b.Bytes()
}

// conformed is an image with the axes that FreeSurfer gives every volume: columns
// to the left, rows down, slices to the front.
func conformed() image {
	return image{
		version: 1, size: [4]int32{2, 3, 4, 1}, good: 1, delta: [3]float32{1, 2, 3},
		mdc: [9]float32{-1, 0, 0, 0, 0, -1, 0, 1, 0}, centre: [3]float32{10, -20, 30},
		voxels: make([]uint8, 24),
	}
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestEveryTypeOfVoxel(t *testing.T) {
	want := make([]int32, 24)
	for i := range want {
		want[i] = int32(i * 5)
	}
	uchar, short, ushort, whole, float := make([]uint8, 24), make([]int16, 24), make([]uint16, 24), make([]int32, 24), make([]float32, 24)
	for i, v := range want {
		uchar[i], short[i], ushort[i], whole[i], float[i] = uint8(v), int16(v), uint16(v), v, float32(v)
	}
	for kind, voxels := range map[int32]any{0: uchar, 1: whole, 3: float, 4: short, 10: ushort} {
		in := conformed()
		in.kind, in.voxels, in.footer = kind, voxels, []byte("scan parameters and tags")
		for name, data := range map[string][]byte{"plain": in.bytes(t), "gzipped": zipped(t, in.bytes(t))} {
			got, err := mgh.ReadLabels(iotest.HalfReader(bytes.NewReader(data)))
			if err != nil || !slices.Equal(got.Index, want) || got.Geometry.Size != [3]int{2, 3, 4} || len(got.Warnings) > 0 {
				t.Errorf("type %d, %s: %v, %v", kind, name, got, err)
			}
			if grid := mgh.GridOf(data); grid != [3]int{2, 3, 4} {
				t.Errorf("type %d, %s: grid %v", kind, name, grid)
			}
		}
	}
}

// The centre of the volume lies where the header says, half the size from voxel
// zero, and each axis points where its unit vector does.
func TestPositions(t *testing.T) {
	got, err := mgh.ReadLabels(bytes.NewReader(conformed().bytes(t)))
	if err != nil {
		t.Fatal(err)
	}
	a := got.Geometry.Affine
	for _, c := range []struct {
		voxel [3]float64
		want  [3]float64
	}{
		{[3]float64{1, 1.5, 2}, [3]float64{10, -20, 30}},
		{[3]float64{0, 1.5, 2}, [3]float64{11, -20, 30}},
		{[3]float64{1, 0.5, 2}, [3]float64{10, -20, 32}},
		{[3]float64{1, 1.5, 3}, [3]float64{10, -17, 30}},
	} {
		if p := a.Apply(c.voxel[0], c.voxel[1], c.voxel[2]); [3]float64(p) != c.want {
			t.Errorf("voxel %v lies at %v, want %v", c.voxel, p, c.want)
		}
	}
}

func TestWhatIsOddIsSaid(t *testing.T) {
	in := conformed()
	in.good, in.delta, in.mdc, in.centre = 0, [3]float32{}, [9]float32{}, [3]float32{}
	got, err := mgh.ReadLabels(bytes.NewReader(in.bytes(t)))
	if err != nil || len(got.Warnings) != 1 || got.Warnings[0].Code != ingest.WarnLabels || got.Warnings[0].Level != ingest.LevelDoubt {
		t.Errorf("an image without place: %v, %v", got.Warnings, err)
	}
	in = conformed()
	voxels := make([]float32, 24)
	voxels[0], voxels[1], voxels[2] = -1, float32(math.NaN()), 7
	in.kind, in.voxels = 3, voxels
	got, err = mgh.ReadLabels(bytes.NewReader(in.bytes(t)))
	if err != nil || len(got.Warnings) != 1 || got.Warnings[0].Value != 2 || got.Index[0] != 0 || got.Index[1] != 0 || got.Index[2] != 7 {
		t.Errorf("odd voxels: %v, %v, %v", got.Index, got.Warnings, err)
	}
}

func TestBrokenImagesAreRejected(t *testing.T) {
	with := func(change func(*image)) []byte { in := conformed(); change(&in); return in.bytes(t) }
	float := func(v float32) func(*image) {
		return func(i *image) { voxels := make([]float32, 24); voxels[5] = v; i.kind, i.voxels = 3, voxels }
	}
	whole := zipped(t, conformed().bytes(t))
	wrongSum := slices.Clone(whole)
	wrongSum[len(wrongSum)-8]++
	for name, data := range map[string][]byte{
		"empty":                     {},
		"a header cut off":          conformed().bytes(t)[:200],
		"voxels cut off":            conformed().bytes(t)[:300],
		"gzip cut off":              whole[:len(whole)/2],
		"a wrong checksum":          wrongSum,
		"no gzip":                   {0x1f, 0x8b, 0, 0},
		"another version":           with(func(i *image) { i.version = 2 }),
		"no columns":                with(func(i *image) { i.size[0] = 0 }),
		"a negative size":           with(func(i *image) { i.size[1] = -3 }),
		"a huge size":               with(func(i *image) { i.size = [4]int32{math.MaxInt32, math.MaxInt32, math.MaxInt32, 1} }),
		"two frames":                with(func(i *image) { i.size[3] = 2 }),
		"a type that is not known":  with(func(i *image) { i.kind = 7 }),
		"voxels without a side":     with(func(i *image) { i.delta[2] = 0 }),
		"axes that are no numbers":  with(func(i *image) { i.mdc[0] = float32(math.NaN()) }),
		"a centre beyond any body":  with(func(i *image) { i.centre[0] = 1e9 }),
		"two axes that are one":     with(func(i *image) { i.mdc = [9]float32{1, 0, 0, 1, 0, 0, 0, 0, 1} }),
		"half a label":              with(float(1.5)),
		"an infinite label":         with(float(float32(math.Inf(1)))),
		"an infinitely small label": with(float(float32(math.Inf(-1)))),
		"a label beyond 31 bits":    with(float(3e9)),
		"much after the voxels":     with(func(i *image) { i.footer = make([]byte, 17<<20) }),
	} {
		if _, err := mgh.ReadLabels(bytes.NewReader(data)); ingest.ReasonOf(err).Code != ingest.CodeRegionsUnreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABrokenConnectionIsNoBrokenFile(t *testing.T) {
	away := errors.New("the connection is gone")
	r := iotest.ErrReader(away)
	if _, err := mgh.ReadLabels(r); !errors.Is(err, away) || errors.Is(err, ingest.ErrRejected) {
		t.Error(err)
	}
}

// Only images whose numbers are FreeSurfer's own are named without a table.
func TestNames(t *testing.T) {
	names := mgh.Names("sub-1/mri/aparc+aseg.mgz")
	for index, want := range map[int32]string{
		8: "Left-Cerebellum-Cortex", 47: "Right-Cerebellum-Cortex", 26: "Left-Accumbens-area", 58: "Right-Accumbens-area",
		16: "Brain-Stem", 1024: "ctx-lh-precentral", 2035: "ctx-rh-insula", 0: "", 3: "Left-Cerebral-Cortex",
	} {
		if names[index] != want {
			t.Errorf("index %d is %q, want %q", index, names[index], want)
		}
	}
	if len(names) != 117 {
		t.Errorf("%d names", len(names))
	}
	for _, key := range []string{"a/wmparc.mgz", "a/aparc.a2009s+aseg.mgz", "a/sub-1_dseg.mgz"} {
		if mgh.Names(key) != nil {
			t.Errorf("%s has names of its own", key)
		}
	}
	for key, want := range map[string]string{
		"a/aparc+aseg.mgz": "[a/aparc+aseg.tsv]", "a/s_dseg.mgh.gz": "[a/s_dseg.tsv a/dseg.tsv]",
	} {
		if got := fmt.Sprint(mgh.Tables(key)); got != want {
			t.Errorf("tables of %s: %s, want %s", key, got, want)
		}
	}
}

func FuzzReadLabels(f *testing.F) {
	f.Add(conformed().bytes(f))
	f.Add(zipped(f, conformed().bytes(f)))
	in := conformed()
	in.kind, in.voxels = 3, make([]float32, 24)
	f.Add(in.bytes(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		labels, err := mgh.ReadLabels(bytes.NewReader(data))
		switch {
		case err != nil && !errors.Is(err, ingest.ErrRejected):
			t.Errorf("not rejected: %v", err)
		case err == nil && len(labels.Index) != labels.Geometry.Voxels():
			t.Errorf("%d voxels in a grid of %v", len(labels.Index), labels.Geometry.Size)
		case err == nil && slices.Min(labels.Index) < 0:
			t.Error("a negative label")
		}
		mgh.GridOf(data)
	})
}
