package dicom

import (
	"bytes"
	"cmp"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/frame"
	"github.com/suyashkumar/dicom/pkg/tag"

	"tacstream/ingest"
)

func TestKeysAreSortedSoThatTheyCanBeSearched(t *testing.T) {
	if !slices.IsSortedFunc(keys[:], func(a, b key) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.tag, b.tag))
	}) {
		t.Error("they are not")
	}
	for f, k := range keys {
		info, err := tag.Find(tag.Tag{Group: uint16(k.tag >> 16), Element: uint16(k.tag)})
		if k.tag>>16&1 == 0 && (err != nil || info.VRs[0] != k.vr) {
			t.Errorf("field %d is %s, not %s", f, info.VRs, k.vr)
		}
	}
}

// sound lists series without faults.
func sound(t *testing.T) []string {
	t.Helper()
	files := slices.Concat(
		glob(t, "../../../shared/data/dicom/[gps]*/pet/*"), // classic and native
		glob(t, "../../../shared/data/bad/charsets/pet/*"),
		glob(t, "../../../shared/data/real/ibsi/*/dicom/PET/image/*"),
		libraryFiles(t, "1.dcm", "2.dcm"),
	)
	if len(files) == 0 {
		t.Skip("neither the shared data nor the library's are here")
	}
	return files
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// libraryFiles returns objects among the library's own test data: slices from
// a Siemens scanner.
func libraryFiles(t *testing.T, names ...string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/suyashkumar/dicom").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		return nil
	}
	var files []string
	for _, name := range names {
		if file := filepath.Join(dir, "testdata", name); exists(file) {
			files = append(files, file)
		}
	}
	return files
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// The library reads each original file whole and undisturbed; what the walk
// finds must be the same in every field, and so must every pixel.
func TestWalkAndDecodeAgreeWithTheLibrary(t *testing.T) {
	var d Decoder
	checked := 0
	for _, name := range sound(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set, err := dicom.Parse(bytes.NewReader(data), int64(len(data)), nil, dicom.AllowUnknownSpecificCharacterSet())
		if err != nil {
			t.Fatalf("%s: the library: %v", filepath.Base(name), err)
		}
		s, err := d.Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", filepath.Base(name), err)
		}
		compareFields(t, name, &d.header.values, set)
		comparePixels(t, name, s, set)
		if checked++; t.Failed() {
			return
		}
	}
	t.Logf("%d objects", checked)
}

func compareFields(t *testing.T, name string, walked *values, set dicom.Dataset) {
	t.Helper()
	var want values
	want.gather(set.Elements, top)
	for f := range numFields {
		free := keys[f].vr == "LO" // of any character set
		if !free && !bytes.Equal(trim(walked[f]), trim(want[f])) {
			t.Errorf("%s: field %08x is %q, not %q", filepath.Base(name), keys[f].tag, walked[f], want[f])
		}
	}
	got, err := walked.parsed()
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(name), err)
	}
	for f := range numFields {
		if !bytes.Equal(trim(got[f]), trim(want[f])) {
			t.Errorf("%s: field %08x reads %q, not %q", filepath.Base(name), keys[f].tag, got[f], want[f])
		}
	}
}

// comparePixels computes every value from the library's pixels. The library
// leaves the sign to its callers.
func comparePixels(t *testing.T, name string, s Slice, set dicom.Dataset) {
	t.Helper()
	e, err := set.FindElementByTag(tag.PixelData)
	if err != nil {
		t.Fatal(err)
	}
	native := e.Value.GetValue().(dicom.PixelDataInfo).Frames[0].NativeData
	raw := native.(*frame.NativeFrame[uint16]).RawData
	if len(raw) != s.Pixels() {
		t.Fatalf("%s: %d pixels, not %d", filepath.Base(name), s.Pixels(), len(raw))
	}
	slope, _ := decimal([]byte(first(t, set, tag.RescaleSlope)))
	intercept, _ := decimal([]byte(first(t, set, tag.RescaleIntercept)))
	signed, err := set.FindElementByTag(tag.PixelRepresentation)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range raw {
		stored := float64(u)
		if signed.Value.GetValue().([]int)[0] == 1 {
			stored = float64(int16(u))
		}
		if want := stored*slope + intercept; s.Value(i) != want {
			t.Fatalf("%s: pixel %d is %g, not %g", filepath.Base(name), i, s.Value(i), want)
		}
	}
}

func first(t *testing.T, set dicom.Dataset, name tag.Tag) string {
	t.Helper()
	e, err := set.FindElementByTag(name)
	if err != nil {
		t.Fatal(err)
	}
	return e.Value.GetValue().([]string)[0]
}

// Every fault of a header that the walk lets through would be ours.
func TestLibraryReadsWhateverTheWalkLetsThrough(t *testing.T) {
	long := bytes.Repeat([]byte{'x'}, maxValue)
	var v values
	for f, k := range keys {
		if k.vr != "SQ" {
			v[f] = long
		}
	}
	for _, set := range []string{"", "ISO_IR 100", "ISO_IR 166", `\ISO 2022 IR 149\ISO 2022 IR 58\x\y`, "\x00"} {
		v[charset] = []byte(set)
		if _, err := v.parsed(); err != nil {
			t.Errorf("with the character set %q: %v", set, err)
		}
	}
}

// Figures that another program took from the library's own test slices
// (real/expected.json of the shared data), here so that they prove something
// without it.
func TestRealSlicesHaveTheValuesThatOthersRead(t *testing.T) {
	want := map[string]struct{ max, sum float64 }{
		"1.dcm": {12106.60583, 2497810.8293600003},
		"2.dcm": {12999.5939, 4569657.958199999},
	}
	files := libraryFiles(t, "1.dcm", "2.dcm")
	if len(files) == 0 {
		t.Skip("the library's test data is not here")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d Decoder
		s, err := d.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		sums := []float64{0, 0}
		s.AddRegionSums([]ingest.Run{{End: int32(s.Pixels()), Region: 1, Weight: 1}}, sums)
		values, w := s.AppendValues(nil), want[filepath.Base(file)]
		// Both sums round at every step or run: 1e-9 is far above that.
		if slices.Min(values) != 0 || math.Abs(slices.Max(values)-w.max) > 1e-9*w.max || math.Abs(sums[1]-w.sum) > 1e-9*w.sum {
			t.Errorf("%s: max %v, sum %v, want %+v", filepath.Base(file), slices.Max(values), sums[1], w)
		}
	}
}
