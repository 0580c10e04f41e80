package dicom

import (
	"cmp"
	"math"
	"slices"

	"tacstream/ingest"
)

// Tags of functional groups (PS3.3, C.7.6.16).
const (
	tagSliceThickness    = 0x00180050
	tagSpacingBetween    = 0x00180088
	tagImagePosition     = 0x00200032
	tagImageOrientation  = 0x00200037
	tagPlanePosition     = 0x00209113
	tagPlaneOrientation  = 0x00209116
	tagPixelSpacing      = 0x00280030
	tagPixelMeasures     = 0x00289110
	tagSegmentIdentified = 0x0062000a
	tagReferencedSegment = 0x0062000b
)

// same is by how much directions may differ between the frames of a grid.
const same = 1e-3

// samePlaceMM is by how much positions along the normal may differ in a slice.
const samePlaceMM = 0.01

// sparsest bounds the slices of a grid to so many for each one that is there:
// empty ones are left out by many writers.
const sparsest = 256

// A planeFrame is where a frame lies and what it shows.
type planeFrame struct {
	orientation          [6]float64
	position             [3]float64
	spacing              [2]float64 // between rows, between columns
	thickness, between   float64    // 0 where unknown
	segment              int
	hasPlane, hasMeasure bool
	hasPosition          bool
	slice                int // in the grid
}

// A frameGrid is the evenly spaced grid that frames lie on.
type frameGrid struct {
	geometry ingest.Geometry
	frames   []planeFrame
	warnings []ingest.Warning
}

// readFrameGrid reads where the frames of a segmentation lie: in any order,
// several in one place, and some left out. Its size is columns, rows and frames.
func readFrameGrid(set dataset, shared, perFrame element, size [3]int) (frameGrid, error) {
	var common planeFrame
	err := set.each(shared, func(item dataset) error { return common.read(item) })
	if err != nil {
		return frameGrid{}, err
	}
	var g frameGrid
	err = set.each(perFrame, func(item dataset) error {
		if len(g.frames) == size[2] {
			return ingest.Reject(ingest.CodeMalformed, "the object gives positions for more than its %d frames", size[2])
		}
		f := common
		if err := f.read(item); err != nil {
			return err
		}
		g.frames = append(g.frames, f)
		return nil
	})
	switch {
	case err != nil:
		return g, err
	case len(g.frames) != size[2]:
		return g, ingest.Reject(ingest.CodeMalformed, "the object gives positions for %d of its %d frames", len(g.frames), size[2])
	}
	return g, g.build(size[0], size[1])
}

// read takes what a functional group item says of frames.
func (f *planeFrame) read(item dataset) error {
	found, err := item.pick(tagPlaneOrientation, tagPlanePosition, tagPixelMeasures, tagSegmentIdentified)
	if err != nil {
		return err
	}
	if found[0].tag != 0 {
		e, err := item.first(found[0], tagImageOrientation)
		if err != nil {
			return err
		}
		f.hasPlane = item.numbers(e[0], f.orientation[:]) && orthonormal(f.orientation)
	}
	if found[1].tag != 0 {
		e, err := item.first(found[1], tagImagePosition)
		if err != nil {
			return err
		}
		f.hasPosition = item.numbers(e[0], f.position[:]) && near(f.position)
	}
	if found[2].tag != 0 {
		if err := f.measure(item, found[2]); err != nil {
			return err
		}
	}
	if found[3].tag != 0 {
		e, err := item.first(found[3], tagReferencedSegment)
		if err != nil {
			return err
		}
		f.segment, _ = item.short(e[0])
	}
	return nil
}

// measure reads the size of a pixel.
func (f *planeFrame) measure(item dataset, seq element) error {
	e, err := item.first(seq, tagPixelSpacing, tagSliceThickness, tagSpacingBetween)
	if err != nil {
		return err
	}
	f.hasMeasure = item.numbers(e[0], f.spacing[:]) && size(f.spacing[0]) && size(f.spacing[1])
	f.thickness, f.between = 0, 0
	if v, ok := decimal(item.value(e[1])); ok && size(v) {
		f.thickness = v
	}
	if v, ok := decimal(item.value(e[2])); ok && size(math.Abs(v)) {
		f.between = math.Abs(v)
	}
	return nil
}

// size reports whether mm can be the side of a voxel.
func size(mm float64) bool { return mm > 1e-3 && mm <= maxSpacing }

// near reports whether a position can be one in a patient.
func near(p [3]float64) bool {
	for _, mm := range p {
		if !(math.Abs(mm) <= maxPosition) {
			return false
		}
	}
	return true
}

