package figures

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A kind says which of the values of a figure count.
type kind int

const (
	largest kind = iota
	smallest
	both
	median
)

// A Figure is one number of a row, or the range of one.
type Figure struct {
	row    *Row
	format string
	kind   kind
	values []float64
}

// Add adds a value. It may be called concurrently.
func (f *Figure) Add(value float64) {
	f.row.mu.Lock()
	defer f.row.mu.Unlock()
	f.values = append(f.values, value)
}

// bounds returns the values that count: the same one twice, but for a range.
func (f *Figure) bounds() (low, high float64) {
	sorted := slices.Sorted(slices.Values(f.values))
	low, high = sorted[0], sorted[len(sorted)-1]
	switch f.kind {
	case largest:
		low = high
	case smallest:
		high = low
	case median:
		low = sorted[len(sorted)/2]
		high = low
	}
	return low, high
}

// text returns the figure as it is written.
func (f *Figure) text() string {
	low, high := f.bounds()
	number := decimal(high, 2)
	switch {
	case f.kind == both:
		number = decimal(low, 3) + "–" + decimal(high, 3)
	case f.kind == smallest && high == math.Trunc(high):
		number = thousands(strconv.FormatFloat(high, 'f', 0, 64)) // a count
	}
	return strings.Replace(f.format, "#", number, 1)
}

// compare says how the figure is worse than the text that is written of it by
// more than one unit of the last digit.
func (f *Figure) compare(written string) string {
	number := `(-?[\d,]*\.?\d+)`
	if f.kind == both {
		number += "–" + number
	}
	m := regexp.MustCompile("^" + strings.Replace(regexp.QuoteMeta(f.format), "#", number, 1) + "$").FindStringSubmatch(written)
	if m == nil {
		return fmt.Sprintf("%q is written, and now it is %q", written, f.text())
	}
	low, high := f.bounds()
	least, _ := parse(m[1])
	most, unit := parse(m[len(m)-1])
	if (f.kind == both || f.kind == smallest) && low < least-unit || f.kind != smallest && high > most+unit {
		return fmt.Sprintf("%q is written, and it is worse now: %q", written, f.text())
	}
	return ""
}

// parse returns the value of a number, and one unit of its last digit.
func parse(number string) (value, unit float64) {
	number = strings.ReplaceAll(number, ",", "")
	value, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return math.NaN(), 0
	}
	if _, decimals, ok := strings.Cut(number, "."); ok {
		return value, math.Pow(10, -float64(len(decimals)))
	}
	trimmed := strings.TrimRight(number, "0")
	return value, math.Pow(10, float64(len(number)-len(trimmed)))
}

// decimal writes a number with so many significant digits, without an exponent.
func decimal(x float64, digits int) string {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return fmt.Sprint(x)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		return fmt.Sprint(x)
	}
	decimals := max(0, digits-1-int(math.Floor(math.Log10(math.Abs(rounded)))))
	return thousands(strconv.FormatFloat(rounded, 'f', decimals, 64))
}

// thousands sets commas between the thousands of a number.
func thousands(text string) string {
	for at := strings.IndexAny(text+".", ".") - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
