package extract

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"tacstream/ingest"
)

// Bounds on blood, and what is doubted of it.
const (
	maxBloodRows     = 100_000
	minBloodSamples  = 4                // that make an input
	longestBloodGap  = 15 * time.Minute // without a sample
	bloodEndSlack    = time.Minute      // from the last sample to the end of the scan
	maxFractionRise  = 0.02             // of the parent fraction, which metabolism only lowers
	maxFractionSlip  = 2                // that noise can make of a parent fraction; above, it is a percentage
	percent          = 0.01
	arrivedOfPeak    = 0.05     // of the peak: below, the tracer has not arrived
	assumedBloodUnit = "kBq/mL" // what BIDS' examples and bloodstream have
)

// ReadBlood reads arterial samples: BIDS' _blood.tsv with the columns time,
// plasma_radioactivity, metabolite_parent_fraction and
// whole_blood_radioactivity, or an _inputfunction.tsv of bloodstream, whose
// AIF is the parent already. Other columns are ignored; n/a is no sample.
//
// Units are those in the names of the columns or of the sidecar, which may be
// nil; an activity that states none has that of the others. Where nothing
// states any, times are in seconds and activities in assumedBloodUnit, which is
// warned of. Values must be corrected for decay to model zero: BIDS demands it.
//
// Parent is the plasma times the parent fraction. Between its samples the
// fraction is on straight lines that begin with 1 at model zero; after the last
// it is held. Without any it is 1, with a warning.
//
// What is odd is put right as follows, and named in Warnings: rows out of order
// are sorted, those of the same time averaged; activity below 0 is 0 before the
// peak, and activity of 0 or less after it, which is a sample that was not
// measured, is left out; fractions are percentages where most are above
// 1 and one is above maxFractionSlip, are none where they are stated to be and
// no one is above 1, and are kept within 0 and 1. An AIF of fewer than
// minBloodSamples is not used. Fewer than that of the parent, or none above 0,
// are rejected.
func ReadBlood(r io.Reader, beside []byte) (Blood, error) {
	side, err := readSidecar(beside)
	if err != nil {
		return Blood{}, err
	}
	s, err := readSheet(r, "table of blood")
	if err != nil {
		return Blood{}, err
	}
	b := bloodReading{sheet: s}
	b.remarks = true
	if err := b.name(side); err != nil {
		return Blood{}, err
	}
	if err := b.read(); err != nil {
		return Blood{}, err
	}
	b.order()
	return b.blood()
}

// A quantity is what a column of a table of blood holds.
type quantity int

const (
	plasma quantity = iota
	fraction
	whole
	parent
	quantities
	sampleTime
	notBlood
)

// String returns the words for a quantity.
func (q quantity) String() string {
	return [...]string{"plasma", "parent fraction", "whole blood", "AIF"}[q]
}

// quantityOf returns what a column of a table of blood holds.
func quantityOf(name string) quantity {
	switch plainly(name) {
	case "time", "sampletime":
		return sampleTime
	case "plasmaradioactivity", "plasma":
		return plasma
	case "metaboliteparentfraction", "parentfraction":
		return fraction
	case "wholebloodradioactivity", "wholeblood":
		return whole
	case "aif":
		return parent
	}
	return notBlood
}

// A bloodRow holds what was measured at a time; NaN where nothing was.
type bloodRow struct {
	at     time.Duration
	values [quantities]float64
}

// A bloodReading is a table of blood while it is read.
type bloodReading struct {
	sheet
	time     int // column
	clock    TimeUnit
	stated   bool            // whether something says what clock is
	column   [quantities]int // −1 where there is none
	factor   [quantities]float64
	rows     []bloodRow
	warnings []ingest.Warning
}

// warn names something odd. Value is how many or when, as detail says.
func (b *bloodReading) warn(level ingest.Level, value, threshold float64, detail string) {
	b.warnings = append(b.warnings, ingest.Warning{Code: ingest.WarnBlood, Level: level, Value: value, Threshold: threshold, Detail: detail})
}

