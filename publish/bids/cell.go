package bids

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tacstream/extract"
	"tacstream/ingest"
)

// ErrName means that a region's name cannot stand in a table.
var ErrName = ingest.NewSentinel(ingest.CodeRegionsUnreadable, "a region's name is empty or holds a tab or line feed")

// number writes as many digits as a number needs, and n/a for none.
func number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "n/a"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// known writes a number that is positive where it is known.
func known(x float64) string {
	if !(x > 0) {
		return "n/a"
	}
	return number(x)
}

// regionName returns a name as a table has it.
func regionName(r extract.Region) (string, error) {
	if r == "" || strings.ContainsFunc(string(r), unicode.IsControl) {
		return "", ErrName
	}
	return string(r), nil
}

// seconds returns d in s, the nearest number.
func seconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }

// given returns x if it is known.
func given(x float64, isKnown bool) *float64 {
	if !isKnown || number(x) == "n/a" {
		return nil
	}
	return &x
}
