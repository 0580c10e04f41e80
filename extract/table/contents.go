package table

import (
	"math"
	"strconv"
	"strings"

	"tacstream/extract"
	"tacstream/ingest"
)

// maxTableFrames bounds a table of curves.
const maxTableFrames = 10_000

// The contents of a table of curves are what has been read of it so far.
type contents struct {
	frames  []ingest.Frame
	tacs    []extract.TAC
	weights []float64 // of the frames; nil where there are none
}

// curves checks the whole and leaves out what has gaps: frames first, where few
// regions lack many values, then regions.
func (t *contents) curves() (c extract.CorrectedCurves, left []Gappy, err error) {
	if len(t.frames) == 0 {
		return c, nil, rejectTable("it has no frame")
	}
	if err := ingest.CheckFrames(t.frames); err != nil {
		return c, nil, err
	}
	c = extract.CorrectedCurves{Units: extract.Arbitrary, Warnings: []ingest.Warning{extract.NoHalfLife()}}
	c.Warnings = append(c.Warnings, t.dropFrames()...)
	c.Frames = t.frames
	for _, tac := range t.tacs {
		missing := t.missing(tac)
		if missing == 0 {
			c.TACs = append(c.TACs, extract.CorrectedTAC(tac))
			continue
		}
		left = append(left, Gappy{tac.Region, missing})
		c.Warnings = append(c.Warnings, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(missing), 0,
			"Region %s lacks %s and is left out.", tac.Region, ingest.Count(missing, "value")))
	}
	if len(c.TACs) == 0 {
		return c, left, rejectTable("no region has a value in every frame")
	}
	return c, left, nil
}

// missing returns how many values a curve lacks.
func (t *contents) missing(tac extract.TAC) (n int) {
	for _, v := range tac.BqPerML {
		if math.IsNaN(v) {
			n++
		}
	}
	return n
}

// mostMissing is the fraction of the frames that a region may lack for these
// frames to be left out, rather than the region.
const mostMissing = 0.1

// dropFrames leaves out the frames that regions with few gaps lack, for all
// regions, so that all keep one set of frames: the gap is bridged like any
// other. The warning names the frames.
func (t *contents) dropFrames() []ingest.Warning {
	gone := map[int]bool{}
	for _, tac := range t.tacs {
		if n := t.missing(tac); n == 0 || float64(n) > mostMissing*float64(len(t.frames)) {
			continue
		}
		for f, v := range tac.BqPerML {
			if math.IsNaN(v) {
				gone[f] = true
			}
		}
	}
	if len(gone) == 0 || float64(len(gone)) > mostMissing*float64(len(t.frames)) {
		return nil
	}
	var kept []int
	var names []string
	for f := range t.frames {
		if !gone[f] {
			kept = append(kept, f)
			continue
		}
		names = append(names, strconv.Itoa(f+1))
	}
	t.frames, t.weights = extract.Kept(t.frames, kept), extract.Kept(t.weights, kept)
	for i := range t.tacs {
		t.tacs[i].BqPerML = extract.Kept(t.tacs[i].BqPerML, kept)
	}
	return []ingest.Warning{ingest.Warn(ingest.WarnFrameEmpty, ingest.LevelWarn, float64(len(names)), 0,
		"Values of some regions are missing in %s (number %s), which is left out for all regions.", ingest.Count(len(names), "frame"), strings.Join(names, ", "))}
}

// rejectTable says why a table of curves cannot serve.
func rejectTable(format string, args ...any) error {
	return ingest.Reject(ingest.CodeMalformed, "table of curves: "+format, args...)
}
