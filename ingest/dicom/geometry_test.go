package dicom_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

func plane(orientation [6]float64) ingest.Header {
	return ingest.Header{
		Strict: ingest.Strict{Rows: 20, Columns: 30, Orientation: orientation, PixelSpacing: [2]float64{2, 3}},
		Soft:   ingest.Soft{SliceThickness: 5},
	}
}

// Affines by hand: a patient's left is RAS −x, the back is RAS −y.
func TestGeometryIsOnRASAxes(t *testing.T) {
	c, s := math.Cos(0.3), math.Sin(0.3)
	tests := []struct {
		name        string
		orientation [6]float64
		positions   [][3]float64
		want        ingest.Affine
	}{
		{"axial", [6]float64{1, 0, 0, 0, 1, 0}, [][3]float64{{-40, -20, 7}, {-40, -20, 11}, {-40, -20, 15}},
			ingest.Affine{{-3, 0, 0, 40}, {0, -2, 0, 20}, {0, 0, 4, 7}}},
		{"axial, one slice", [6]float64{1, 0, 0, 0, 1, 0}, [][3]float64{{-40, -20, 7}},
			ingest.Affine{{-3, 0, 0, 40}, {0, -2, 0, 20}, {0, 0, 5, 7}}},
		{"feet first, prone rows", [6]float64{-1, 0, 0, 0, 1, 0}, [][3]float64{{40, -20, 15}, {40, -20, 11}},
			ingest.Affine{{3, 0, 0, -40}, {0, -2, 0, 20}, {0, 0, -4, 15}}},
		{"coronal, slices to the back", [6]float64{1, 0, 0, 0, 0, -1}, [][3]float64{{-40, 1, 9}, {-40, 5, 9}},
			ingest.Affine{{-3, 0, 0, 40}, {0, 0, -4, -1}, {0, -2, 0, 9}}},
		{"tilted about x", [6]float64{1, 0, 0, 0, c, s}, [][3]float64{{0, 0, 0}, {0, -4 * s, 4 * c}},
			ingest.Affine{{-3, 0, 0, 0}, {0, -2 * c, 4 * s, 0}, {0, 2 * s, 4 * c, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, err := dicom.Geometry(plane(tt.orientation), tt.positions)
			if err != nil {
				t.Fatal(err)
			}
			if want := [3]int{30, 20, len(tt.positions)}; g.Size != want {
				t.Errorf("size %v, want %v", g.Size, want)
			}
			if diff := cmp.Diff(tt.want, g.Affine, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("affine (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSlicesAreEvenlySpacedOrRejected(t *testing.T) {
	axial := [6]float64{1, 0, 0, 0, 1, 0}
	stack := func(z ...float64) (p [][3]float64) {
		for _, z := range z {
			p = append(p, [3]float64{-40, -20, z})
		}
		return p
	}
	tests := []struct {
		name      string
		positions [][3]float64
		even      bool
	}{
		{"rounded to hundredths", stack(0, 2.03, 4.05, 6.08), true},
		{"1 % off in thick slices", stack(0, 10.09, 20, 30), true},
		{"one slice missing", stack(0, 2, 4, 8), false},
		{"2 % off in thick slices", stack(0, 10.2, 20, 30), false},
		{"one shifted aside", [][3]float64{{0, 0, 0}, {0.2, 0, 2}, {0, 0, 4}}, false},
		{"all at one place", stack(3, 3), false},
		{"against the normal", stack(4, 2, 0), false},
		{"not a number", stack(0, math.NaN(), 4), false},
		{"none", nil, false},
	}
	for _, tt := range tests {
		_, err := dicom.Geometry(plane(axial), tt.positions)
		if even := err == nil; even != tt.even {
			t.Errorf("%s: %v", tt.name, err)
		} else if !even && ingest.ReasonOf(err).Code != ingest.CodeGeometry {
			t.Errorf("%s: rejected as %v", tt.name, err)
		}
	}
	thin := plane(axial)
	thin.Soft.SliceThickness = 0
	if _, err := dicom.Geometry(thin, stack(0)); err == nil {
		t.Error("a single slice without thickness has a geometry")
	}
}

func TestAlongIsTheDistanceAlongTheNormal(t *testing.T) {
	coronal := [6]float64{1, 0, 0, 0, 0, -1}
	if got, want := dicom.Normal(coronal), [3]float64{0, 1, 0}; got != want {
		t.Errorf("normal %v, want %v", got, want)
	}
	if got := dicom.Along(coronal, [3]float64{5, -7, 9}); got != -7 {
		t.Errorf("%g mm along the normal, want -7", got)
	}
}
