package extract

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"tacstream/ingest"
)

// A Format is how a table of curves is laid out.
type Format string

// The formats.
const (
	Wide Format = "BIDS-like table" // a column for each region, as PETPrep writes it
	Long Format = "petfit's table"  // a row for each region and frame
	PMOD Format = "PMOD .tac"       // start[unit] end[unit] and a column for each region
)

// Taken says what a table was taken for.
type Taken struct {
	Format        Format
	TimeUnit      string // "s" or "min"
	TimeStated    bool   // in the table; otherwise it is assumed
	Unit          string // of activity, such as "kBq/mL"; "" where nothing states it
	RegionColumns int
	Weights       []float64 // of the frames, where there is a column of them
}

// String says it in a line.
func (t Taken) String() string {
	how := "assumed"
	if t.TimeStated {
		how = "stated"
	}
	unit := "activity in " + t.Unit
	if t.Unit == "" {
		unit = "activity in an unknown unit"
	}
	return fmt.Sprintf("%s with %d regions, time in %s (%s), %s", t.Format, t.RegionColumns, t.TimeUnit, how, unit)
}

// Hints are what the caller knows better than the table. Empty ones count as
// not given.
type Hints struct {
	TimeUnit string // "s" or "min"
	Unit     string // of activity
	Sidecar  []byte // the table's, in JSON
}

// ReadTACs reads a table of curves in any Format: wide ones with frame_start
// and frame_end or frame_duration, also spelled FrameTimesStart or start_min;
// petfit's combined regions; and PMOD's. Units come from the hints, the names
// of the columns, or the sidecar (Units, or radioactivity.Units). Times without
// a unit are seconds, as BIDS has them; a scan that would then be shorter than
// shortestScan gets a warning.
//
// Curves are in Bq/mL where the unit is known, else Arbitrary. HalfLife is 0
// and values are taken as they are: see FromCorrected.
func ReadTACs(r io.Reader, h Hints) (Curves, Taken, error) {
	rows, err := readRows(r)
	if err != nil {
		return Curves{}, Taken{}, err
	}
	t := reading{hints: h, rows: rows, taken: Taken{Format: Wide}}
	if err := t.header(); err != nil {
		return Curves{}, Taken{}, err
	}
	if err := t.units(); err != nil {
		return Curves{}, Taken{}, err
	}
	if t.taken.Format == Long {
		err = t.long()
	} else {
		err = t.wide()
	}
	if err != nil {
		return Curves{}, Taken{}, err
	}
	return t.curves()
}

// shortestScan is how long a dynamic scan lasts at least.
const shortestScan = 10 * time.Minute

