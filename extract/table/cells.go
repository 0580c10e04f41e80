package table

import (
	"math"
	"strings"
	"time"

	"tacstream/ingest"
)

// activity reads a value in Bq/mL; one that is missing is NaN.
func (l layout) activity(line, column int, fields []string) (float64, error) {
	v, ok := value(fields[column])
	if v *= l.factor; !ok || math.IsInf(v, 0) {
		return 0, l.reject("row %d, column %d: the cell does not hold a number", line, column+1)
	}
	return v, nil
}

// frame reads the times of one row. Where both are given the end counts.
func (l layout) frame(line int, fields []string) (ingest.Frame, error) {
	times := map[meaning]time.Duration{}
	for _, m := range []meaning{start, end, duration} {
		at, ok := l.column[m]
		if !ok {
			continue
		}
		v, ok := value(fields[at])
		if !ok || !(math.Abs(l.clock[m].seconds(v)) <= maxTableSeconds) {
			return ingest.Frame{}, l.reject("row %d, column %d: the cell does not hold a time in %s", line, at+1, l.clock[m])
		}
		times[m] = l.clock[m].duration(v)
	}
	f := ingest.Frame{Start: times[start], Duration: times[duration]}
	if stop, ok := times[end]; ok {
		f.Duration = stop - f.Start
	}
	return f, nil
}

// weight reads the weight of one row.
func (l layout) weight(line int, fields []string) (float64, error) {
	at := l.column[weight]
	w, ok := value(fields[at])
	if !ok || !(w >= 0) {
		return 0, l.reject("row %d, column %d: the cell does not hold a weight", line, at+1)
	}
	return w, nil
}

// checkWeights finds weights that leave no frame to be fitted.
func (l layout) checkWeights(weights []float64) error {
	for _, w := range weights {
		if w > 0 {
			return nil
		}
	}
	if len(weights) > 0 {
		return l.reject("column %d: no weight is above 0", l.column[weight]+1)
	}
	return nil
}

// value reads a number; a missing one is NaN.
func value(field string) (float64, bool) {
	field = strings.TrimSpace(field)
	switch strings.ToLower(field) {
	case "", "n/a", "na", "nan":
		return math.NaN(), true
	}
	return ingest.Decimal(field)
}
