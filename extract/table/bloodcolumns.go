package table

import (
	"cmp"
	"strings"

	"tacstream/extract"
)

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

// name says what the columns hold and in which units.
func (b *bloodReading) name(side sidecarKeys) error {
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
	if b.time < 0 || b.wholeAlone() && b.column[whole] < 0 {
		return b.reject("it needs a column time and one of plasma_radioactivity, AIF or whole_blood_radioactivity")
	}
	if err := b.setClock(units[b.time], side); err != nil {
		return err
	}
	return b.setFactors(units, side)
}

// wholeAlone reports whether the table has no plasma, so that at most whole blood
// is left.
func (b *bloodReading) wholeAlone() bool { return b.column[plasma] < 0 && b.column[parent] < 0 }

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
func (b *bloodReading) setClock(unit string, side sidecarKeys) error {
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
func (b *bloodReading) setFactors(units []string, side sidecarKeys) error {
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
			return b.reject("column %d: its unit is not an activity per volume, such as kBq/mL", b.column[q]+1)
		}
		known = b.factor[q]
	}
	if known == 0 {
		_, known = concentrationOf(extract.AssumedBloodUnit)
		b.unitAssumed = true
		b.warnings = append(b.warnings, extract.UnstatedBloodUnit())
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
