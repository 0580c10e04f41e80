package publish

import (
	"math"
	"time"
)

// finite returns nil for what is no number, so that it is left out.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// seconds returns d in s: the nearest number, so that 1221.66 s has no other
// digits.
func seconds(d time.Duration) float64 { return float64(d) / float64(time.Second) }
