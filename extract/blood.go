package extract

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"tacstream/ingest"
)

// A Sample is one value of blood, corrected for decay to model zero.
type Sample struct {
	At      time.Duration // after model zero
	BqPerML float64
}

// Blood holds the arterial curves of one scan.
type Blood struct {
	Parent   []Sample // unmetabolised tracer in plasma, in time order, no repeats
	Whole    []Sample // whole blood; nil where it was not measured
	Warnings []ingest.Warning
}

// longestBloodGap is the time without a sample, after the first minutes, from
// which it is said.
const longestBloodGap = 35 * time.Minute

// leastSamples is the least number of samples of plasma that serve.
const leastSamples = 4

// Check says what blood lacks for a scan that ends at a time after model zero.
func (b Blood) Check(end time.Duration) []ingest.Warning {
	if n := len(b.Parent); n > 0 && b.Parent[n-1].At < end-time.Minute {
		return []ingest.Warning{bloodWarning((end - b.Parent[n-1].At).Seconds(), "s of the scan after the last sample of plasma, in which the curve falls on as before")}
	}
	return nil
}

func bloodWarning(value float64, detail string) ingest.Warning {
	return ingest.Warning{Code: ingest.WarnBlood, Level: ingest.LevelWarn, Value: value, Detail: detail}
}

// A bloodRow is one line of a table of blood; what is missing is NaN.
type bloodRow struct {
	at                             time.Duration
	plasma, fraction, whole, input float64
}

// ReadBlood reads a table of arterial blood as BIDS has it (`_blood.tsv`: time
// in s, plasma_radioactivity, metabolite_parent_fraction,
// whole_blood_radioactivity) or bloodstream writes it (`_inputfunction.tsv`,
// with AIF). The sidecar, in JSON, has the units; without them time is in s and
// activity in Bq/mL.
//
// The parent curve is plasma times the parent fraction, which is taken as
// linear between its own samples, as 1 at model zero before them, and as level
// after them. Rows may be in any order. What is odd is used as it is, and named
// by a warning; values that are missing, negative or repeat a time are left out,
// and a warning counts them. A table without enough plasma is rejected.
func ReadBlood(r io.Reader, sidecar []byte) (Blood, error) {
	rows, err := readRows(r)
	if err != nil {
		return Blood{}, err
	}
	columns, err := bloodColumns(rows[0], sidecar)
	if err != nil {
		return Blood{}, err
	}
	var b Blood
	list, err := columns.rows(rows, &b)
	if err != nil {
		return Blood{}, err
	}
	fraction := b.fractions(list, columns.at["metabolite_parent_fraction"] >= 0 || columns.at["aif"] >= 0)
	for _, row := range list {
		switch {
		case !math.IsNaN(row.input):
			b.Parent = append(b.Parent, Sample{row.at, row.input})
		case !math.IsNaN(row.plasma):
			b.Parent = append(b.Parent, Sample{row.at, row.plasma * fraction(row.at)})
		}
		if !math.IsNaN(row.whole) {
			b.Whole = append(b.Whole, Sample{row.at, row.whole})
		}
	}
	if len(b.Whole) < leastSamples {
		b.Whole = nil
	}
	if len(b.Parent) < leastSamples || !slices.ContainsFunc(b.Parent, func(s Sample) bool { return s.BqPerML > 0 }) {
		return Blood{}, rejectBlood("it has %d samples of plasma, or none above 0; %d are needed", len(b.Parent), leastSamples)
	}
	b.odd()
	return b, nil
}

func rejectBlood(format string, args ...any) error {
	return ingest.Reject(ingest.CodeMalformed, "table of blood: "+format, args...)
}

// bloodTable is where the columns are, and the factors of their units.
type bloodTable struct {
	at      map[string]int // −1 where a column is missing
	factor  map[string]float64
	seconds float64
}

func bloodColumns(header []string, sidecar []byte) (bloodTable, error) {
	t := bloodTable{at: map[string]int{}, factor: map[string]float64{}, seconds: 1}
	var side map[string]json.RawMessage
	if len(sidecar) > 0 {
		if err := json.Unmarshal(sidecar, &side); err != nil {
			return t, rejectBlood("its sidecar cannot be read")
		}
	}
	for _, name := range []string{"time", "plasma_radioactivity", "metabolite_parent_fraction", "whole_blood_radioactivity", "aif"} {
		t.at[name] = slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
		t.factor[name] = 1
		var column struct{ Units string }
		for key, raw := range side {
			if strings.EqualFold(key, name) {
				json.Unmarshal(raw, &column) // what it does not say is not known
			}
		}
		switch {
		case name == "time":
			switch strings.ToLower(column.Units) {
			case "", "s", "sec", "seconds":
			case "min", "minutes":
				t.seconds = 60
			default:
				return t, rejectBlood("%q is no unit of time", column.Units)
			}
		case name != "metabolite_parent_fraction" && column.Units != "":
			f, ok := activityUnit(column.Units)
			if !ok {
				return t, rejectBlood("%q is no unit of activity per volume", column.Units)
			}
			t.factor[name] = f
		}
	}
	if t.at["time"] < 0 || t.at["plasma_radioactivity"] < 0 && t.at["aif"] < 0 {
		return t, rejectBlood("it needs the columns time and plasma_radioactivity")
	}
	return t, nil
}

