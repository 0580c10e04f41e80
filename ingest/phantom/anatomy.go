package phantom

import "tacstream/ingest"

// Cerebellum is the name of the reference region. It lies on the midline and
// has one label; all other regions have one on each side.
const Cerebellum = "Cerebellum"

// The box that holds the head, in mm along right, anterior and superior. The
// head fills a volume of any size in the same proportions.
const (
	boxWide = 96.0
	boxLong = 96.0
	boxHigh = 48.0
)

// A shape is an ellipsoid in the box, in mm right of, anterior of and
// superior to its centre.
type shape struct {
	centre ingest.Vec
	axes   ingest.Vec // half its length along each axis
}

// holds reports whether a point of the box lies in the ellipsoid.
func (s shape) holds(p ingest.Vec) bool {
	sum := 0.0
	for a := range p {
		d := (p[a] - s.centre[a]) / s.axes[a]
		sum += d * d
	}
	return sum <= 1
}

// mirrored returns the same ellipsoid on the other side.
func (s shape) mirrored() shape {
	s.centre[0] = -s.centre[0]
	return s
}

// An organ is a region as nature has it: on the right, with a twin on the
// left, except for the cerebellum.
type organ struct {
	region      string
	left, right int32 // indices in the region source; left is 0 without a twin
	shape       shape
	// pc is the noise constant of the region in kBq/mL min; see the
	// package comment.
	pc float64
}

func organs() []organ {
	return []organ{
		{"Nucleus-Accumbens", 552, 52, shape{ingest.Vec{6, 12, -3}, ingest.Vec{2.8, 3.2, 3.2}}, 0.1},
		{"Ventral-Pallidum", 560, 60, shape{ingest.Vec{9, 3, -6}, ingest.Vec{3, 3.5, 3}}, 0.05},
		{"Putamen", 548, 48, shape{ingest.Vec{16, 6, 2}, ingest.Vec{3.5, 9, 7}}, 0.02},
		{"Caudate", 546, 46, shape{ingest.Vec{7, 8, 7.5}, ingest.Vec{3.5, 8, 5}}, 0.02},
		{"Thalamus", 605, 105, shape{ingest.Vec{5.5, -8, 5}, ingest.Vec{4.5, 6, 5}}, 0.02},
		{"Frontal-Cortex", 512, 12, shape{ingest.Vec{12, 28, 6}, ingest.Vec{9, 9, 10}}, 0.01},
		{"Occipital-Cortex", 533, 33, shape{ingest.Vec{10, -32, 6}, ingest.Vec{8, 7, 8}}, 0.01},
		{Cerebellum, 0, 276, shape{ingest.Vec{0, -21, -10}, ingest.Vec{16, 10, 7}}, 0.01},
	}
}

// head is the outline of the head.
func head() shape { return shape{axes: ingest.Vec{36, 44, 22.5}} }
