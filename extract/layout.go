package extract

import (
	"fmt"
	"strings"

	"tacstream/ingest"
)

// A layout is a sheet whose columns are understood.
type layout struct {
	sheet
	headings []heading
	column   map[meaning]int // of what can be there once only
	format   Format
	clock    map[meaning]TimeUnit // of start, end and duration
	factor   float64              // turns values into Bq/mL; 1 where nobody knows
}

// newLayout says what the columns of a sheet mean.
func newLayout(s sheet) (layout, error) {
	l := layout{sheet: s, column: map[meaning]int{}, clock: map[meaning]TimeUnit{}}
	for _, text := range s.columns {
		l.headings = append(l.headings, readHeading(text))
	}
	if l.isLong() {
		for i, h := range l.headings {
			l.headings[i].means = longMeaning(h)
		}
	}
	for i, h := range l.headings {
		if h.means == notTime || h.means == ignored {
			continue
		}
		if first, twice := l.column[h.means]; twice {
			return layout{}, s.reject("columns %d and %d mean the same", first+1, i+1)
		}
		l.column[h.means] = i
	}
	l.format = l.formatOf()
	l.remarks = l.format != Long
	return l, l.check()
}

// isLong reports whether the table has a row per region and frame.
func (l layout) isLong() bool {
	found := map[meaning]bool{}
	for _, h := range l.headings {
		found[longMeaning(h)] = true
	}
	return found[regionName] && found[regionValue]
}

// formatOf names the format by the columns.
func (l layout) formatOf() Format {
	first, ok := l.column[start]
	last, closed := l.column[end]
	switch {
	case l.has(regionName):
		return Long
	case ok && closed && first == 0 && last == 1 && strings.HasSuffix(l.columns[0], "]") && strings.HasSuffix(l.columns[1], "]"):
		return PMOD
	}
	return Wide
}

// has reports whether there is a column that means this.
func (l layout) has(m meaning) bool {
	_, ok := l.column[m]
	return ok
}

// check finds what no curve can be made of.
func (l layout) check() error {
	for _, column := range l.columns {
		switch {
		case strings.Contains(column, "\x00DICM"):
			return l.reject("it is a DICOM object: extract makes curves of a series of them")
		case strings.ContainsRune(column, 0), strings.HasPrefix(column, "\xff\xfe"), strings.HasPrefix(column, "\xfe\xff"):
			return l.reject("it is UTF-16: save it as UTF-8")
		case strings.Count(column, ";") > 1:
			return l.reject("its columns are separated by semicolons: use tabs or commas, and points in numbers")
		}
	}
	regions := map[string]bool{}
	for i, h := range l.headings {
		if h.means != notTime {
			continue
		}
		if !usable(h.name) || regions[h.name] {
			return l.reject("column %d has no name of its own", i+1)
		}
		regions[h.name] = true
	}
	switch {
	case !l.has(start) || !l.has(end) && !l.has(duration):
		return l.reject("it needs a column of starts, such as frame_start, and one of ends or durations, such as frame_end or frame_dur")
	case len(regions) == 0 && l.format != Long:
		return l.reject("it has no region")
	}
	return nil
}

// setClock finds the unit of each column of times: that of the hints, or of its
// name. A column that states none has that of the others. Without any the
// sidecar decides and, where it is silent, seconds are assumed.
func (l *layout) setClock(h Hints, side sidecar) (TimeUnit, Source, error) {
	if h.TimeUnit != "" {
		unit, ok := timeUnitOf(h.TimeUnit)
		if !ok {
			return "", "", l.reject("%q is no unit of time: s or min", found(h.TimeUnit))
		}
		l.clock = map[meaning]TimeUnit{start: unit, end: unit, duration: unit}
		return unit, InHints, nil
	}
	unit, from := TimeUnit(""), InHeader
	for _, m := range []meaning{duration, end, start} {
		at, ok := l.column[m]
		if !ok || l.headings[at].unit == "" || m == end && l.endStatesActivity() {
			continue
		}
		if l.clock[m], ok = timeUnitOf(l.headings[at].unit); !ok {
			return "", "", l.reject("column %d: times are neither in s nor in min", at+1)
		}
		unit = l.clock[m]
	}
	if unit == "" {
		var err error
		if unit, from, err = side.clock(l.columns[l.column[start]], "time", "frame_start"); err != nil {
			return "", "", err
		}
	}
	for _, m := range []meaning{start, end, duration} {
		if l.clock[m] == "" {
			l.clock[m] = unit
		}
	}
	return l.clock[start], from, nil
}

