package dicom_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/nifti"
)

// names returns the regions that a point in RAS+ mm belongs to.
type names func(p ingest.Vec) map[string]bool

// labelNames looks a point up in a label image, which must have a voxel
// centre there or end before.
func labelNames(t *testing.T, l ingest.Labels) names {
	t.Helper()
	at := lookUp(t, l.Geometry)
	return func(p ingest.Vec) map[string]bool {
		v, inside := at(p)
		if !inside {
			return map[string]bool{}
		}
		size := l.Geometry.Size
		if i := l.Index[(v[2]*size[1]+v[1])*size[0]+v[0]]; i != 0 {
			return map[string]bool{l.Names[i]: true}
		}
		return map[string]bool{}
	}
}

// layerNames looks a point up in layers.
func layerNames(t *testing.T, l ingest.Layers) names {
	t.Helper()
	at := lookUp(t, l.Geometry)
	return func(p ingest.Vec) map[string]bool {
		found := map[string]bool{}
		v, inside := at(p)
		if !inside {
			return found
		}
		for _, r := range l.Regions {
			i, j, k := v[0]-r.First[0], v[1]-r.First[1], v[2]-r.First[2]
			if i < 0 || j < 0 || k < 0 || i >= r.Size[0] || j >= r.Size[1] || k >= r.Size[2] {
				continue
			}
			switch w := r.Weight[(k*r.Size[1]+j)*r.Size[0]+i]; w {
			case 0:
			case ingest.FullWeight:
				found[r.Name] = true
			default:
				t.Fatalf("a weight of %d in a binary segment", w)
			}
		}
		return found
	}
}

// outlineNames tells by even and odd crossings what a point lies in.
func outlineNames(o ingest.Outlines, spacing float64) names {
	return func(p ingest.Vec) map[string]bool {
		found := map[string]bool{}
		for _, r := range o.Regions {
			inside := false
			for _, c := range r.Contours {
				if math.Abs(c[0][2]-p[2]) < spacing/4 && crosses(c, p) {
					inside = !inside
				}
			}
			if inside {
				found[r.Name] = true
			}
		}
		return found
	}
}

// crosses reports whether a ray from p along x meets the contour an odd number
// of times.
func crosses(c ingest.Contour, p ingest.Vec) bool {
	odd := false
	for i := range c {
		a, b := c[i], c[(i+1)%len(c)]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			odd = !odd
		}
	}
	return odd
}

// lookUp returns the voxel whose centre a point is, and whether it is inside.
func lookUp(t *testing.T, g ingest.Geometry) func(p ingest.Vec) ([3]int, bool) {
	t.Helper()
	inverse, err := g.Affine.Inverse()
	if err != nil {
		t.Fatal(err)
	}
	return func(p ingest.Vec) ([3]int, bool) {
		v := inverse.Apply(p[0], p[1], p[2])
		var at [3]int
		inside := true
		for i, x := range v {
			at[i] = int(math.Round(x))
			if math.Abs(x-math.Round(x)) > 0.01 { // both grids have the same centres
				t.Fatalf("a voxel at %v, which is none of the other grid", v)
			}
			inside = inside && at[i] >= 0 && at[i] < g.Size[i]
		}
		return at, inside
	}
}

// differences counts the voxels of a grid of which two sources do not say the
// same, and those that belong to a region.
func differences(g ingest.Geometry, a, b names) (differ, regions int) {
	for k := range g.Size[2] {
		for j := range g.Size[1] {
			for i := range g.Size[0] {
				p := g.Affine.Apply(float64(i), float64(j), float64(k))
				in, other := a(p), b(p)
				if fmt.Sprint(in) != fmt.Sprint(other) {
					differ++
				}
				regions += min(1, len(in))
			}
		}
	}
	return differ, regions
}

func readLabels(t *testing.T, image, table string) ingest.Labels {
	t.Helper()
	f, err := os.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := nifti.ReadLabels(f, nifti.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lut, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer lut.Close()
	if l.Names, err = nifti.ReadLUT(lut); err != nil {
		t.Fatal(err)
	}
	return l
}

func readRegions(t *testing.T, file string) ingest.Segmentation {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := dicom.Options{}.ReadRegions(data)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(file), err)
	}
	return s
}

// namesOf looks points up in a source of any kind.
func namesOf(t *testing.T, s ingest.Segmentation, spacing float64) names {
	t.Helper()
	switch {
	case s.Labels != nil:
		return labelNames(t, *s.Labels)
	case s.Layers != nil:
		return layerNames(t, *s.Layers)
	}
	return outlineNames(*s.Outlines, spacing)
}

