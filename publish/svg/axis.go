package svg

import (
	"math"
	"strconv"
	"strings"
)

// A span is the interval that numbers cover. The zero span covers nothing.
type span struct {
	lo, hi float64
	some   bool
}

// with returns the span that covers these values too, except for gaps.
func (s span) with(values ...float64) span {
	for _, v := range values {
		switch {
		case !isNumber(v):
		case !s.some:
			s = span{v, v, true}
		default:
			s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		}
	}
	return s
}

// around reports whether v lies in the span or no further from it than the
// span is long.
func (s span) around(v float64) bool {
	wide := s.hi - s.lo
	return s.some && v >= s.lo-wide && v <= s.hi+wide
}

// opened returns a span long enough to be drawn: of equal or nearly equal
// numbers there is nothing else to see.
func (s span) opened() span {
	if !s.some {
		return span{0, 1, true}
	}
	most := max(math.Abs(s.lo), math.Abs(s.hi))
	switch {
	case most < 1/limit:
		return span{0, 1, true}
	case s.hi-s.lo < most*1e-6:
		return span{s.lo - most/2, s.hi + most/2, true}
	}
	return s
}

// An axis maps numbers to places, and has ticks at round numbers.
type axis struct {
	span
	from, to float64 // places of lo and hi
	step     float64 // between ticks
	exponent int     // labels are numbers over 10^exponent
}

// newAxis returns the axis that covers s, with about so many ticks.
func newAxis(s span, ticks float64, steps func(least float64) float64) axis {
	s = s.opened()
	a := axis{span: s, step: steps((s.hi - s.lo) / ticks)}
	if most := max(math.Abs(s.lo), math.Abs(s.hi)); most >= 1e5 || most < 1e-2 {
		a.exponent = 3 * int(math.Floor(math.Log10(most)/3))
	}
	return a
}

// rounded returns the axis extended to whole steps.
func (a axis) rounded() axis {
	a.lo, a.hi = math.Floor(a.lo/a.step+1e-9)*a.step, math.Ceil(a.hi/a.step-1e-9)*a.step
	return a
}

// between returns the axis drawn from one place to another.
func (a axis) between(from, to float64) axis {
	a.from, a.to = from, to
	return a
}

// at returns the place of a number.
func (a axis) at(v float64) float64 { return a.from + (v-a.lo)/(a.hi-a.lo)*(a.to-a.from) }

// ticks returns the multiples of the step, in order.
func (a axis) ticks() []float64 {
	var all []float64
	last := math.Floor(a.hi/a.step + 1e-9)
	for k := math.Ceil(a.lo/a.step - 1e-9); k <= last; k++ {
		all = append(all, k*a.step)
	}
	return all
}

// label writes a tick with as many decimals as the step needs.
func (a axis) label(v float64) string {
	unit := math.Pow(10, float64(a.exponent))
	decimals := max(0, -int(math.Floor(math.Log10(a.step/unit)+1e-9)))
	text := strconv.FormatFloat(v/unit, 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		return "0"
	}
	return strings.Replace(text, "-", "−", 1)
}

// factor returns what labels are to be multiplied by, "" where that is 1.
func (a axis) factor() string {
	if a.exponent == 0 {
		return ""
	}
	digits := strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")
	return "×10" + digits.Replace(strconv.Itoa(a.exponent))
}

// round125 returns the smallest of 1, 2 and 5 times a power of ten that is no
// less than least.
func round125(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// roundMinutes is round125 for times, which people part as clocks do.
func roundMinutes(least float64) float64 {
	for _, m := range []float64{5, 10, 15, 20, 30, 60, 120, 240} {
		if least > 2 && least <= m {
			return m
		}
	}
	return round125(least)
}
