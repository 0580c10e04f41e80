package nifti_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/ingest/nifti"
)

// probabilities is a file of 32-bit floats on the grid of aFile.
func probabilities(volumes int64, values ...float32) file {
	f := aFile()
	f.dim = append(f.dim, volumes)
	f.datatype = 16
	f.voxels = make([]byte, 12*4*volumes)
	for i, v := range values {
		binary.LittleEndian.PutUint32(f.voxels[4*i:], math.Float32bits(v))
	}
	return f
}

func TestVolumesBecomeLayers(t *testing.T) {
	values := make([]float32, 24)
	values[1], values[10] = 0.5, 1 // voxels (1, 0, 0) and (1, 1, 1) of the first region
	values[12+5] = 0.25            // voxel (2, 1, 0) of the second
	names := map[int32]string{1: "Caudate", 2: "Putamen"}
	for _, data := range [][]byte{probabilities(2, values...).bytes(), probabilities(2, values...).gzip()} {
		s, err := nifti.ReadProbabilities(bytes.NewReader(data), names, nifti.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []ingest.Layer{
			{Index: 1, Name: "Caudate", First: [3]int{1, 0, 0}, Size: [3]int{1, 2, 2}, Weight: []uint16{32768, 0, 0, 65535}},
			{Index: 2, Name: "Putamen", First: [3]int{2, 1, 0}, Size: [3]int{1, 1, 1}, Weight: []uint16{16384}},
		}
		if !reflect.DeepEqual(s.Layers.Regions, want) || s.Warnings != nil {
			t.Errorf("got %+v, %v", s.Layers.Regions, s.Warnings)
		}
		if got := s.Layers.Geometry; got.Size != [3]int{3, 2, 2} || got.Affine[0][3] != 10 {
			t.Errorf("geometry %+v", got)
		}
	}
}

func TestWhatIsNoProbabilityIsClippedAndSaid(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	f := probabilities(1, 1.0005, -0.0005, 1.5, -2, nan, inf)
	s, err := nifti.ReadProbabilities(bytes.NewReader(f.bytes()), nil, nifti.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := ingest.Layer{Index: 1, Size: [3]int{3, 2, 1}, Weight: []uint16{65535, 0, 65535, 0, 0, 65535}}
	if got := s.Layers.Regions[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if len(s.Warnings) != 2 || s.Warnings[0].Value != 1 || s.Warnings[1].Value != 3 {
		t.Errorf("warnings %+v", s.Warnings)
	}
}

func TestAnEmptyVolumeIsAnEmptyLayer(t *testing.T) {
	s, err := nifti.ReadProbabilities(bytes.NewReader(probabilities(1).bytes()), map[int32]string{1: "A"}, nifti.Options{})
	if err != nil || len(s.Layers.Regions) != 1 || len(s.Layers.Regions[0].Weight) != 0 {
		t.Errorf("got %+v, %v", s.Layers, err)
	}
}

func TestFaultyProbabilitiesAreRejected(t *testing.T) {
	two := probabilities(2)
	two.dim = []int64{3, 2, 2, 2, 2}
	many := probabilities(1)
	many.dim = []int64{400, 400, 400, 4000}
	short := probabilities(2)
	short.voxels = short.voxels[:90]
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"volumes along two dimensions": {two.bytes(), "more than one dimension"},
		"a terabyte":                   {many.bytes(), "are more than"},
		"percentages":                  {probabilities(1, 100, 50, 0, 2, 1).bytes(), "percentages"},
		"too short":                    {short.bytes(), "shorter than its header says"},
		"damaged":                      {probabilities(1).gzip()[:60], "label image"},
	} {
		_, err := nifti.ReadProbabilities(bytes.NewReader(test.data), nil, nifti.Options{})
		if got := ingest.ReasonOf(err); got.Code != ingest.CodeRegionsUnreadable || !strings.Contains(got.Detail, test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// A label image read as a probability of 0 or 1 is the same region.
func TestLabelsOfOneRegionReadAsProbabilities(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/real/ibsi/*/nifti/PET_mask.nii.gz")
	if len(files) == 0 {
		t.Skip("no real masks here")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		labels, err := nifti.ReadLabels(bytes.NewReader(data), nifti.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := nifti.ReadProbabilities(bytes.NewReader(data), nil, nifti.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want, got := 0, 0
		for _, v := range labels.Index {
			want += int(v)
		}
		for _, w := range s.Layers.Regions[0].Weight {
			got += int(w) / ingest.FullWeight
		}
		if got != want || want == 0 {
			t.Errorf("%d voxels, want %d", got, want)
		}
	}
}

func FuzzProbseg(f *testing.F) {
	f.Add(probabilities(2, 0.5, 1, 0.25).bytes())
	f.Add(probabilities(1, 0.5, 1, 0.25).gzip())
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := nifti.ReadProbabilities(bytes.NewReader(data), nil, nifti.Options{MaxVoxels: 1 << 16})
		if err != nil {
			if ingest.ReasonOf(err).Code != ingest.CodeRegionsUnreadable {
				t.Fatal(err)
			}
			return
		}
		for _, r := range s.Layers.Regions {
			if len(r.Weight) != r.Size[0]*r.Size[1]*r.Size[2] {
				t.Fatal("weights do not fill their box")
			}
		}
	})
}