// name says what the columns hold and in which units.
func (b *bloodReading) name(side sidecar) error {
	b.time, b.column = -1, [quantities]int{-1, -1, -1, -1}
	units := make([]string, len(b.columns))
	for i, text := range b.columns {
		q := quantityOf(text)
		if name, unit, ok := withUnit(text); q == notBlood && ok {
			q, units[i] = quantityOf(name), unit
		}
		column := &b.time
		switch {
		case q == notBlood:
			continue
		case q != sampleTime:
			column = &b.column[q]
		}
		if *column >= 0 {
			return b.reject("columns %d and %d mean the same", *column+1, i+1)
		}
		*column = i
	}
	if b.time < 0 || b.column[plasma] < 0 && b.column[parent] < 0 {
		return b.reject("it needs a column time and one of plasma_radioactivity or AIF")
	}
	if err := b.setClock(units[b.time], side); err != nil {
		return err
	}
	return b.setFactors(units, side)
}

// withUnit cuts a name such as "time_min" or "plasma_radioactivity [kBq/mL]".
func withUnit(text string) (name, unit string, ok bool) {
	if name, unit, ok = bracketed(text); ok {
		return name, unit, true
	}
	at := strings.LastIndexByte(text, '_')
	if at < 0 {
		return "", "", false
	}
	_, ok = timeUnitOf(text[at+1:])
	return text[:at], text[at+1:], ok
}

// setClock finds the unit of time.
func (b *bloodReading) setClock(unit string, side sidecar) error {
	if unit == "" {
		var from Source
		var err error
		b.clock, from, err = side.clock(b.columns[b.time], "time")
		b.stated = from != Assumed
		return err
	}
	if b.clock, b.stated = timeUnitOf(unit); !b.stated {
		return b.reject("column %d: times are neither in s nor in min", b.time+1)
	}
	return nil
}

// setFactors finds what turns the columns into Bq/mL, and the fraction into one.
func (b *bloodReading) setFactors(units []string, side sidecar) error {
	general, _ := side.text("Units")
	b.factor[fraction] = 1
	known := 0.0
	for _, q := range []quantity{parent, whole, plasma} {
		if b.column[q] < 0 {
			continue
		}
		text, ok := side.units(b.columns[b.column[q]], "radioactivity")
		if text = cmp.Or(units[b.column[q]], text, general); text == "" && !ok {
			continue
		}
		if _, b.factor[q] = concentrationOf(text); b.factor[q] == 0 {
			return b.reject("column %d: its unit is no activity per volume, such as kBq/mL", b.column[q]+1)
		}
		known = b.factor[q]
	}
	if known == 0 {
		_, known = concentrationOf(assumedBloodUnit)
		b.warn(ingest.LevelDoubt, 0, 0, "nothing states the unit of the activity in blood: it is taken for "+assumedBloodUnit)
	}
	for q := range b.factor {
		b.factor[q] = cmp.Or(b.factor[q], known)
	}
	if at := b.column[fraction]; at >= 0 {
		text, _ := side.units(b.columns[at])
		if text = strings.ToLower(cmp.Or(units[at], text)); text == "%" || strings.HasPrefix(text, "percent") {
			b.factor[fraction] = percent
		}
	}
	return nil
}

// read reads the rows.
func (b *bloodReading) read() error {
	for line, fields := range b.sheet.rows() {
		if fields == nil {
			return b.short(line)
		}
		if len(b.rows) >= maxBloodRows {
			return b.reject("it has more than %d rows", maxBloodRows)
		}
		row, err := b.row(line, fields)
		if err != nil {
			return err
		}
		b.rows = append(b.rows, row)
	}
	return nil
}

// row reads what was measured at one time.
func (b *bloodReading) row(line int, fields []string) (bloodRow, error) {
	var row bloodRow
	at, ok := value(fields[b.time])
	if !ok || !(math.Abs(b.clock.seconds(at)) <= maxTableSeconds) {
		return row, b.reject("row %d, column %d: no time in %s", line, b.time+1, b.clock)
	}
	row.at = b.clock.duration(at)
	for q, column := range b.column {
		row.values[q] = math.NaN()
		if column < 0 {
			continue
		}
		v, ok := value(fields[column])
		if v *= b.factor[q]; !ok || math.IsInf(v, 0) {
			return row, b.reject("row %d, column %d: no number", line, column+1)
		}
		row.values[q] = v
	}
	return row, nil
}

