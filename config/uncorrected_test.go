package config

import (
	"testing"

	"tacstream/extract"
	"tacstream/ingest"
)

// Images that are not corrected for attenuation are not fitted unless the
// protocol says so.
func TestUncorrectedImagesNeedLeave(t *testing.T) {
	c := extract.Curves{Warnings: ingest.Header{Soft: ingest.Soft{CorrectedImage: []string{"NORM"}}}.Corrections()}
	if err := (Protocol{}).usable(c); ingest.ReasonOf(err).Code != ingest.WarnCorrections {
		t.Errorf("got %v", err)
	}
	if err := (Protocol{Uncorrected: true}).usable(c); err != nil {
		t.Errorf("with leave: %v", err)
	}
	c.Warnings = ingest.Header{Soft: ingest.Soft{CorrectedImage: []string{"ATTN"}}}.Corrections()
	if err := (Protocol{}).usable(c); err != nil {
		t.Errorf("without scatter: %v", err)
	}
}