// readRows splits a table at its tabs, or where its first line has none at its
// spaces.
func readRows(r io.Reader) ([][]string, error) {
	limited := &io.LimitedReader{R: r, N: maxTableBytes + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, 1<<16), maxTableBytes)
	var rows [][]string
	split := func(s string) []string { return strings.Split(s, "\t") }
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r\n")
		if len(rows) == 0 {
			line = strings.TrimPrefix(line, byteOrderMark)
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if len(rows) == 0 && !strings.Contains(line, "\t") {
			split = strings.Fields
		}
		if rows = append(rows, split(line)); len(rows) > 1+maxTableFrames*10 || len(rows[0]) > maxTableColumns {
			return nil, rejectTable("it has too many rows or columns")
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if limited.N <= 0 {
		return nil, rejectTable("it is longer than %d bytes", maxTableBytes)
	}
	if len(rows) < 2 {
		return nil, rejectTable("it has no frame")
	}
	return rows, nil
}

// A reading is a table while it is read.
type reading struct {
	hints   Hints
	rows    [][]string
	taken   Taken
	means   []meaning
	seconds float64 // of the unit of time
	bq      float64 // per mL, of the unit of activity
	region  int     // column of the region's name in a long table
	value   int     // and of the activity
	weight  int     // −1 where there is none
	volume  int
	pet     int
	frames  []ingest.Frame
	tacs    []TAC
}

// header finds out what the columns mean, and the units in their names.
func (t *reading) header() error {
	names := t.rows[0]
	t.means, t.region, t.value, t.weight, t.volume, t.pet = make([]meaning, len(names)), -1, -1, -1, -1, -1
	count := map[meaning]int{}
	for c, name := range names {
		name = strings.TrimSpace(name)
		m, unit := timeMeaning(name)
		t.means[c] = m
		count[m]++
		switch lower := strings.ToLower(name); {
		case m == start && strings.Contains(name, "["):
			t.taken.Format = PMOD
			fallthrough
		case m == start:
			if unit != "" {
				t.taken.TimeUnit, t.taken.TimeStated = unit, true
			}
		case m == end && t.taken.Format == PMOD:
			t.taken.Unit = strings.TrimSuffix(name[strings.Index(name, "[")+1:], "]")
		case lower == "region":
			t.region = c
		case lower == "tac":
			t.value = c
		case lower == "weights" || lower == "weight":
			t.weight = c
		case lower == "volume_mm3":
			t.volume = c
		case lower == "pet":
			t.pet = c
		}
	}
	if t.region >= 0 && t.value >= 0 {
		t.taken.Format = Long
	}
	if count[start] != 1 || count[end] > 1 || count[duration] > 1 || count[end]+count[duration] == 0 {
		return rejectTable("it needs one column for the start of a frame (frame_start, start[seconds]) and one for its end or duration")
	}
	return nil
}

// timeMeaning returns what a column says of time, and its unit, "s" or "min",
// where its name has one.
func timeMeaning(name string) (meaning, string) {
	lower := strings.ToLower(name)
	unit := ""
	for _, u := range []struct{ suffix, unit string }{
		{"[seconds]", "s"}, {"[sec]", "s"}, {"[s]", "s"}, {"(s)", "s"}, {"_s", "s"}, {"_sec", "s"}, {"_seconds", "s"},
		{"[minutes]", "min"}, {"[min]", "min"}, {"(min)", "min"}, {"_min", "min"}, {"_minutes", "min"},
	} {
		if strings.HasSuffix(lower, u.suffix) {
			lower, unit = strings.TrimSuffix(lower, u.suffix), u.unit
			break
		}
	}
	if at := strings.Index(lower, "["); at > 0 && strings.HasPrefix(lower, "end") {
		lower = lower[:at] // PMOD has the unit of activity there
	}
	switch strings.ReplaceAll(strings.TrimSpace(lower), "_", "") {
	case "framestart", "frametimesstart", "start", "starttime":
		return start, unit
	case "frameend", "end", "endtime":
		return end, unit
	case "frameduration", "framedur", "dur", "duration":
		return duration, unit
	case "framemid", "mid", "midtime", "frame":
		return ignored, unit
	}
	return notTime, ""
}

// units settles the factors to seconds and to Bq/mL.
func (t *reading) units() error {
	var side struct {
		Units         string
		Radioactivity struct{ Units string } `json:"radioactivity"`
		TAC           struct{ Units string }
	}
	if len(t.hints.Sidecar) > 0 {
		json.Unmarshal(t.hints.Sidecar, &side) // what it does not say is not known
	}
	for _, u := range []string{side.TAC.Units, side.Radioactivity.Units, side.Units} {
		if t.taken.Unit == "" {
			t.taken.Unit = u
		}
	}
	if t.hints.Unit != "" {
		t.taken.Unit = t.hints.Unit
	}
	if t.hints.TimeUnit != "" {
		t.taken.TimeUnit, t.taken.TimeStated = t.hints.TimeUnit, true
	}
	if t.taken.TimeUnit == "" {
		t.taken.TimeUnit = "s"
	}
	switch t.taken.TimeUnit {
	case "s":
		t.seconds = 1
	case "min":
		t.seconds = 60
	default:
		return rejectTable("%q is no unit of time: s or min", t.taken.TimeUnit)
	}
	var ok bool
	if t.bq, ok = activityUnit(t.taken.Unit); !ok {
		if t.hints.Unit != "" {
			return rejectTable("%q is no unit of activity per volume, such as Bq/mL or kBq/cc", t.hints.Unit)
		}
		t.bq, t.taken.Unit = 1, ""
	}
	return nil
}

// activityUnit returns how many Bq/mL a unit is, and whether it is one.
func activityUnit(unit string) (bqPerML float64, ok bool) {
	over, under, ok := strings.Cut(strings.ToLower(strings.ReplaceAll(unit, " ", "")), "/")
	if !ok || !slices.Contains([]string{"ml", "cc", "ccm", "cm3", "cm^3", "cm³"}, under) {
		return 0, false
	}
	switch over {
	case "bq":
		return 1, true
	case "kbq":
		return 1e3, true
	case "mbq":
		return 1e6, true
	case "nci":
		return 37, true
	case "uci", "µci":
		return 37e3, true
	}
	return 0, false
}

// frame reads the times of a row.
func (t *reading) frame(row int) (ingest.Frame, error) {
	var times [ignored + 1]time.Duration
	given := [ignored + 1]bool{}
	for c, m := range t.means {
		if m == notTime || m == ignored {
			continue
		}
		v, ok := value(t.rows[row][c])
		if v *= t.seconds; !ok || !(math.Abs(v) <= maxTableSeconds) {
			return ingest.Frame{}, rejectTable("row %d, column %d: no time", row+1, c+1)
		}
		times[m], given[m] = time.Duration(math.Round(v*float64(time.Second))), true
	}
	f := ingest.Frame{Start: times[start], Duration: times[duration]}
	if given[end] {
		f.Duration = times[end] - f.Start
	}
	return f, nil
}

// number reads a value of a row in Bq/mL, NaN where there is none.
func (t *reading) number(row, column int) (float64, error) {
	v, ok := value(t.rows[row][column])
	if !ok {
		return 0, rejectTable("row %d, column %d: no number", row+1, column+1)
	}
	return v, nil
}

func (t *reading) checkRow(row int) error {
	if len(t.rows[row]) != len(t.means) {
		return rejectTable("row %d has %d columns where the first has %d", row+1, len(t.rows[row]), len(t.means))
	}
	return nil
}

// wide reads a column for each region.
func (t *reading) wide() error {
	seen := map[string]bool{}
	var columns []int
	for c, name := range t.rows[0] {
		if name = strings.TrimSpace(name); t.means[c] != notTime || c == t.weight {
			continue
		}
		if !usable(name) || seen[name] {
			return rejectTable("column %d has no name of its own", c+1)
		}
		seen[name] = true
		columns = append(columns, c)
		t.tacs = append(t.tacs, TAC{Region: Region(strings.Clone(name))})
	}
	if len(columns) == 0 {
		return rejectTable("it has no region")
	}
	if len(t.rows) > maxTableFrames {
		return rejectTable("it has more than %d frames", maxTableFrames)
	}
	for row := 1; row < len(t.rows); row++ {
		if err := t.checkRow(row); err != nil {
			return err
		}
		f, err := t.frame(row)
		if err != nil {
			return err
		}
		t.frames = append(t.frames, f)
		if t.weight >= 0 {
			w, err := t.number(row, t.weight)
			if err != nil {
				return err
			}
			t.taken.Weights = append(t.taken.Weights, w)
		}
		for i, c := range columns {
			v, err := t.number(row, c)
			if err != nil {
				return err
			}
			t.tacs[i].BqPerML = append(t.tacs[i].BqPerML, v*t.bq)
		}
	}
	return nil
}

// long reads a row for each region and frame.
func (t *reading) long() error {
	at, scans := map[string]int{}, map[string]bool{}
	for row := 1; row < len(t.rows); row++ {
		if err := t.checkRow(row); err != nil {
			return err
		}
		if t.pet >= 0 {
			if scans[t.rows[row][t.pet]] = true; len(scans) > 1 {
				return rejectTable("it holds more than one scan: split it by its column pet")
			}
		}
		name := strings.TrimSpace(t.rows[row][t.region])
		i, known := at[name]
		if !known {
			if !usable(name) {
				return rejectTable("row %d has no region", row+1)
			}
			i = len(t.tacs)
			at[name] = i
			t.tacs = append(t.tacs, TAC{Region: Region(strings.Clone(name))})
			if t.volume >= 0 {
				if v, ok := value(t.rows[row][t.volume]); ok && v > 0 {
					t.tacs[i].VolumeMM3 = v
				}
			}
		}
		f, err := t.frame(row)
		if err != nil {
			return err
		}
		n := len(t.tacs[i].BqPerML)
		if i == 0 {
			t.frames = append(t.frames, f)
		} else if n >= len(t.frames) || t.frames[n] != f {
			return rejectTable("row %d: frame %d of %s is not that of %s", row+1, n+1, name, t.tacs[0].Region)
		}
		v, err := t.number(row, t.value)
		if err != nil {
			return err
		}
		t.tacs[i].BqPerML = append(t.tacs[i].BqPerML, v*t.bq)
	}
	for _, tac := range t.tacs {
		if len(tac.BqPerML) != len(t.frames) {
			return rejectTable("%s has %d frames where %s has %d", tac.Region, len(tac.BqPerML), t.tacs[0].Region, len(t.frames))
		}
	}
	return nil
}

// curves checks the whole.
func (t *reading) curves() (Curves, Taken, error) {
	c, err := (&table{frames: t.frames, tacs: t.tacs}).curves()
	if err != nil {
		return c, t.taken, err
	}
	if t.taken.Unit != "" {
		c.Units = BqPerML
	}
	t.taken.RegionColumns = len(t.tacs)
	if last := t.frames[len(t.frames)-1].End(); !t.taken.TimeStated && last < shortestScan {
		c.Warnings = append(c.Warnings, ingest.Warning{
			Code: ingest.WarnTimeAssumed, Level: ingest.LevelDoubt, Value: last.Seconds(), Threshold: shortestScan.Seconds(),
			Detail: "s is all that the scan would last: nothing says whether times are in s or min, and s was assumed",
		})
	}
	return c, t.taken, nil
}
