package nifti_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"runtime"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/nifti"
)

func TestBrokenFilesAreRejected(t *testing.T) {
	with := func(change func(*file)) []byte {
		f := aFile()
		change(&f)
		return f.bytes()
	}
	flipped := aFile().gzip()
	flipped[len(flipped)-6] ^= 1 // in the checksum
	for name, b := range map[string][]byte{
		"empty":                     nil,
		"one byte":                  {0x1f},
		"a gzip header only":        {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0},
		"a damaged gzip header":     {0x1f, 0x8b, 9, 9},
		"text":                      bytes.Repeat([]byte("no image "), 100),
		"Analyze":                   append(binary.LittleEndian.AppendUint32(nil, 348), make([]byte, 400)...),
		"cut in the header":         aFile().bytes()[:300],
		"cut before the voxels":     with(func(f *file) { f.offset, f.voxels = 400, nil })[:380],
		"cut in the voxels":         aFile().bytes()[:370],
		"gzip cut in the voxels":    aFile().gzip()[:60],
		"gzip with a wrong sum":     flipped,
		"no dimension":              with(func(f *file) { f.dims = -1 }),
		"eight dimensions":          with(func(f *file) { f.dims = 8 }),
		"a dimension of 0":          with(func(f *file) { f.dim[1] = 0 }),
		"a negative dimension":      with(func(f *file) { f.dim[2] = -2 }),
		"two volumes":               with(func(f *file) { f.dim = []int64{3, 2, 1, 2} }),
		"a huge volume":             with(func(f *file) { f.dim = []int64{32767, 32767, 32767} }),
		"sizes that overflow":       with(func(f *file) { f.version, f.dim = 2, []int64{1 << 62, 1 << 62, 1 << 62} }),
		"colours":                   with(func(f *file) { f.datatype = 128 }),
		"half labels":               with(func(f *file) { f.slope = 0.5 }),
		"labels beyond 31 bits":     with(func(f *file) { f.slope = 1e38; f.inter = 1e38 }),
		"voxels inside the header":  with(func(f *file) { f.offset = 100 }),
		"voxels far behind":         farBehind(),
		"an offset that is NaN":     with(func(f *file) { f.offset = math.NaN() }),
		"a flat volume":             with(func(f *file) { f.srow[2] = [4]float64{} }),
		"a sform that is NaN":       with(func(f *file) { f.srow[1][1] = math.NaN() }),
		"a sform that is endless":   with(func(f *file) { f.srow[1][3] = math.Inf(1) }),
		"a quaternion that is NaN":  with(func(f *file) { f.scode, f.qcode, f.quatern[0] = 0, 1, math.NaN() }),
		"sides of 0 without a form": with(func(f *file) { f.scode, f.sides = 0, [3]float64{} }),
	} {
		_, err := nifti.ReadLabels(bytes.NewReader(b), nifti.Options{})
		if !errors.Is(err, ingest.ErrRejected) || ingest.ReasonOf(err).Code != ingest.CodeRegionsUnreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// farBehind is a file whose voxels begin a gigabyte behind its header, says
// the header.
func farBehind() []byte {
	b := aFile().bytes()
	binary.LittleEndian.PutUint32(b[108:], math.Float32bits(1<<30))
	return b
}

func TestMaxVoxelsIsHeld(t *testing.T) {
	b := aFile().bytes()
	if _, err := nifti.ReadLabels(bytes.NewReader(b), nifti.Options{MaxVoxels: 12}); err != nil {
		t.Error(err)
	}
	if _, err := nifti.ReadLabels(bytes.NewReader(b), nifti.Options{MaxVoxels: 11}); !errors.Is(err, ingest.ErrRejected) {
		t.Errorf("12 voxels where 11 are allowed: %v", err)
	}
}

func TestAnErrorOfTheReaderIsNoFaultOfTheFile(t *testing.T) {
	broken := errors.New("connection reset")
	b := aFile().gzip()
	for _, n := range []int{0, 5, 60, len(b)} {
		_, err := nifti.ReadLabels(io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken)), nifti.Options{})
		if !errors.Is(err, broken) || errors.Is(err, ingest.ErrRejected) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// zeros counts how much is asked of an endless stream.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.n += int64(len(p))
	return len(p), nil
}

func TestTrailingDataIsNotReadToItsEnd(t *testing.T) {
	var endless zeros
	_, err := nifti.ReadLabels(io.MultiReader(bytes.NewReader(aFile().bytes()), &endless), nifti.Options{})
	if !errors.Is(err, ingest.ErrRejected) {
		t.Errorf("an endless file: %v", err)
	}
	if endless.n > 2<<20 {
		t.Errorf("%d bytes were read of it", endless.n)
	}
	if _, err := nifti.ReadLabels(bytes.NewReader(append(aFile().bytes(), make([]byte, 1000)...)), nifti.Options{}); err != nil {
		t.Errorf("a little padding: %v", err)
	}
}

func TestMemoryGrowsWithWhatComes(t *testing.T) {
	f := aFile()
	f.dim = []int64{512, 512, 512} // half a gigabyte of labels, says the header
	b := f.bytes()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := nifti.ReadLabels(bytes.NewReader(b), nifti.Options{})
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ingest.ErrRejected) {
		t.Error(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", got, len(b))
	}
}

func TestHostileFilesBesideTheProject(t *testing.T) {
	labels := read(t, shared(t, "bad/labels-nan/regions/space-pet_dseg.nii.gz"))
	if len(labels.Warnings) != 1 || labels.Warnings[0].Code != ingest.WarnLabels || labels.Warnings[0].Value == 0 {
		t.Errorf("NaN outside the head: %+v", labels.Warnings)
	}
	clean := read(t, shared(t, "bad/_base/regions/space-pet_dseg.nii.gz"))
	if diff := cmp.Diff(clean.Index, labels.Index); diff != "" {
		t.Error("labels beside NaN differ from those without")
	}
	_, err := nifti.ReadLabels(bytes.NewReader(shared(t, "bad/labels-gzip-bomb/regions/space-pet_dseg.nii.gz")), nifti.Options{})
	if !errors.Is(err, ingest.ErrRejected) {
		t.Errorf("2 GiB of zeros behind the voxels: %v", err)
	}
}

func FuzzReadLabels(f *testing.F) {
	f.Add(aFile().bytes())
	f.Add(aFile().gzip())
	two := aFile()
	two.version, two.scode, two.qcode = 2, 0, 1
	f.Add(two.bytes())
	f.Add(must(os.ReadFile("testdata/space-pet_dseg.nii.gz")))
	f.Fuzz(func(t *testing.T, b []byte) {
		labels, err := nifti.ReadLabels(bytes.NewReader(b), nifti.Options{MaxVoxels: 1 << 20})
		if err != nil {
			if !errors.Is(err, ingest.ErrRejected) {
				t.Fatal(err)
			}
			return
		}
		if len(labels.Index) != labels.Geometry.Voxels() {
			t.Fatalf("%d labels for %v", len(labels.Index), labels.Geometry.Size)
		}
		if _, err := labels.Geometry.Affine.Inverse(); err != nil {
			t.Fatal(err)
		}
		for _, index := range labels.Index {
			if index < 0 {
				t.Fatal("a negative label")
			}
		}
	})
}
