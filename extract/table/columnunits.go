package table

// setClock finds the unit of each column of times: that of the hints, or of its
// name. A column that states none has that of the others. Without any the
// sidecar decides and, where it is silent, seconds are assumed.
func (l *layout) setClock(h Hints, side sidecarKeys) (TimeUnit, Source, error) {
	if h.TimeUnit != "" {
		unit, ok := timeUnitOf(h.TimeUnit)
		if !ok {
			return "", "", l.reject("%q is not a unit of time; use s or min", found(h.TimeUnit))
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
func (l *layout) setFactor(h Hints, side sidecarKeys) (string, Source, error) {
	text, from := h.Unit, InHints
	if _, factor := concentrationOf(text); text != "" && factor == 0 {
		return "", "", l.reject("%q is not a unit of activity per volume, such as Bq/mL or kBq/cc", found(text))
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
			return "", l.reject("column %d: the unit of activity differs from that of the columns before", i+1)
		}
		stated, first = h.unit, unit
	}
	return stated, nil
}

// activityBeside returns the unit of activity that the sidecar states.
func (l layout) activityBeside(side sidecarKeys) string {
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
