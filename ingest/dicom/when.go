package dicom

import (
	"strconv"
	"time"
)

const day = 24 * time.Hour

// dateOf reads a DA value, YYYYMMDD or the older YYYY.MM.DD, as midnight UTC.
func dateOf(v []byte) (time.Time, bool) {
	if len(v) == 10 && v[4] == '.' && v[7] == '.' {
		v = append(append(append(make([]byte, 0, 8), v[:4]...), v[5:7]...), v[8:]...)
	}
	if len(v) != 8 {
		return time.Time{}, false
	}
	y, okY := digits(v[:4])
	m, okM := digits(v[4:6])
	d, okD := digits(v[6:])
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	// time.Date carries what is out of range into the next month.
	return t, okY && okM && okD && y >= 1000 && int(t.Month()) == m && t.Day() == d
}

// clockOf reads a TM value, HH[MM[SS[.F…]]] or the older HH:MM:SS, as the time
// since midnight. Digits of the fraction beyond nanoseconds are dropped.
func clockOf(v []byte) (time.Duration, bool) {
	if len(v) >= 8 && v[2] == ':' && v[5] == ':' {
		v = append(append(append(make([]byte, 0, 16), v[:2]...), v[3:5]...), v[6:]...)
	}
	whole, fraction := v, []byte(nil)
	if len(v) > 6 {
		if v[6] != '.' {
			return 0, false
		}
		whole, fraction = v[:6], v[7:]
	}
	if len(whole) == 0 || len(whole)%2 != 0 {
		return 0, false
	}
	var t time.Duration
	for i, unit := range [...]time.Duration{time.Hour, time.Minute, time.Second} {
		if 2*i == len(whole) {
			break
		}
		n, ok := digits(whole[2*i : 2*i+2])
		if limit := [...]int{23, 59, 60}[i]; !ok || n > limit { // 60 is a leap second
			return 0, false
		}
		t += time.Duration(n) * unit
	}
	nanos, ok := fractionOf(fraction)
	return t + nanos, ok
}

// fractionOf reads the digits after the point of a second.
func fractionOf(v []byte) (time.Duration, bool) {
	var t time.Duration
	unit := time.Second
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		unit /= 10
		t += time.Duration(c-'0') * unit
	}
	return t, true
}

// A moment is a date and time as a clock showed it, and the offset of that
// clock from UTC where it is known.
type moment struct {
	clock time.Time // zero where there is none
	zone
}

// A zone is the offset of a clock from UTC.
type zone struct {
	offset time.Duration
	known  bool
}

// in returns what a clock in z showed at the moment; one that is not known is
// that of the moment.
func (m moment) in(z zone) time.Time {
	if m.clock.IsZero() || !m.known || !z.known {
		return m.clock
	}
	return m.clock.Add(z.offset - m.offset)
}

// momentOf reads a DT value, YYYYMMDDHH[MM[SS[.F…]]][±ZZXX].
func momentOf(v []byte) (m moment, ok bool) {
	if n := len(v) - 5; n >= 10 && (v[n] == '+' || v[n] == '-') {
		if m.zone = zoneOf(v[n:]); !m.known {
			return moment{}, false
		}
		v = v[:n]
	}
	if len(v) < 10 {
		return moment{}, false
	}
	date, okD := dateOf(v[:8])
	clock, okC := clockOf(v[8:])
	m.clock = date.Add(clock)
	return m, okD && okC
}

// zoneOf reads an offset from UTC, ±HHMM.
func zoneOf(v []byte) zone {
	if len(v) != 5 || v[0] != '+' && v[0] != '-' {
		return zone{}
	}
	t, ok := clockOf(v[1:])
	if v[0] == '-' {
		t = -t
	}
	return zone{t, ok}
}

// nearest returns the moment nearest to ref at which a clock shows the given
// time, or that time on ref's day where ref is midnight of a day whose time is
// not known.
func nearest(clock time.Duration, ref time.Time) time.Time {
	t := midnight(ref).Add(clock)
	switch d := t.Sub(ref); {
	case d > day/2:
		return t.Add(-day)
	case d <= -day/2:
		return t.Add(day)
	}
	return t
}

func midnight(t time.Time) time.Time { return t.Truncate(day) }

// digits reads an unsigned decimal number.
func digits(v []byte) (int, bool) {
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(string(v))
	return n, err == nil
}
