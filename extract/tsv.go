package extract

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

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

// A meaning says what a column of a table of curves tells of time.
type meaning int

const (
	notTime  meaning = iota // a region
	start                   // in seconds
	end                     // in seconds
	duration                // in seconds
	ignored                 // what the others tell as well
)

// timeColumn returns what a column means, by the names that PETPrep, petfit
// and the PET extension of BIDS use.
func timeColumn(name string) meaning {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "")) {
	case "framestart", "frametimesstart":
		return start
	case "frameend":
		return end
	case "frameduration", "framedur":
		return duration
	case "framemid":
		return ignored
	}
	return notTime
}

// ReadTSV reads a table of curves as PETPrep and WriteTSV write it. Times are
// seconds after model zero; values are taken as they are: nothing in a table
// says what they were corrected to. The caller, who may have a sidecar, says so
// by FromCorrected or FromDecayed. Units is Arbitrary.
//
// A region with a value that is missing or n/a is left out, with a warning.
// Voxels and VolumeMM3 are 0.
func ReadTSV(r io.Reader) (CorrectedCurves, error) {
	limited := &io.LimitedReader{R: r, N: maxTableBytes + 1}
	rows := csv.NewReader(limited)
	rows.Comma, rows.LazyQuotes, rows.ReuseRecord, rows.FieldsPerRecord = '\t', true, true, -1
	t, err := readTable(rows)
	if limited.N <= 0 {
		return CorrectedCurves{}, rejectTable("it is longer than %d bytes", maxTableBytes)
	}
	if err != nil {
		return CorrectedCurves{}, err
	}
	return t.curves()
}

// A table is what has been read of a file of curves.
type table struct {
	frames  []ingest.Frame
	means   []meaning // of each column
	columns []int     // of each region
	tacs    []TAC
	weights []float64 // of the frames, where ReadTACs found any
}

func readTable(rows *csv.Reader) (table, error) {
	first, err := rows.Read()
	if err != nil {
		return table{}, unreadable(err, 1)
	}
	t, err := newTable(first)
	if err != nil {
		return table{}, err
	}
	for row := 2; ; row++ {
		fields, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return t, nil
		case err != nil:
			return table{}, unreadable(err, row)
		case len(fields) == 1 && strings.TrimSpace(fields[0]) == "":
			continue
		case len(t.frames) >= maxTableFrames:
			return table{}, rejectTable("it has more than %d frames", maxTableFrames)
		}
		if err := t.add(fields, row); err != nil {
			return table{}, err
		}
	}
}

// unreadable tells a fault of the table from one of its reader.
func unreadable(err error, row int) error {
	var fault *csv.ParseError
	if errors.Is(err, io.EOF) || errors.As(err, &fault) {
		return rejectTable("row %d cannot be read", row)
	}
	return err
}

// newTable reads the line of column names.
func newTable(header []string) (table, error) {
	if len(header) > maxTableColumns {
		return table{}, rejectTable("it has more than %d columns", maxTableColumns)
	}
	t := table{means: make([]meaning, len(header))}
	seen := map[string]bool{}
	count := map[meaning]int{}
	for column, name := range header {
		name = strings.TrimSpace(strings.TrimPrefix(name, byteOrderMark))
		t.means[column] = timeColumn(name)
		count[t.means[column]]++
		if t.means[column] != notTime {
			continue
		}
		if !usable(name) || seen[name] {
			return table{}, rejectTable("column %d has no name of its own", column+1)
		}
		seen[name] = true
		t.columns = append(t.columns, column)
		t.tacs = append(t.tacs, TAC{Region: Region(strings.Clone(name))})
	}
	switch {
	case count[start] != 1 || count[end] > 1 || count[duration] > 1 || count[end]+count[duration] == 0:
		return table{}, rejectTable("it needs one column frame_start and one frame_end or frame_duration")
	case len(t.tacs) == 0:
		return table{}, rejectTable("it has no region")
	}
	return t, nil
}

// add reads one frame.
func (t *table) add(fields []string, row int) error {
	if len(fields) != len(t.means) {
		return rejectTable("row %d has %d columns where the first has %d", row, len(fields), len(t.means))
	}
	frame, err := t.frame(fields, row)
	if err != nil {
		return err
	}
	t.frames = append(t.frames, frame)
	for r, column := range t.columns {
		v, ok := value(fields[column])
		if !ok {
			return rejectTable("row %d, column %d: no number", row, column+1)
		}
		t.tacs[r].BqPerML = append(t.tacs[r].BqPerML, v)
	}
	return nil
}

// frame reads the times of one row. Where both are given the end counts.
func (t *table) frame(fields []string, row int) (ingest.Frame, error) {
	times := map[meaning]time.Duration{}
	for column, m := range t.means {
		if m == notTime || m == ignored {
			continue
		}
		v, ok := value(fields[column])
		if !ok || !(math.Abs(v) <= maxTableSeconds) {
			return ingest.Frame{}, rejectTable("row %d, column %d: no time in seconds", row, column+1)
		}
		times[m] = time.Duration(math.Round(v * float64(time.Second)))
	}
	f := ingest.Frame{Start: times[start], Duration: times[duration]}
	if stop, ok := times[end]; ok {
		f.Duration = stop - f.Start
	}
	return f, nil
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
func (t *table) curves() (CorrectedCurves, error) {
	if len(t.frames) == 0 {
		return CorrectedCurves{}, rejectTable("it has no frame")
	}
	if err := ingest.CheckFrames(t.frames); err != nil {
		return CorrectedCurves{}, err
	}
	c := CorrectedCurves{Frames: t.frames, Units: Arbitrary, Warnings: []ingest.Warning{noHalfLife()}}
	for _, tac := range t.tacs {
		missing := 0
		for _, v := range tac.BqPerML {
			if math.IsNaN(v) {
				missing++
			}
		}
		if missing == 0 {
			c.TACs = append(c.TACs, CorrectedTAC(tac))
			continue
		}
		c.Warnings = append(c.Warnings, ingest.Warning{
			Code: ingest.WarnLabels, Level: ingest.LevelWarn, Value: float64(missing),
			Detail: fmt.Sprintf("values that %s lacks: it is left out", tac.Region),
		})
	}
	if len(c.TACs) == 0 {
		return CorrectedCurves{}, rejectTable("no region has a value in every frame")
	}
	return c, nil
}

// rejectTable says why a table of curves cannot serve.
func rejectTable(format string, args ...any) error {
	return ingest.Reject(ingest.CodeMalformed, "table of curves: "+format, args...)
}
