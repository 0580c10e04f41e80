package table

import (
	"strings"

	"tacstream/extract"
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
			return l.reject("it is a DICOM object; 'tacstream extract' makes curves of a series of them")
		case strings.ContainsRune(column, 0), strings.HasPrefix(column, "\xff\xfe"), strings.HasPrefix(column, "\xfe\xff"):
			return l.reject("it is UTF-16; save it as UTF-8")
		case strings.Count(column, ";") > 1:
			return l.reject("its columns are separated by semicolons; use tabs or commas, and points in numbers")
		}
	}
	regions := map[string]bool{}
	for i, h := range l.headings {
		if h.means != notTime {
			continue
		}
		if !extract.UsableName(h.name) || regions[h.name] {
			return l.reject("column %d has no name, or that of another column", i+1)
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