// clock returns the unit of time that a sidecar states for the first of the
// keys that has any, and seconds where it states none.
func (s sidecar) clock(keys ...string) (TimeUnit, Source, error) {
	text, ok := s.units(keys...)
	if !ok {
		return Seconds, Assumed, nil
	}
	unit, ok := timeUnitOf(text)
	if !ok {
		return "", "", ingest.Reject(ingest.CodeMalformed, "sidecar: times are neither in s nor in min")
	}
	return unit, InSidecar, nil
}

// endStatesActivity reports whether the brackets after the column of ends hold
// no time: PMOD writes the unit of activity there.
func (l layout) endStatesActivity() bool {
	at, ok := l.column[end]
	if !ok || l.headings[at].unit == "" {
		return false
	}
	_, isTime := timeUnitOf(l.headings[at].unit)
	return !isTime
}

// setFactor finds the unit of the values, "" where it is assumed, and what
// turns them into Bq/mL. The unit of the hints goes before that of the header,
// and that before the sidecar's.
func (l *layout) setFactor(h Hints, side sidecar) (string, Source, error) {
	text, from := h.Unit, InHints
	if _, factor := concentrationOf(text); text != "" && factor == 0 {
		return "", "", l.reject("%q is no unit of activity per volume, such as Bq/mL or kBq/cc", found(text))
	}
	var err error
	if text == "" {
		from = InHeader
		if text, err = l.statedActivity(); err != nil {
			return "", "", err
		}
	}
	if text == "" {
		text, from = l.activityBeside(side), InSidecar
	}
	l.factor = 1
	if text == "" {
		return "", Assumed, nil
	}
	if name, factor := concentrationOf(text); factor > 0 {
		l.factor = factor
		if len(text) > maxUnitBytes {
			text = name
		}
	}
	return found(text), from, nil
}

// statedActivity returns the unit of activity in the line of column names, ""
// where there is none.
func (l layout) statedActivity() (string, error) {
	stated, first := "", ""
	for i, h := range l.headings {
		if h.unit == "" || !(h.means == notTime || h.means == regionValue || h.means == end && l.endStatesActivity()) {
			continue
		}
		unit, _ := concentrationOf(h.unit)
		if stated != "" && unit != first {
			return "", l.reject("column %d: another unit of activity than before", i+1)
		}
		stated, first = h.unit, unit
	}
	return stated, nil
}

// activityBeside returns the unit of activity that the sidecar states.
func (l layout) activityBeside(side sidecar) string {
	keys := []string{"radioactivity"}
	if at, ok := l.column[regionValue]; ok {
		keys = []string{l.columns[at], "radioactivity"}
	}
	if text, ok := side.units(keys...); ok {
		return text
	}
	text, _ := side.text("Units")
	return text
}

// unknownUnits is the warning of curves that may not be in Bq/mL.
func (in Interpretation) unknownUnits() ingest.Warning {
	w := ingest.Warning{Code: ingest.WarnArbitrary, Level: ingest.LevelWarn}
	if w.Detail = "nothing states the unit of activity: the values are taken as they are, for Bq/mL"; in.UnitFrom != Assumed {
		w.Detail = fmt.Sprintf("the unit of activity, %q, cannot be turned into Bq/mL: the values are taken as they are", in.Unit)
	}
	return w
}
