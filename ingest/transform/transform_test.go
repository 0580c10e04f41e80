package transform_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/nifti"
	"tacstream/ingest/transform"
)

func read(t *testing.T, name, text string) transform.Transform {
	t.Helper()
	tr, err := transform.Read(name, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return tr
}

// at returns where a transform puts points of the regions: the corners of a
// contour, for every format but FSL's.
func at(t *testing.T, tr transform.Transform, invert bool, points ...ingest.Vec) ingest.Contour {
	t.Helper()
	seg := ingest.Segmentation{Outlines: &ingest.Outlines{Regions: []ingest.Outline{{Contours: []ingest.Contour{points}}}}}
	out, err := tr.Apply(seg, ingest.Geometry{}, invert)
	if err != nil {
		t.Fatal(err)
	}
	return out.Outlines.Regions[0].Contours[0]
}

// near reports whether two points are the same within tol mm.
func near(a, b ingest.Vec, tol float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= tol) {
			return false
		}
	}
	return true
}

func itk(kind, parameters, fixed string) string {
	return "#Insight Transform File V1.0\n#Transform 0\nTransform: " + kind + "\nParameters: " + parameters + "\nFixedParameters: " + fixed + "\n"
}

// Each row was worked out by hand. The files map points of the fixed image to
// points of the moving one, so that a region goes the other way.
func TestFixedToMovingFormats(t *testing.T) {
	const quarter = "1.5707963267948966"
	tests := []struct {
		what, name, text string
		moving, fixed    ingest.Vec // RAS
	}{
		// LPS fixed (−1, −2, 3) + (10, 20, 30) = LPS moving (9, 18, 33).
		{"a shift", "a.txt", itk("AffineTransform_double_3_3", "1 0 0 0 1 0 0 0 1 10 20 30", "0 0 0"), ingest.Vec{-9, -18, 33}, ingest.Vec{1, 2, 3}},
		{"a shift alone", "a.tfm", itk("TranslationTransform_double_3_3", "10 20 30", ""), ingest.Vec{-9, -18, 33}, ingest.Vec{1, 2, 3}},
		// A turns LPS x to y. Fixed (11, 5, 3) about (10, 5, 0): (1, 0, 3)
		// becomes (0, 1, 3), so moving is (10, 6, 3) + (0, 0, 1).
		{"a turn about a centre", "a.txt", itk("MatrixOffsetTransformBase_float_3_3", "0 -1 0 1 0 0 0 0 1 0 0 1", "10 5 0"), ingest.Vec{-10, -6, 4}, ingest.Vec{-11, -5, 3}},
		{"the same as Euler's angles", "a.txt", itk("Euler3DTransform_double_3_3", "0 0 "+quarter+" 0 0 1", "10 5 0"), ingest.Vec{-10, -6, 4}, ingest.Vec{-11, -5, 3}},
		{"the same as a versor", "a.txt", itk("VersorRigid3DTransform_double_3_3", "0 0 0.7071067811865476 0 0 1", "10 5 0"), ingest.Vec{-10, -6, 4}, ingest.Vec{-11, -5, 3}},
		{"the same, twice as large", "a.txt", itk("Similarity3DTransform_double_3_3", "0 0 0.7071067811865476 0 0 1 2", "10 5 0"), ingest.Vec{-10, -7, 7}, ingest.Vec{-11, -5, 3}},
		// Rz Rx Ry of (0, 0, 1), all by a quarter: y makes (1, 0, 0), x leaves
		// it, z makes (0, 1, 0).
		{"Euler's angles, y first", "a.txt", itk("Euler3DTransform_double_3_3", quarter+" "+quarter+" "+quarter+" 0 0 0", "0 0 0"), ingest.Vec{0, -1, 0}, ingest.Vec{0, 0, 1}},
		// Rz Ry Rx of (0, 0, 1): x makes (0, −1, 0), y leaves it, z makes
		// (1, 0, 0).
		{"Euler's angles, x first", "a.txt", itk("Euler3DTransform_double_3_3", quarter+" "+quarter+" "+quarter+" 0 0 0", "0 0 0 1"), ingest.Vec{-1, 0, 0}, ingest.Vec{0, 0, 1}},
		{"AFNI in a row", "a.aff12.1D", "# 3dAllineate matrices (DICOM-to-DICOM, row-by-row):\n 1 0 0 10 0 1 0 20 0 0 1 30\n", ingest.Vec{-9, -18, 33}, ingest.Vec{1, 2, 3}},
		{"AFNI in three rows", "a.1D", "0 -1 0 15\n1 0 0 -5\n0 0 1 1\n", ingest.Vec{-10, -6, 4}, ingest.Vec{-11, -5, 3}},
		{"FreeSurfer, with Windows' ends of lines", "a.lta", strings.ReplaceAll(lta, "\n", "\r\n"), ingest.Vec{1, 2, 3}, ingest.Vec{11, 22, 33}},
		{"FreeSurfer", "a.lta", lta, ingest.Vec{1, 2, 3}, ingest.Vec{11, 22, 33}},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			tr := read(t, test.name, test.text)
			if got := at(t, tr, false, test.moving)[0]; !near(got, test.fixed, 1e-9) {
				t.Errorf("%v went to %v, want %v", test.moving, got, test.fixed)
			}
			if got := at(t, tr, true, test.fixed)[0]; !near(got, test.moving, 1e-9) {
				t.Errorf("turned round, %v went to %v, want %v", test.fixed, got, test.moving)
			}
		})
	}
}

