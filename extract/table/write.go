package table

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"

	"tacstream/extract"
)

// Write writes the curves as PETPrep does: a row per frame with
// "frame_start" and "frame_end" in seconds after model zero, then a column for
// each region, corrected for decay to the origin, in c.Units. Every value
// reads back as the same number.
func Write(w io.Writer, c extract.Curves, to extract.Origin) error {
	tacs, err := c.Corrected(to)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	b.WriteString("frame_start\tframe_end")
	for _, t := range tacs {
		if !extract.UsableName(string(t.Region)) {
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
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "n/a"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
