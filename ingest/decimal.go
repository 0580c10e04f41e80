package ingest

import (
	"math"
	"strconv"
)

// Decimal reads a number as files have it. Unlike strconv it knows neither
// infinities, hexadecimal nor underscores.
func Decimal(text string) (float64, bool) {
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0)
}
