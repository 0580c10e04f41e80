package nifti_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/nifti"
)

func read(t testing.TB, b []byte) ingest.Labels {
	t.Helper()
	labels, err := nifti.ReadLabels(bytes.NewReader(b), nifti.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return labels
}

var twelve = []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}

func TestBothVersionsAndByteOrdersReadAlike(t *testing.T) {
	want := read(t, aFile().bytes())
	if diff := cmp.Diff(twelve, want.Index); diff != "" {
		t.Fatal(diff)
	}
	geometry := ingest.Geometry{Size: [3]int{3, 2, 2}, Affine: ingest.Affine{{-2, 0, 0, 10}, {0, 3, 0, 20}, {0, 0, 4, 30}}}
	if diff := cmp.Diff(geometry, want.Geometry); diff != "" {
		t.Fatal(diff)
	}
	for _, version := range []int{1, 2} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			f := aFile()
			f.version, f.order = version, order
			f.voxels = counting(12, func(b []byte, i int) []byte { return order.AppendUint16(b, uint16(i)) })
			for name, b := range map[string][]byte{"plain": f.bytes(), "gzip": f.gzip()} {
				if diff := cmp.Diff(want, read(t, b)); diff != "" {
					t.Errorf("NIfTI-%d %v %s: %s", version, order, name, diff)
				}
			}
		}
	}
}