const lta = "type      = 1 # LINEAR_RAS_TO_RAS\nnxforms   = 1\nmean      = 0 0 0\nsigma     = 1\n1 4 4\n1 0 0 10\n0 1 0 20\n0 0 1 30\n0 0 0 1\nsrc volume info\n"

// antsFile is what ANTs wrote for a registration of ds000005's sub-01, with
// numbers of 32 bits: nitransforms' ds-005_sub-01_from-T1_to-OASIS_affine.mat,
// https://github.com/nipy/nitransforms, MIT licence.
const antsFile = "0a0000000c00000001000000000000001a000000416666696e655472616e73666f726d5f666c6f61745f335f3300" +
	"805b873f177759bca068efbb4f8e283db63e683f7b588a3e2e0482bbf3178abe749d703fb84bd7c26379fbc21984e142" +
	"0a000000030000000100000000000000060000006669786564" + "00" + "f7bada42e73c1c436f9bfec2"

func TestANTsWritesMATLABFiles(t *testing.T) {
	data, err := hex.DecodeString(antsFile)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transform.Read("x_0GenericAffine.mat", data)
	if err != nil {
		t.Fatal(err)
	}
	float := func(s string) float64 {
		b, _ := hex.DecodeString(s)
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	c := ingest.Vec{float("f7bada42"), float("e73c1c43"), float("6f9bfec2")}
	shift := ingest.Vec{float("b84bd7c2"), float("6379fbc2"), float("1984e142")}
	// In LPS the centre goes to itself and the translation, whatever A is.
	centre := ingest.Vec{-c[0], -c[1], c[2]}
	moved := ingest.Vec{-c[0] - shift[0], -c[1] - shift[1], c[2] + shift[2]}
	if got := at(t, tr, false, moved)[0]; !near(got, centre, 1e-4) {
		t.Errorf("%v went to %v, want %v", moved, got, centre)
	}
	// A step of 1 along LPS x is the first column of A: numbers 0, 3 and 6.
	step := at(t, tr, true, ingest.Vec{centre[0] - 1, centre[1], centre[2]})[0]
	want := ingest.Vec{moved[0] - float("805b873f"), moved[1] - float("4f8e283d"), moved[2] + float("2e0482bb")}
	if !near(step, want, 1e-4) {
		t.Errorf("a step goes to %v, want %v", step, want)
	}
}

// geometry returns the grid that FreeSurfer describes: the sides of a voxel,
// the directions of its axes and the centre, which is voxel n/2.
func geometry(size [3]int, side [3]float64, axes [3]ingest.Vec, centre ingest.Vec) ingest.Geometry {
	g := ingest.Geometry{Size: size}
	for r := range 3 {
		g.Affine[r][3] = centre[r]
		for c := range 3 {
			g.Affine[r][c] = axes[c][r] * side[c]
			g.Affine[r][3] -= g.Affine[r][c] * float64(size[c]) / 2
		}
	}
	return g
}

// asDICOM returns a grid with its rows in the opposite order, as a DICOM series
// has them of which a NIfTI image was made.
func asDICOM(g ingest.Geometry) ingest.Geometry {
	for r := range 3 {
		g.Affine[r][3] += float64(g.Size[1]-1) * g.Affine[r][1]
		g.Affine[r][1] *= -1
	}
	return g
}

// FreeSurfer's lta_convert wrote one registration as LTA, for ITK and for FSL.
// All say the same of the same images. The numbers are those of nitransforms'
// tests/data/regressions (from-scanner_to-bold and from-scanner_to-fsnative),
// https://github.com/nipy/nitransforms, MIT licence.
func TestOtherProgramsSayTheSameInEveryFormat(t *testing.T) {
	ras, las := [3]ingest.Vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, [3]ingest.Vec{{-1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	anatomy := geometry([3]int{160, 192, 192}, [3]float64{1, 1.333333015441895, 1.333333015441895}, ras, ingest.Vec{-1, -5.000030517578125, -1.000030517578125})
	tests := []struct {
		name          string
		moving, fixed ingest.Geometry
		lta, itk, fsl string
	}{
		{
			"an oblique scan, x counted from the other end in the fixed image alone",
			geometry([3]int{64, 64, 34}, [3]float64{3.125, 3.125, 4}, las, ingest.Vec{1, 28, -31}), anatomy,
			"9.997058510780334e-01 9.539666585624218e-03 2.228682115674019e-02 -4.884338378906250e+00\n" +
				"5.996740423142910e-03 7.934408783912659e-01 -6.086167693138123e-01 -6.589652252197266e+01\n" +
				"-2.348928898572922e-02 6.085714697837830e-01 7.931506037712097e-01 1.110400390625000e+01\n" +
				"0 0 0 9.999998807907104e-01\n",
			"0.99970638751983643 0.0059967394918203354 0.023489311337471008 0.0095396693795919418 0.79344195127487183 -0.60857224464416504 -0.02228684164583683 0.60861742496490479 0.7931513786315918 -5.5388941764831543 -45.574077606201172 -48.804073333740234",
			"0.99970585 -0.00953967 -0.02228683 -15.19269657\n-0.00599674 0.79344094 -0.60861677 70.83446503\n0.02348929 0.60857153 0.79315072 15.39251423\n0 0 0 1\n",
		},
		{
			"axes in another order",
			geometry([3]int{256, 256, 256}, [3]float64{1, 1, 1}, [3]ingest.Vec{{-1, 0, 0}, {0, 0, -1}, {0, 1, 0}}, ingest.Vec{-9.999847412109375e-01, -5.000015258789062, -1.000038146972656}), anatomy,
			"9.999999403953552e-01 -1.698292035143822e-04 1.542967074783519e-04 -1.678466796875000e-04\n" +
				"1.698438863968477e-04 9.999999403953552e-01 -9.513227996649221e-05 -1.318359375000000e-02\n" +
				"-1.542805403005332e-04 9.515848068986088e-05 9.999999403953552e-01 -6.271362304687500e-03\n" +
				"0 0 0 9.999999403953552e-01\n",
			"1 0.00016984390094876289 0.00015428056940436363 -0.00016982921806629747 1 -9.5158495241776109e-05 -0.00015429672203026712 9.513228724244982e-05 1 -0.00016911829879973084 -0.01318416278809309 0.0062701348215341568",
			"1.00000012 0.00015430 0.00016983 -49.04202271\n-0.00016984 0.00009513 1.00000012 -0.00367374\n0.00015428 -1.00000012 0.00009516 255.96148682\n0 0 0 1.00000012\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			seg := ingest.Segmentation{Labels: &ingest.Labels{Geometry: test.moving}}
			place := func(name, text string) ingest.Affine {
				out, err := read(t, name, text).Apply(seg, asDICOM(test.fixed), false)
				if err != nil {
					t.Fatal(err)
				}
				return out.Labels.Geometry.Affine
			}
			want := place("a.lta", "type = 1\nnxforms = 1\n1 4 4\n"+test.lta+"src volume info\n")
			for format, got := range map[string]ingest.Affine{
				"ITK": place("a.txt", itk("AffineTransform_double_3_3", test.itk, "0 0 0")),
				"FSL": place("a.mat", test.fsl),
			} {
				worst := 0.0
				for corner := range 8 {
					var v [3]float64
					for i := range v {
						v[i] = float64(corner >> i & 1 * test.moving.Size[i])
					}
					a, b := got.Apply(v[0], v[1], v[2]), want.Apply(v[0], v[1], v[2])
					for i := range a {
						worst = math.Max(worst, math.Abs(a[i]-b[i]))
					}
				}
				t.Logf("%s is at most %.2g mm off FreeSurfer's", format, worst)
				if worst > 1e-3 { // the files hold 32-bit floats, and 8 digits
					t.Errorf("%s is %g mm off FreeSurfer's", format, worst)
				}
			}
		})
	}
}

// FSL's coordinates of a DICOM series are those of the image that dcm2niix
// makes of it: so the identity between the series and that image is none at
// all.
func TestFSLSeesADICOMSeriesAsDcm2niixWritesIt(t *testing.T) {
	slices, err := filepath.Glob("../../../shared/data/dicom/siemens-start/pet/*")
	if err != nil || len(slices) == 0 {
		t.Skip("no shared series here")
	}
	if _, err := exec.LookPath("dcm2niix"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("dcm2niix is not installed")
		}
		t.Skip("dcm2niix is not installed")
	}
	dir := t.TempDir()
	if out, err := exec.Command("dcm2niix", "-z", "n", "-f", "pet", "-o", dir, filepath.Dir(slices[0])).CombinedOutput(); err != nil {
		t.Fatalf("dcm2niix: %v: %s", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "pet.nii"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	image, err := nifti.ReadProbabilities(f, nil, nifti.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pet := petGeometry(t, slices)
	out, err := read(t, "a.mat", "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n").Apply(image, pet, false)
	if err != nil {
		t.Fatal(err)
	}
	for r, row := range out.Layers.Geometry.Affine {
		for c, x := range row {
			if want := image.Layers.Geometry.Affine[r][c]; math.Abs(x-want) > 1e-3 {
				t.Errorf("row %d column %d is %g, want %g", r, c, x, want)
			}
		}
	}
}

func petGeometry(t *testing.T, files []string) ingest.Geometry {
	t.Helper()
	var records []ingest.Record
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found, _ := dicom.Options{}.Classify(data, int64(len(data)))
		records = append(records, ingest.Record{
			Object: ingest.Object{Key: file, ETag: file}, Kind: ingest.KindSlice, Fault: found.Fault, Instance: &found.Instance, Header: &found.Header,
		})
	}
	a, out := ingest.Assess("s", records, true)
	if out.Condition != ingest.Ready {
		t.Fatal(out.Reason)
	}
	g, err := dicom.Geometry(a.Header, a.Positions)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Worked out by hand: a moving image of 10 voxels of 2 mm along x that runs to
// the right, so that FSL counts x from its last voxel: voxel 0 is at 18 mm.
func TestFSLCountsFromTheOtherEnd(t *testing.T) {
	moving := ingest.Geometry{Size: [3]int{10, 4, 4}, Affine: ingest.Affine{{2, 0, 0, 5}, {0, 2, 0, 0}, {0, 0, 2, 0}}}
	// The fixed one runs to the left, so that voxel 0 is at 0 mm. As DICOM its
	// rows run to the front in NIfTI and to the back here.
	fixed := ingest.Geometry{Size: [3]int{20, 6, 4}, Affine: ingest.Affine{{-1, 0, 0, 30}, {0, -1, 0, 5}, {0, 0, 1, 0}}}
	seg := ingest.Segmentation{Layers: &ingest.Layers{Geometry: moving}}
	tr := read(t, "flirt.mat", "1 0 0 3\n0 1 0 0\n0 0 1 0\n0 0 0 1\n")
	out, err := tr.Apply(seg, fixed, false)
	if err != nil {
		t.Fatal(err)
	}
	// Voxel (0, 0, 0) is at FSL's (18, 0, 0), which goes to (21, 0, 0): 21 mm
	// along the fixed image's first axis from its corner, which in NIfTI is at
	// (30, 0, 0).
	if got := out.Layers.Geometry.Affine.Apply(0, 0, 0); !near(got, ingest.Vec{30 - 21, 0, 0}, 1e-9) {
		t.Errorf("voxel 0 went to %v", got)
	}
	if got := out.Layers.Geometry.Affine.Apply(1, 1, 1); !near(got, ingest.Vec{30 - 19, 2, 2}, 1e-9) {
		t.Errorf("voxel 1 went to %v", got)
	}
	// The inverse matrix, turned round, is the same.
	back, err := read(t, "flirt.mat", "1 0 0 -3\n0 1 0 0\n0 0 1 0\n0 0 0 1\n").Apply(seg, fixed, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Layers.Geometry.Affine.Apply(0, 0, 0); !near(got, ingest.Vec{9, 0, 0}, 1e-9) {
		t.Errorf("turned round, voxel 0 went to %v", got)
	}
}

func TestApplyLeavesWhatItIsGiven(t *testing.T) {
	g := ingest.Geometry{Size: [3]int{1, 1, 1}, Affine: ingest.Affine{{1}, {0, 1}, {0, 0, 1}}}
	seg := ingest.Segmentation{Labels: &ingest.Labels{Geometry: g}, FrameOfReferenceUID: "1.2", Warnings: []ingest.Warning{{Code: ingest.WarnLabels}}}
	out, err := read(t, "a.1D", "1 0 0 10 0 1 0 20 0 0 1 30").Apply(seg, g, false)
	if err != nil {
		t.Fatal(err)
	}
	if seg.Labels.Geometry != g || out.FrameOfReferenceUID != "" || len(out.Warnings) != 1 {
		t.Errorf("was %+v, became %+v", seg.Labels.Geometry, out)
	}
}

func TestFaultyTransformsAreRejected(t *testing.T) {
	affine := func(parameters, fixed string) string { return itk("AffineTransform_double_3_3", parameters, fixed) }
	tests := map[string]struct{ name, text, want string }{
		"nothing":               {"a.mat", "", "0 numbers"},
		"something else":        {"a.txt", "hello", "not an ITK"},
		"a composite":           {"a.txt", affine("1 0 0 0 1 0 0 0 1 0 0 0", "0 0 0") + "Transform: AffineTransform_double_3_3\n", "several"},
		"a warp":                {"a.txt", itk("DisplacementFieldTransform_double_3_3", "", ""), "not supported"},
		"two dimensions":        {"a.txt", itk("AffineTransform_double_2_2", "1 0 0 1 0 0", "0 0"), "three dimensions"},
		"too few parameters":    {"a.txt", affine("1 0 0 0 1 0 0 0 1", "0 0 0"), "9 parameters"},
		"NaN":                   {"a.txt", affine("1 0 0 0 1 0 0 0 NaN 0 0 0", "0 0 0"), "other than finite numbers"},
		"flat":                  {"a.txt", affine("1 0 0 0 1 0 0 0 0 0 0 0", "0 0 0"), "factor of 0"},
		"a hundred metres away": {"a.1D", "1 0 0 1e6 0 1 0 0 0 0 1 0", "beyond"},
		"many volumes":          {"a.1D", strings.Repeat("1 0 0 0 0 1 0 0 0 0 1 0\n", 3), "36 numbers"},
		"no affine":             {"a.mat", "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 1 1\n", "last row"},
		"voxels to voxels":      {"a.lta", "type = 0\nnxforms = 1\n1 4 4\n1 0 0 0\n", "lta_convert"},
		"a cut MATLAB file":     {"a.mat", "\x00\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x1b\x00\x00\x00Affine", "ends within"},
		"a large MATLAB file":   {"a.mat", "\x00\x00\x00\x00\xff\xff\xff\x7f\x01\x00\x00\x00\x00\x00\x00\x00\x1b\x00\x00\x00Affine", "too large"},
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			_, err := transform.Read(test.name, []byte(test.text))
			if got := ingest.ReasonOf(err); got.Code != ingest.CodeRegionsUnreadable || !strings.Contains(got.Detail, test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func FuzzTransform(f *testing.F) {
	ants, _ := hex.DecodeString(antsFile)
	f.Add(uint8(0), ants)
	f.Add(uint8(0), []byte("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"))
	f.Add(uint8(1), []byte("1 0 0 10 0 1 0 20 0 0 1 30\n"))
	f.Add(uint8(2), []byte(lta))
	f.Add(uint8(3), []byte(itk("Euler3DTransform_double_3_3", "0 0 1 0 0 1", "10 5 0")))
	g := ingest.Geometry{Size: [3]int{4, 4, 4}, Affine: ingest.Affine{{2}, {0, 2}, {0, 0, 2}}}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		tr, err := transform.Read([]string{"a.mat", "a.1D", "a.lta", "a.txt"}[kind%4], data)
		if err == nil {
			var out ingest.Segmentation
			if out, err = tr.Apply(ingest.Segmentation{Labels: &ingest.Labels{Geometry: g}}, g, kind&8 != 0); err == nil {
				if s := fmt.Sprint(out.Labels.Geometry.Affine); strings.Contains(s, "NaN") {
					t.Fatalf("not a number: %s", s)
				}
			}
		}
		if err != nil && ingest.ReasonOf(err).Code == "" {
			t.Fatal(err)
		}
	})
}
