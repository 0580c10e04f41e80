package extract

import (
	"math"

	"tacstream/ingest"
)

func crossOf(a, b ingest.Vec) ingest.Vec {
	return ingest.Vec{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func dotOf(a, b ingest.Vec) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func length(a ingest.Vec) float64 { return math.Sqrt(dotOf(a, a)) }