// build finds the grid of all frames and each frame's slice in it.
func (g *frameGrid) build(columns, rows int) error {
	one := g.frames[0]
	for i, f := range g.frames {
		switch {
		case !f.hasPlane || !f.hasPosition || !f.hasMeasure:
			return ingest.Reject(ingest.CodeGeometry, "frame %d has no valid orientation, position or pixel spacing", i+1)
		case !alike(f, one):
			return ingest.Reject(ingest.CodeGeometry, "frame %d has a different orientation or pixel spacing from frame 1", i+1)
		}
	}
	places := g.places()
	steps, err := stepsOf(places, one.between, one.thickness)
	if err != nil {
		return err
	}
	if n := steps[len(steps)-1] + 1; one.between == 0 && n > len(places) {
		g.warnings = append(g.warnings, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(n-len(places)), 0,
			"By its SliceThickness the segmentation leaves out %s between its frames, and SpacingBetweenSlices is missing; what is left out is taken as empty.", ingest.Count(n-len(places), "slice")))
	}
	return g.lay(places, steps, [2]int{columns, rows})
}

// alike reports whether two frames can lie on one grid.
func alike(a, b planeFrame) bool {
	for i := range a.orientation {
		if !(math.Abs(a.orientation[i]-b.orientation[i]) <= same) {
			return false
		}
	}
	return math.Abs(a.spacing[0]-b.spacing[0]) <= same*b.spacing[0] && math.Abs(a.spacing[1]-b.spacing[1]) <= same*b.spacing[1]
}

// A framePlace is a slice of which there are frames.
type framePlace struct {
	along    float64 // mm along the normal
	position [3]float64
	frames   []int
}

// places returns the slices in order along the normal.
func (g *frameGrid) places() []framePlace {
	order := make([]framePlace, len(g.frames))
	for i, f := range g.frames {
		order[i] = framePlace{along: Along(g.frames[0].orientation, f.position), position: f.position, frames: []int{i}}
	}
	slices.SortStableFunc(order, func(a, b framePlace) int { return cmp.Compare(a.along, b.along) })
	var places []framePlace
	for _, p := range order {
		if last := len(places) - 1; last >= 0 && p.along-places[last].along <= samePlaceMM {
			places[last].frames = append(places[last].frames, p.frames...)
			continue
		}
		places = append(places, p)
	}
	return places
}

// stepsOf returns the index of each place on an even grid: in steps of the
// spacing that the header names, or of the thickness of its slices, if all
// places are whole steps apart, else of the smallest distance.
func stepsOf(places []framePlace, between, thickness float64) ([]int, error) {
	smallest := math.Inf(1)
	for k := range len(places) - 1 {
		smallest = min(smallest, places[k+1].along-places[k].along)
	}
	for _, step := range []float64{between, thickness, smallest} {
		if steps, ok := inSteps(places, step); step > 0 && ok {
			return steps, nil
		}
	}
	return nil, ingest.Reject(ingest.CodeGeometry, "the frames are not evenly spaced")
}

// inSteps returns the index of each place on a grid of about that step, and
// whether every distance between neighbours is a whole number of steps.
func inSteps(places []framePlace, step float64) ([]int, bool) {
	steps := make([]int, len(places))
	for k := range len(places) - 1 {
		n := (places[k+1].along - places[k].along) / step
		whole := math.Round(n)
		if whole < 1 || whole > float64(sparsest*len(places)) || math.Abs(n-whole)*step > max(offPlace*step, offPlaceMM) {
			return nil, false
		}
		steps[k+1] = steps[k] + int(whole)
	}
	return steps, steps[len(steps)-1] < sparsest*len(places)
}

// lay makes the geometry and checks that every place is on it.
func (g *frameGrid) lay(places []framePlace, steps []int, plane [2]int) error {
	one, count := g.frames[0], steps[len(steps)-1]+1
	step := scaled(Normal(one.orientation), cmp.Or(one.between, one.thickness))
	if last := places[len(places)-1]; count > 1 {
		step = scaled(minus(last.position, places[0].position), 1/float64(count-1))
	}
	if dot(step, step) == 0 {
		return ingest.Reject(ingest.CodeGeometry, "the only slice has neither SliceThickness nor SpacingBetweenSlices")
	}
	tolerance := max(offPlace*math.Sqrt(dot(step, step)), offPlaceMM)
	for k, p := range places {
		want := minus(places[0].position, scaled(step, -float64(steps[k])))
		for _, frame := range p.frames {
			off := minus(g.frames[frame].position, want)
			if d := math.Sqrt(dot(off, off)); !(d <= tolerance) {
				return ingest.Reject(ingest.CodeGeometry, "frame %d is %.2f mm off an even grid", frame+1, d)
			}
			g.frames[frame].slice = steps[k]
		}
	}
	g.geometry.Size = [3]int{plane[0], plane[1], count}
	for r, sign := range [...]float64{-1, -1, 1} {
		g.geometry.Affine[r] = [4]float64{
			sign * one.orientation[r] * one.spacing[1],
			sign * one.orientation[r+3] * one.spacing[0],
			sign * step[r],
			sign * places[0].position[r],
		}
	}
	if _, err := g.geometry.Affine.Inverse(); err != nil {
		return ingest.Reject(ingest.CodeGeometry, "its voxels have no volume")
	}
	return nil
}
