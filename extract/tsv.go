package extract

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"tacstream/ingest"
)

// Bounds on a table of curves.
const (
	maxTableBytes   = 32 << 20
	maxTableFrames  = 10_000
	maxTableColumns = 10_000
	maxTableSeconds = 1e7
)

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\ufeff"

// WriteTSV writes the curves as PETPrep does: a row per frame with
// "frame_start" and "frame_end" in seconds after model zero, then a column for
// each region, corrected for decay to the origin, in c.Units. Every value
// reads back as the same number.
func WriteTSV(w io.Writer, c Curves, to Origin) error {
	tacs, err := c.Corrected(to)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	b.WriteString("frame_start\tframe_end")
	for _, t := range tacs {
		if !usable(string(t.Region)) {
			return fmt.Errorf("region %q cannot be the name of a column", t.Region)
		}
		b.WriteString("\t" + string(t.Region))
	}
	b.WriteByte('\n')
	for f, frame := range c.Frames {
		b.WriteString(number(frame.Start.Seconds()) + "\t" + number(frame.End().Seconds()))
		for _, t := range tacs {
			b.WriteString("\t" + number(t.BqPerML[f]))
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// number writes as many digits as the number needs, and n/a for none.
func number(x float64) string {
	if !finite(x) {
		return "n/a"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// A table is what has been read of a file of curves.
type table struct {
	frames  []ingest.Frame
	tacs    []TAC
	weights []float64 // of the frames; nil where there are none
}

// value reads a number; a missing one is NaN.
func value(field string) (float64, bool) {
	field = strings.TrimSpace(field)
	switch strings.ToLower(field) {
	case "", "n/a", "na", "nan":
		return math.NaN(), true
	}
	return ingest.Decimal(field)
}

// curves checks the whole and leaves out what has gaps.
func (t *table) curves() (Curves, error) {
	if len(t.frames) == 0 {
		return Curves{}, rejectTable("it has no frame")
	}
	if err := ingest.CheckFrames(t.frames); err != nil {
		return Curves{}, err
	}
	c := Curves{Frames: t.frames, Units: Arbitrary, Warnings: []ingest.Warning{noHalfLife()}}
	for _, tac := range t.tacs {
		missing := 0
		for _, v := range tac.BqPerML {
			if math.IsNaN(v) {
				missing++
			}
		}
		if missing == 0 {
			c.TACs = append(c.TACs, tac)
			continue
		}
		c.Warnings = append(c.Warnings, ingest.Warning{
			Code: ingest.WarnLabels, Level: ingest.LevelWarn, Value: float64(missing),
			Detail: fmt.Sprintf("values that %s lacks: it is left out", tac.Region),
		})
	}
	if len(c.TACs) == 0 {
		return Curves{}, rejectTable("no region has a value in every frame")
	}
	return c, nil
}

// rejectTable says why a table of curves cannot serve.
func rejectTable(format string, args ...any) error {
	return ingest.Reject(ingest.CodeMalformed, "table of curves: "+format, args...)
}
