package ingest_test

import (
	"errors"
	"fmt"
	"testing"

	"tacstream/ingest"
)

func TestASentinelIsARejectionWithACode(t *testing.T) {
	kind := ingest.NewSentinel(ingest.CodeGeometry, "impossible geometry")
	other := ingest.NewSentinel(ingest.CodeGeometry, "impossible geometry")
	for name, c := range map[string]struct {
		err          error
		text, detail string
	}{
		"itself":         {kind, "impossible geometry", "impossible geometry"},
		"with a finding": {kind.With("%d slices", 0), "0 slices: impossible geometry", "0 slices: impossible geometry"},
		"wrapped with a key": {
			fmt.Errorf("inbox/doe/1.dcm: %w", kind), "inbox/doe/1.dcm: impossible geometry", "impossible geometry",
		},
		"a sentence of its own": {kind.Saying("a volume needs slices, and has %d", 0), "a volume needs slices, and has 0", "a volume needs slices, and has 0"},
		"a finding wrapped":     {fmt.Errorf("series x: %w", kind.With("%d slices", 0)), "series x: 0 slices: impossible geometry", "0 slices: impossible geometry"},
	} {
		t.Run(name, func(t *testing.T) {
			if !errors.Is(c.err, kind) || !errors.Is(c.err, ingest.ErrRejected) || errors.Is(c.err, other) {
				t.Errorf("kind %v, rejected %v, another kind %v", errors.Is(c.err, kind), errors.Is(c.err, ingest.ErrRejected), errors.Is(c.err, other))
			}
			if c.err.Error() != c.text {
				t.Errorf("%q, want %q", c.err, c.text)
			}
			if got, want := ingest.ReasonOf(c.err), (ingest.Reason{Code: ingest.CodeGeometry, Detail: c.detail}); got != want {
				t.Errorf("reason %v, want %v", got, want)
			}
		})
	}
}