func TestDICOMRegionsAreThoseOfTheLabelImage(t *testing.T) {
	tests := []struct{ file, image string }{
		{"seg-pet.dcm", "space-pet_dseg.nii.gz"},
		{"labelmap-pet.dcm", "space-pet_dseg.nii.gz"},
		{"seg-mri.dcm", "space-T1w_dseg.nii.gz"},
		{"rtstruct.dcm", "space-pet_dseg.nii.gz"},
	}
	for _, test := range tests {
		files, err := filepath.Glob(shared + "dicom/*/regions/" + test.file)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			t.Skip("no shared data here")
		}
		for _, file := range files {
			dir := filepath.Dir(file)
			t.Run(filepath.Base(filepath.Dir(dir))+" "+test.file, func(t *testing.T) {
				labels := readLabels(t, filepath.Join(dir, test.image), filepath.Join(dir, "dseg.tsv"))
				s := readRegions(t, file)
				spacing := math.Abs(labels.Geometry.Affine[2][2])
				differ, regions := differences(labels.Geometry, labelNames(t, labels), namesOf(t, s, spacing))
				if differ != 0 || regions == 0 {
					t.Errorf("%d voxels differ; %d belong to a region", differ, regions)
				}
				if s.FrameOfReferenceUID == "" || len(s.Warnings) > 0 {
					t.Errorf("frame of reference %q, warnings %v", s.FrameOfReferenceUID, s.Warnings)
				}
			})
		}
	}
}

func TestRealContoursAreTheMaskThatOthersMade(t *testing.T) {
	files, err := filepath.Glob(shared + "real/ibsi/*/dicom/PET/mask/RS.dcm")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no real series here")
	}
	for _, file := range files {
		s := readRegions(t, file)
		study := filepath.Join(filepath.Dir(file), "../../..")
		f, err := os.Open(filepath.Join(study, "nifti", "PET_mask.nii.gz"))
		if err != nil {
			t.Fatal(err)
		}
		mask, err := nifti.ReadLabels(f, nifti.Options{})
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		mask.Names = map[int32]string{1: s.Outlines.Regions[0].Name}
		differ, regions := differences(mask.Geometry, labelNames(t, mask), outlineNames(*s.Outlines, math.Abs(mask.Geometry.Affine[2][2])))
		t.Logf("%s: %d regions, %d voxels, %d differ", filepath.Base(study), len(s.Outlines.Regions), regions, differ)
		if differ != 0 || regions == 0 || len(s.Outlines.Regions) != 1 {
			t.Errorf("%s: %d voxels differ of %d in %d regions", filepath.Base(study), differ, regions, len(s.Outlines.Regions))
		}
	}
}

// However another program writes the same object, it holds the same regions.
func TestRegionsAreTheSameInEveryEncoding(t *testing.T) {
	for _, name := range []string{"seg-pet.dcm", "labelmap-pet.dcm", "rtstruct.dcm"} {
		file := shared + "dicom/ge-start/regions/" + name
		if _, err := os.Stat(file); err != nil {
			t.Skip("no shared data here")
		}
		if _, err := exec.LookPath("dcmconv"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal("dcmconv is not installed")
			}
			t.Skip("dcmconv is not installed")
		}
		want := readRegions(t, file)
		for _, how := range [][]string{{"+ti"}, {"+td"}, {"+te", "-e"}, {"+ti", "-e"}, {"-F", "+ti"}, {"+te", "-u"}} {
			out := filepath.Join(t.TempDir(), "out.dcm")
			if text, err := exec.Command("dcmconv", append(how, file, out)...).CombinedOutput(); err != nil {
				t.Fatalf("dcmconv %v: %v: %s", how, err, text)
			}
			if got := readRegions(t, out); !reflect.DeepEqual(got, want) {
				t.Errorf("%s written by dcmconv %v holds other regions", name, how)
			}
		}
	}
}

func TestBadRegionsAreNamed(t *testing.T) {
	file := shared + "bad/rt-nan/regions/rtstruct.dcm"
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skip("no shared data here")
	}
	_, err = dicom.Options{}.ReadRegions(data)
	if got := ingest.ReasonOf(err); got.Code != ingest.CodeRegionsUnreadable {
		t.Errorf("rt-nan: %v", err)
	}
	overlap := readRegions(t, shared+"bad/seg-overlap/regions/seg-pet.dcm")
	both := 0
	g := overlap.Layers.Geometry
	differences(g, func(p ingest.Vec) map[string]bool { return nil }, func(p ingest.Vec) map[string]bool {
		if in := layerNames(t, *overlap.Layers)(p); in["Thalamus"] && in["Caudate"] {
			both++
		}
		return nil
	})
	if both == 0 {
		t.Error("seg-overlap: no voxel belongs to two segments")
	}
}
