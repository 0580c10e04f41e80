package cli

import (
	"strings"

	"tacstream/ingest"
)

// codes returns the codes of warnings, each once, with spaces between them.
func codes(list []ingest.Warning) string { return strings.Join(codesOf(list), " ") }

// codesOf returns the codes of warnings, each once, in order.
func codesOf(list []ingest.Warning) []string {
	var names []string
	for _, c := range ingest.CodesOf(list) {
		names = append(names, string(c))
	}
	return names
}

// warningsOf makes warnings encodable: a value that is no number is 0.
func warningsOf(list []ingest.Warning) []ingest.Warning {
	out := make([]ingest.Warning, len(list))
	for i, w := range list {
		if !finite(w.Value) {
			w.Value = 0
		}
		if !finite(w.Threshold) {
			w.Threshold = 0
		}
		out[i] = w
	}
	return out
}
