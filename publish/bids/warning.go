package bids

import "tacstream/ingest"

// A warning is one line for people.
type warning struct {
	Code, Level, Detail string
	Value, Threshold    *float64 `json:",omitempty"`
}

func warningOf(w ingest.Warning) warning {
	said := w.Value != 0 || w.Threshold != 0
	return warning{string(w.Code), string(w.Level), w.Detail, given(w.Value, said), given(w.Threshold, said)}
}
