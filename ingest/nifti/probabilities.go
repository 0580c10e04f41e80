package nifti

import (
	"io"
	"math"

	"tacstream/ingest"
)

// maxTotalVoxels bounds the voxels of all volumes, which takes a few seconds
// to read. What is zero in them takes no memory.
const maxTotalVoxels = 1 << 30

// maxKeptVoxels bounds the voxels that all regions keep, in their boxes.
const maxKeptVoxels = 1 << 26

// beyondRange is by how much a probability may lie outside 0 to 1 before that
// is worth a warning: resampling and 32-bit floats do that.
const beyondRange = 1e-3

// ReadProbabilities reads an image of which each volume says how much of every
// voxel belongs to a region, from 0 to 1, gzipped or not. Volume n, counted
// from 0, is the region of index n + 1 in names. Values outside 0 to 1 are
// clipped and voxels that are not a number are taken for 0, with
// ingest.WarnLabels.
//
// Volumes are read one after the other and only what is not zero is kept.
func ReadProbabilities(r io.Reader, names map[int32]string, opts Options) (ingest.Segmentation, error) {
	src := &source{r: r}
	s, err := readProbabilities(src, names, opts.filled())
	if src.err != nil {
		return ingest.Segmentation{}, src.err
	}
	return s, err
}

func readProbabilities(src io.Reader, names map[int32]string, opts Options) (ingest.Segmentation, error) {
	r, h, err := openImage(src, opts)
	if err != nil {
		return ingest.Segmentation{}, err
	}
	affine, warnings, err := h.affine()
	if err != nil {
		return ingest.Segmentation{}, err
	}
	layers := ingest.Layers{Geometry: ingest.Geometry{Size: h.size, Affine: affine}}
	if n := layers.Geometry.Voxels(); h.volumes > maxTotalVoxels/n {
		return ingest.Segmentation{}, reject("its %d volumes of %d voxels are more than %d voxels together", h.volumes, n, maxTotalVoxels)
	}
	var odd outside
	kept := 0
	for v := range h.volumes {
		sparse, err := h.readVolume(r, &odd)
		if err != nil {
			return ingest.Segmentation{}, err
		}
		layer := ingest.Layer{Index: int32(v + 1), Name: names[int32(v+1)]}
		kept += sparse.box(&layer, h.size)
		if kept > maxKeptVoxels {
			return ingest.Segmentation{}, reject("the regions span more than %d voxels together", maxKeptVoxels)
		}
		sparse.fill(&layer, h.size)
		layers.Regions = append(layers.Regions, layer)
	}
	if odd.percentages() {
		return ingest.Segmentation{}, reject("its probabilities seem to be percentages; give them from 0 to 1")
	}
	return ingest.Segmentation{Layers: &layers, Warnings: append(warnings, odd.warnings()...), Standard: h.standard()}, finish(r)
}

// outside counts values that are no probabilities.
type outside struct {
	nan, beyond    int
	some, hundreds int // above 0, and of these what percentages would be
}

// percentages reports whether most values can only be percentages.
func (o outside) percentages() bool { return 2*o.hundreds > o.some }

func (o outside) warnings() []ingest.Warning {
	var list []ingest.Warning
	if n := o.nan; n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(n), 0,
			"The image of probabilities has %s without a number; such voxels count as 0.", ingest.Count(n, "voxel")))
	}
	if n := o.beyond; n > 0 {
		list = append(list, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(n), 0,
			"The image of probabilities has %s outside 0 to 1; such voxels count as the nearer of the two.", ingest.Count(n, "voxel")))
	}
	return list
}

// weight turns a probability into a weight.
func (o *outside) weight(v float64) uint16 {
	switch {
	case math.IsNaN(v):
		o.nan++
		return 0
	case v < -beyondRange, v > 1+beyondRange:
		o.beyond++
	}
	if v > 0 {
		o.some++
	}
	if v > 1.5 && v <= 100 {
		o.hundreds++
	}
	return uint16(math.Round(min(max(v, 0), 1) * ingest.FullWeight))
}

// maxGap is how many zeros in a row a span keeps rather than end.
const maxGap = 8

// A span is voxels of a volume, from first up to before end, whose weights lie
// one after the other.
type span struct{ first, end int32 }

// A sparse volume is the weights of a volume that are not zero, and a few that
// are.
type sparse struct {
	spans   []span
	weights []uint16
}

// add keeps the weight of voxel i, which lies behind all voxels before.
func (s *sparse) add(i int32, w uint16) {
	if last := len(s.spans) - 1; last >= 0 && i-s.spans[last].end <= maxGap {
		for range i - s.spans[last].end {
			s.weights = append(s.weights, 0)
		}
		s.spans[last].end = i + 1
	} else {
		s.spans = append(s.spans, span{i, i + 1})
	}
	s.weights = append(s.weights, w)
}

// readVolume reads one volume. What it allocates grows with what is not zero.
func (h header) readVolume(r io.Reader, odd *outside) (sparse, error) {
	var kept sparse
	width, value := decoder(h.datatype, h.order)
	if width == 0 {
		return kept, reject("its voxels have type %d, which is not used for probabilities", h.datatype)
	}
	n := h.size[0] * h.size[1] * h.size[2]
	const chunk = 32 << 10 // voxels
	buf := make([]byte, min(n, chunk)*width)
	for i := 0; i < n; {
		part := buf[:min(n-i, chunk)*width]
		if _, err := io.ReadFull(r, part); err != nil {
			return kept, reject("it is damaged, or shorter than its header says")
		}
		for at := 0; at < len(part); at, i = at+width, i+1 {
			v := h.rescale(value(part[at:]))
			if v == 0 {
				continue
			}
			if w := odd.weight(v); w != 0 {
				kept.add(int32(i), w)
			}
		}
		if len(kept.weights) > maxKeptVoxels {
			return kept, reject("it has a region of more than %d voxels", maxKeptVoxels)
		}
	}
	return kept, nil
}

// each calls visit with the place and the weight of every voxel that is kept.
func (s sparse) each(size [3]int, visit func(v [3]int, w uint16)) {
	at := 0
	for _, p := range s.spans {
		for i := int(p.first); i < int(p.end); i++ {
			if w := s.weights[at]; w != 0 {
				visit([3]int{i % size[0], i / size[0] % size[1], i / size[0] / size[1]}, w)
			}
			at++
		}
	}
}

// box sets the box of a layer and returns its voxels.
func (s sparse) box(l *ingest.Layer, size [3]int) int {
	first, last := size, [3]int{-1, -1, -1}
	s.each(size, func(v [3]int, _ uint16) {
		for i := range v {
			first[i], last[i] = min(first[i], v[i]), max(last[i], v[i])
		}
	})
	if last[0] < 0 {
		return 0
	}
	l.First = first
	for i := range last {
		l.Size[i] = last[i] - first[i] + 1
	}
	return l.Size[0] * l.Size[1] * l.Size[2]
}

// fill puts the weights into the box of a layer.
func (s sparse) fill(l *ingest.Layer, size [3]int) {
	l.Weight = make([]uint16, l.Size[0]*l.Size[1]*l.Size[2])
	s.each(size, func(v [3]int, w uint16) {
		i, j, k := v[0]-l.First[0], v[1]-l.First[1], v[2]-l.First[2]
		l.Weight[(k*l.Size[1]+j)*l.Size[0]+i] = w
	})
}
