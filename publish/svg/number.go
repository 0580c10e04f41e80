package svg

import "math"

// limit bounds what is drawn: beyond it a difference would overflow.
const limit = 1e300

// isNumber reports whether a value is drawn, and is not a gap.
func isNumber(v float64) bool { return math.Abs(v) <= limit }