// order puts the rows in time order and averages those of the same time.
func (b *bloodReading) order() {
	late := 0
	for i := 1; i < len(b.rows); i++ {
		if b.rows[i].at < b.rows[i-1].at {
			late++
		}
	}
	if late > 0 {
		b.warn(ingest.LevelNotice, float64(late), 0, "rows that come after a later one: all are sorted by time")
	}
	slices.SortStableFunc(b.rows, func(x, y bloodRow) int { return cmp.Compare(x.at, y.at) })
	var single []bloodRow
	for from := 0; from < len(b.rows); {
		to := from + 1
		for to < len(b.rows) && b.rows[to].at == b.rows[from].at {
			to++
		}
		single = append(single, average(b.rows[from:to]))
		from = to
	}
	if repeats := len(b.rows) - len(single); repeats > 0 {
		b.warn(ingest.LevelWarn, float64(repeats), 0, "rows that repeat the time of another: their means are used")
	}
	b.rows = single
}

// average returns the mean of rows of the same time, of each quantity where it
// was measured.
func average(rows []bloodRow) bloodRow {
	mean := rows[0]
	for q := range mean.values {
		sum, n := 0.0, 0.0
		for _, r := range rows {
			if v := r.values[q]; !math.IsNaN(v) {
				sum, n = sum+(v-sum)/(n+1), n+1 // a running mean, which cannot overflow where the values do not
			}
		}
		if mean.values[q] = sum; n == 0 {
			mean.values[q] = math.NaN()
		}
	}
	return mean
}

// samples returns what was measured of a quantity.
func (b *bloodReading) samples(q quantity) []Sample {
	var list []Sample
	for _, r := range b.rows {
		if v := r.values[q]; !math.IsNaN(v) {
			list = append(list, Sample{At: r.at, BqPerML: v})
		}
	}
	return list
}

// input returns the parent: the AIF where it has enough samples, else the
// plasma times the parent fraction.
func (b *bloodReading) input() ([]Sample, error) {
	before := len(b.warnings)
	list := b.positive(b.samples(parent), parent)
	b.background(list)
	if len(list) >= minBloodSamples {
		return list, nil
	}
	if b.column[plasma] < 0 {
		return nil, b.reject("%d samples of the AIF with activity: at least %d are needed", len(list), minBloodSamples)
	}
	b.warnings = b.warnings[:before] // of an AIF that is not used
	if n := len(b.samples(parent)); n > 0 {
		b.warn(ingest.LevelWarn, float64(n), minBloodSamples, "samples of the AIF, too few of them usable: plasma and parent fraction are used")
	}
	return b.plasmaInput()
}

// plasmaInput returns the plasma times the parent fraction.
func (b *bloodReading) plasmaInput() ([]Sample, error) {
	list := b.positive(b.samples(plasma), plasma)
	b.background(list)
	b.metabolise(list)
	b.missedPlasma()
	if len(list) < minBloodSamples {
		return nil, b.reject("%d samples of plasma with activity: at least %d are needed", len(list), minBloodSamples)
	}
	return list, nil
}

// blood makes the curves.
func (b *bloodReading) blood() (Blood, error) {
	list, err := b.input()
	if err != nil {
		return Blood{}, err
	}
	if list[peak(list)].BqPerML <= 0 {
		return Blood{}, b.reject("no sample of the parent in plasma is above 0")
	}
	out := Blood{Parent: list, Whole: b.positive(b.samples(whole), whole)}
	if n := len(out.Whole); n > 0 && n < minBloodSamples {
		b.warn(ingest.LevelWarn, float64(n), minBloodSamples, "samples of whole blood, too few to be used")
		out.Whole = nil
	}
	b.doubts(list)
	out.Warnings = b.warnings
	return out, nil
}
