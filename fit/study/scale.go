package study

import "math"

// differences returns the changes of rows from their first to their second
// observation.
func differences(rows [][]*Observation, scale Scale) []float64 {
	list := make([]float64, len(rows))
	for i, row := range rows {
		list[i] = onScale(row[1].Value, scale) - onScale(row[0].Value, scale)
	}
	return list
}

// onScale returns a value on a scale.
func onScale(value float64, scale Scale) float64 {
	if scale == ScaleLog {
		return math.Log(value)
	}
	return value
}

// estimateOf returns a mean change on a scale as it is shown.
func estimateOf(mean float64, interval *Interval, scale Scale) *ChangeEstimate {
	e := ChangeEstimate{Mean: mean, Change: shown(mean, scale)}
	if interval != nil {
		e.Interval = &Interval{shown(interval.Low, scale), shown(interval.High, scale)}
	}
	return &e
}

// shown turns a change of logarithms into a share; a raw one stays.
func shown(d float64, scale Scale) float64 {
	if scale == ScaleLog {
		return math.Expm1(d)
	}
	return d
}
