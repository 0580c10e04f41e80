package table

import (
	"math"

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

// curves checks the whole and leaves out what has gaps.
func (t *contents) curves() (extract.CorrectedCurves, error) {
	if len(t.frames) == 0 {
		return extract.CorrectedCurves{}, rejectTable("it has no frame")
	}
	if err := ingest.CheckFrames(t.frames); err != nil {
		return extract.CorrectedCurves{}, err
	}
	c := extract.CorrectedCurves{Frames: t.frames, Units: extract.Arbitrary, Warnings: []ingest.Warning{extract.NoHalfLife()}}
	for _, tac := range t.tacs {
		missing := 0
		for _, v := range tac.BqPerML {
			if math.IsNaN(v) {
				missing++
			}
		}
		if missing == 0 {
			c.TACs = append(c.TACs, extract.CorrectedTAC(tac))
			continue
		}
		c.Warnings = append(c.Warnings, ingest.Warn(ingest.WarnLabels, ingest.LevelWarn, float64(missing), 0,
			"Region %s lacks %s and is left out.", tac.Region, ingest.Count(missing, "value")))
	}
	if len(c.TACs) == 0 {
		return extract.CorrectedCurves{}, rejectTable("no region has a value in every frame")
	}
	return c, nil
}

// rejectTable says why a table of curves cannot serve.
func rejectTable(format string, args ...any) error {
	return ingest.Reject(ingest.CodeMalformed, "table of curves: "+format, args...)
}