// rows reads the rows in order of time.
func (t bloodTable) rows(rows [][]string, b *Blood) ([]bloodRow, error) {
	var list []bloodRow
	negative, repeated := 0, 0
	for n, fields := range rows[1:] {
		if len(fields) != len(rows[0]) {
			return nil, rejectBlood("row %d has %d columns where the first has %d", n+2, len(fields), len(rows[0]))
		}
		get := func(name string) (float64, error) {
			c := t.at[name]
			if c < 0 {
				return math.NaN(), nil
			}
			v, ok := value(fields[c])
			if !ok {
				return 0, rejectBlood("row %d, column %d: no number", n+2, c+1)
			}
			if v < 0 && name != "time" {
				negative++
				return math.NaN(), nil
			}
			return v * t.factor[name], nil
		}
		var row bloodRow
		seconds, err := get("time")
		if seconds *= t.seconds; err == nil && !(math.Abs(seconds) <= maxTableSeconds) {
			err = rejectBlood("row %d has no time", n+2)
		}
		row.at = time.Duration(math.Round(seconds * float64(time.Second)))
		for _, f := range []struct {
			name string
			to   *float64
		}{{"plasma_radioactivity", &row.plasma}, {"metabolite_parent_fraction", &row.fraction}, {"whole_blood_radioactivity", &row.whole}, {"aif", &row.input}} {
			if err == nil {
				*f.to, err = get(f.name)
			}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	slices.SortStableFunc(list, func(a, b bloodRow) int { return int(a.at/time.Millisecond - b.at/time.Millisecond) })
	unique := list[:0]
	for _, row := range list {
		if n := len(unique); n > 0 && row.at <= unique[n-1].at {
			repeated++
			unique[n-1].fill(row)
			continue
		}
		unique = append(unique, row)
	}
	if negative > 0 {
		b.Warnings = append(b.Warnings, bloodWarning(float64(negative), "values of blood below 0: they are left out"))
	}
	if repeated > 0 {
		b.Warnings = append(b.Warnings, bloodWarning(float64(repeated), "samples of blood at the time of another: the first one counts"))
	}
	return unique, nil
}

// fill takes over what a row lacks.
func (r *bloodRow) fill(other bloodRow) {
	for _, f := range [][2]*float64{{&r.plasma, &other.plasma}, {&r.fraction, &other.fraction}, {&r.whole, &other.whole}, {&r.input, &other.input}} {
		if math.IsNaN(*f[0]) {
			*f[0] = *f[1]
		}
	}
}

// fractions returns the parent fraction by time.
func (b *Blood) fractions(list []bloodRow, known bool) func(time.Duration) float64 {
	at, f := []time.Duration{0}, []float64{1}
	above, rise := 0, 0.0
	for _, row := range list {
		if v := row.fraction; !math.IsNaN(v) {
			if v > 1 {
				above++
			}
			if n := len(f) - 1; n > 0 && v > f[n]+0.02 && row.at > 30*time.Minute {
				rise = max(rise, v-f[n])
			}
			if row.at <= 0 {
				at, f = at[:0], f[:0]
			}
			at, f = append(at, row.at), append(f, v)
		}
	}
	if !known || len(f) == 1 && at[0] == 0 && !slices.ContainsFunc(list, func(r bloodRow) bool { return !math.IsNaN(r.fraction) || !math.IsNaN(r.input) }) {
		b.Warnings = append(b.Warnings, bloodWarning(1, "the parent fraction throughout, as none is given: metabolites count as tracer"))
	}
	if above > 0 {
		b.Warnings = append(b.Warnings, bloodWarning(float64(above), "parent fractions above 1"))
	}
	if rise > 0 {
		b.Warnings = append(b.Warnings, bloodWarning(rise, "by so much the parent fraction rises late, where it can only fall"))
	}
	return func(t time.Duration) float64 {
		i, found := slices.BinarySearch(at, t)
		switch {
		case found:
			return f[i]
		case i == 0:
			return f[0]
		case i == len(at):
			return f[len(f)-1]
		}
		x := float64(t-at[i-1]) / float64(at[i]-at[i-1])
		return f[i-1] + x*(f[i]-f[i-1])
	}
}

// odd names what is strange about the parent curve.
func (b *Blood) odd() {
	zeros, same := 0, 0
	var gap time.Duration
	for i, s := range b.Parent {
		if s.BqPerML == 0 && i > 0 {
			zeros++
		}
		if i > 0 {
			if gap = max(gap, s.At-b.Parent[i-1].At); s.BqPerML == b.Parent[i-1].BqPerML && s.BqPerML != 0 {
				same++
			}
		}
	}
	if zeros > 0 {
		b.Warnings = append(b.Warnings, bloodWarning(float64(zeros), "samples of plasma, after the first, that are exactly 0"))
	}
	if same > 0 {
		b.Warnings = append(b.Warnings, bloodWarning(float64(same), "samples of plasma that repeat the one before exactly: a background, or copied"))
	}
	if gap > longestBloodGap {
		w := bloodWarning(gap.Seconds(), "s between two samples of plasma")
		w.Threshold = longestBloodGap.Seconds()
		b.Warnings = append(b.Warnings, w)
	}
	if b.Whole == nil {
		b.Warnings = append(b.Warnings, bloodWarning(0, fmt.Sprintf("fewer than %d samples of whole blood: the blood in the regions is not modelled", leastSamples)))
	}
}
