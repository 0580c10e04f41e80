package table

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
)

// maxTableValues bounds the values of a table that names its regions in rows.
const maxTableValues = 4 << 20

// A petfitTable is what has been read of a table with a row per region and
// frame. Rows may be in any order.
type petfitTable struct {
	layout
	frames  []ingest.Frame       // as they were met
	regions []extract.TAC        // as they were met, without values
	frame   map[ingest.Frame]int // number of each frame
	region  map[string]int       // number of each region
	scans   map[string]bool
	values  map[slot]float64
	weights []float64 // one per frame; zeros where the table has none
}

// A slot is a place in a table of regions and frames.
type slot struct{ region, frame int }

// readLong reads a row per region and frame. A value that is missing is NaN.
func (l layout) readLong() (contents, error) {
	long := petfitTable{
		layout: l, frame: map[ingest.Frame]int{}, region: map[string]int{},
		scans: map[string]bool{}, values: map[slot]float64{},
	}
	for line, fields := range l.rows() {
		if fields == nil {
			return contents{}, l.short(line)
		}
		if err := long.add(line, fields); err != nil {
			return contents{}, err
		}
	}
	if len(long.scans) > 1 {
		return contents{}, l.reject("it holds %d scans; give each its own table", len(long.scans))
	}
	out := long.contents()
	return out, l.checkWeights(out.weights)
}

// add reads one row. Of a second scan only the name is read, to count it.
func (t *petfitTable) add(line int, fields []string) error {
	if at, ok := t.column[scanName]; ok {
		t.scans[strings.Clone(fields[at])] = true
	}
	if len(t.scans) > 1 {
		return nil
	}
	var at slot
	var err error
	if at.frame, err = t.frameNumber(line, fields); err != nil {
		return err
	}
	if at.region, err = t.regionNumber(line, fields); err != nil {
		return err
	}
	if _, twice := t.values[at]; twice {
		return t.reject("row %d: its region and frame were given before", line)
	}
	if len(t.frames)*len(t.regions) > maxTableValues {
		return t.reject("it has more than %d values", maxTableValues)
	}
	t.values[at], err = t.activity(line, t.column[regionValue], fields)
	return err
}

// frameNumber returns the number of a row's frame, and its weight to t.
func (t *petfitTable) frameNumber(line int, fields []string) (int, error) {
	f, err := t.layout.frame(line, fields)
	if err != nil {
		return 0, err
	}
	w := 0.0
	if t.has(weight) {
		if w, err = t.weight(line, fields); err != nil {
			return 0, err
		}
	}
	n, known := t.frame[f]
	switch {
	case known && t.weights[n] != w:
		return 0, t.reject("row %d: the weight differs from the one that this frame had before", line)
	case known:
		return n, nil
	case len(t.frames) >= maxTableFrames:
		return 0, t.reject("it has more than %d frames", maxTableFrames)
	}
	n = len(t.frames)
	t.frame[f], t.frames, t.weights = n, append(t.frames, f), append(t.weights, w)
	return n, nil
}

// regionNumber returns the number of a row's region. Its volume is that of its
// first row.
func (t *petfitTable) regionNumber(line int, fields []string) (int, error) {
	name := fields[t.column[regionName]]
	n, known := t.region[name]
	switch {
	case known:
		return n, nil
	case !extract.UsableName(name):
		return 0, t.reject("row %d, column %d: the cell does not name a region", line, t.column[regionName]+1)
	case len(t.regions) >= maxTableColumns:
		return 0, t.reject("it has more than %d regions", maxTableColumns)
	}
	tac := extract.TAC{Region: extract.Region(strings.Clone(name))}
	if at, ok := t.column[regionMM3]; ok {
		if v, ok := value(fields[at]); ok && v > 0 {
			tac.VolumeMM3 = v
		}
	}
	n = len(t.regions)
	t.region[string(tac.Region)], t.regions = n, append(t.regions, tac)
	return n, nil
}

// contents returns the curves with their frames in time order.
func (t *petfitTable) contents() contents {
	order := make([]int, len(t.frames))
	for f := range order {
		order[f] = f
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(t.frames[a].Start, t.frames[b].Start), cmp.Compare(t.frames[a].Duration, t.frames[b].Duration))
	})
	out := contents{tacs: t.regions}
	for _, f := range order {
		out.frames = append(out.frames, t.frames[f])
		if t.has(weight) {
			out.weights = append(out.weights, t.weights[f])
		}
		for r := range out.tacs {
			v, ok := t.values[slot{r, f}]
			if !ok {
				v = math.NaN()
			}
			out.tacs[r].BqPerML = append(out.tacs[r].BqPerML, v)
		}
	}
	return out
}
