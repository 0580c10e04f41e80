package cli

import (
	"fmt"
	"math"
)

// number writes a number for people, with as many digits as tell it apart.
func number(x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	case x != 0 && (math.Abs(x) >= 1e5 || math.Abs(x) < 1e-4):
		return fmt.Sprintf("%.2e", x)
	case x != 0 && math.Abs(x) < 0.01:
		return fmt.Sprintf("%.3g", x)
	}
	return fmt.Sprintf("%.4f", x)
}

// finite reports whether x is a number that JSON can hold.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