func TestEveryDataTypeHoldsLabels(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		name string
		code int16
		add  func(b []byte, i int) []byte
	}{
		{"uint8", 2, func(b []byte, i int) []byte { return append(b, byte(i)) }},
		{"int8", 256, func(b []byte, i int) []byte { return append(b, byte(i)) }},
		{"int16", 4, func(b []byte, i int) []byte { return le.AppendUint16(b, uint16(i)) }},
		{"uint16", 512, func(b []byte, i int) []byte { return le.AppendUint16(b, uint16(i)) }},
		{"int32", 8, func(b []byte, i int) []byte { return le.AppendUint32(b, uint32(i)) }},
		{"uint32", 768, func(b []byte, i int) []byte { return le.AppendUint32(b, uint32(i)) }},
		{"int64", 1024, func(b []byte, i int) []byte { return le.AppendUint64(b, uint64(i)) }},
		{"uint64", 1280, func(b []byte, i int) []byte { return le.AppendUint64(b, uint64(i)) }},
		{"float32", 16, func(b []byte, i int) []byte { return le.AppendUint32(b, math.Float32bits(float32(i))) }},
		{"float64", 64, func(b []byte, i int) []byte { return le.AppendUint64(b, math.Float64bits(float64(i))) }},
	} {
		f := aFile()
		f.datatype, f.voxels = c.code, counting(12, c.add)
		if diff := cmp.Diff(twelve, read(t, f.bytes()).Index); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestTheLargestUnsignedValuesAreNotNegative(t *testing.T) {
	f := aFile()
	f.dim, f.datatype, f.voxels = []int64{1, 1, 1}, 2, []byte{255}
	if got := read(t, f.bytes()).Index[0]; got != 255 {
		t.Errorf("255 as uint8 is %d", got)
	}
	f.datatype, f.voxels = 512, []byte{0xff, 0xff}
	if got := read(t, f.bytes()).Index[0]; got != 65535 {
		t.Errorf("65535 as uint16 is %d", got)
	}
}

func TestScaling(t *testing.T) {
	for _, c := range []struct {
		name         string
		slope, inter float64
		want         int32 // of the raw value 11
	}{
		{"slope 0 means none", 0, 7, 11},
		{"slope that is no number means none", math.NaN(), 7, 11},
		{"slope 2", 2, 0, 22},
		{"slope and intercept", 2, 5, 27},
		{"a slope that 32 bits cannot hold exactly", 0.1, 0.9, 2},
	} {
		f := aFile()
		f.slope, f.inter = c.slope, c.inter
		if c.slope == 0.1 { // 0.1·i is whole for 11 alone, with 0.9 added
			f.dim, f.voxels = []int64{1, 1, 1}, []byte{11, 0}
		}
		index := read(t, f.bytes()).Index
		if got := index[len(index)-1]; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestWhatIsNoLabelBecomesBackgroundWithAWarning(t *testing.T) {
	f := aFile()
	f.dim, f.datatype = []int64{4, 1, 1}, 16
	for _, v := range []float64{math.NaN(), 3, -2, 5.0001} {
		f.voxels = binary.LittleEndian.AppendUint32(f.voxels[:len(f.voxels):len(f.voxels)], math.Float32bits(float32(v)))
	}
	f.voxels = f.voxels[24:]
	labels := read(t, f.bytes())
	if diff := cmp.Diff([]int32{0, 3, 0, 5}, labels.Index); diff != "" {
		t.Error(diff)
	}
	if len(labels.Warnings) != 2 || labels.Warnings[0].Value != 1 || labels.Warnings[1].Value != 1 || labels.Warnings[0].Code != ingest.WarnLabels {
		t.Errorf("warnings: %+v", labels.Warnings)
	}
}

func TestAnImageSaysItsGrid(t *testing.T) {
	f := aFile()
	for _, data := range [][]byte{f.bytes(), f.gzip()} {
		if got := nifti.GridOf(data); got != [3]int{3, 2, 2} {
			t.Errorf("%v", got)
		}
	}
	if got := nifti.GridOf(f.bytes()[:40]); got != [3]int{} {
		t.Errorf("a header that breaks off: %v", got)
	}
}

func TestAStandardSpaceIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*file)
		want   string
	}{
		"a scanner's":              {func(f *file) { f.scode = 1 }, ""},
		"aligned to another image": {func(f *file) { f.scode = 2 }, ""},
		"MNI":                      {func(f *file) { f.scode = 4 }, "MNI152"},
		"Talairach by the qform":   {func(f *file) { f.scode, f.qcode, f.qfac = 0, 3, 1 }, "Talairach"},
	} {
		f := aFile()
		c.change(&f)
		if got := read(t, f.bytes()).Standard; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A quarter turn about the third axis is the quaternion (cos 45°, 0, 0,
// sin 45°): the first axis then points along y, the second along −x.
func TestWhereTheVoxelsAre(t *testing.T) {
	half := math.Sqrt2 / 2
	for _, c := range []struct {
		name     string
		change   func(*file)
		want     ingest.Affine
		warnings int
	}{
		{"the sform comes first", func(f *file) { f.qcode, f.quatern, f.qoffset = 1, [3]float64{0, 1, 0}, [3]float64{10, 20, 30} },
			ingest.Affine{{-2, 0, 0, 10}, {0, 3, 0, 20}, {0, 0, 4, 30}}, 1}, // this qform also turns the third axis
		{"sform and qform agree", func(f *file) {
			f.qcode, f.quatern, f.qoffset, f.qfac = 1, [3]float64{0, 1, 0}, [3]float64{10, 20, 30}, -1
		}, ingest.Affine{{-2, 0, 0, 10}, {0, 3, 0, 20}, {0, 0, 4, 30}}, 0},
		{"qform, a quarter turn", func(f *file) {
			f.scode, f.qcode, f.quatern, f.qoffset = 0, 1, [3]float64{0, 0, half}, [3]float64{1, 2, 3}
		},
			ingest.Affine{{0, -3, 0, 1}, {2, 0, 0, 2}, {0, 0, 4, 3}}, 0},
		{"qform, qfac −1", func(f *file) { f.scode, f.qcode, f.qfac = 0, 1, -1 },
			ingest.Affine{{2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, -4, 0}}, 0},
		{"qform, qfac 0 means 1", func(f *file) { f.scode, f.qcode, f.qfac = 0, 1, 0 },
			ingest.Affine{{2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 4, 0}}, 0},
		{"neither", func(f *file) { f.scode = 0 }, ingest.Affine{{2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 4, 0}}, 1},
		{"metres", func(f *file) { f.unit = 1 }, ingest.Affine{{-2000, 0, 0, 10000}, {0, 3000, 0, 20000}, {0, 0, 4000, 30000}}, 0},
		{"micrometres and seconds", func(f *file) { f.unit = 3 | 8 },
			ingest.Affine{{-.002, 0, 0, .01}, {0, .003, 0, .02}, {0, 0, .004, .03}}, 0},
	} {
		f := aFile()
		c.change(&f)
		labels := read(t, f.bytes())
		for r := range c.want {
			for k := range c.want[r] {
				// The file holds 32-bit floats.
				if got := labels.Geometry.Affine[r][k]; math.Abs(got-c.want[r][k]) > 1e-6*math.Max(1, math.Abs(c.want[r][k])) {
					t.Errorf("%s: affine[%d][%d] = %v, want %v", c.name, r, k, got, c.want[r][k])
				}
			}
		}
		if len(labels.Warnings) != c.warnings {
			t.Errorf("%s: %d warnings, want %d: %+v", c.name, len(labels.Warnings), c.warnings, labels.Warnings)
		}
	}
}

func TestOneVolumeInMoreDimensions(t *testing.T) {
	f := aFile()
	f.dim = []int64{3, 2, 2, 1, 1}
	if got := len(read(t, f.bytes()).Index); got != 12 {
		t.Errorf("%d voxels", got)
	}
	f.dim = []int64{12}
	if got := read(t, f.bytes()).Geometry.Size; got != [3]int{12, 1, 1} {
		t.Errorf("size %v", got)
	}
}

func TestVoxelsBehindAnExtension(t *testing.T) {
	for _, version := range []int{1, 2} {
		f := aFile()
		f.version, f.offset = version, 1024
		if diff := cmp.Diff(twelve, read(t, f.bytes()).Index); diff != "" {
			t.Errorf("NIfTI-%d: %s", version, diff)
		}
	}
}

// What an independent generator wrote, with the numbers of voxels that it
// counted itself.
func TestLabelsOfAnotherProgram(t *testing.T) {
	pet := map[int32]int{26: 4, 58: 4, 101: 6, 102: 6, 11: 28, 12: 32, 10: 32, 8: 144, 3: 872}
	mri := map[int32]int{26: 417, 58: 427, 101: 366, 102: 364, 11: 2359, 12: 2800, 10: 2230, 8: 14068, 3: 86642}
	for file, want := range map[string]map[int32]int{
		"space-pet_dseg.nii.gz": pet, "space-pet_desc-ras_dseg.nii.gz": pet, "space-T1w_dseg.nii.gz": mri,
	} {
		labels := read(t, must(os.ReadFile(filepath.Join("testdata", file))))
		got := map[int32]int{}
		for _, index := range labels.Index {
			if index != 0 {
				got[index]++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	names, err := nifti.ReadLUT(bytes.NewReader(must(os.ReadFile("testdata/dseg.tsv"))))
	if err != nil || len(names) != 9 || names[58] != "Nucleus-Accumbens-R" || names[8] != "Cerebellum" {
		t.Errorf("names: %v, %v", names, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// shared returns a file of the data that lies beside the project.
func shared(t *testing.T, name string) []byte {
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(name)))
	if err != nil {
		t.Skip("the shared test data is not here")
	}
	return b
}

func BenchmarkReadLabels(b *testing.B) {
	f := aFile()
	f.dim = []int64{128, 128, 128}
	random := rand.New(rand.NewPCG(1, 2))
	f.voxels = counting(128*128*128, func(b []byte, i int) []byte {
		return binary.LittleEndian.AppendUint16(b, uint16(random.IntN(100)/90*i>>14))
	})
	for name, data := range map[string][]byte{"plain": f.bytes(), "gzip": f.gzip()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(f.voxels)))
			for range b.N {
				if _, err := nifti.ReadLabels(bytes.NewReader(data), nifti.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleReadLUT() {
	names, err := nifti.ReadLUT(strings.NewReader("index\tname\n26\tLeft-Accumbens-area\n"))
	fmt.Println(names[26], err)
	// Output: Left-Accumbens-area <nil>
}
