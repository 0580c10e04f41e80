package table_test

import (
	"testing"
	"time"

	"tacstream/extract"
)

// Real tables: what other programs wrote of real scans. The numbers are counted
// in the files.
func TestRealTablesAreRead(t *testing.T) {
	for _, c := range []struct {
		pattern        string
		files, regions int
		left           int // regions of the left side, each with its partner
		frames         int
		end            time.Duration
	}{
		{"ds001420/sub-01*_tacs.tsv", 1, 102, 46, 32, 3216 * time.Second},
		{"ds001420/sub-02*_tacs.tsv", 2, 102, 46, 36, 90 * time.Minute},
		{"ds004869/derivatives/petprep/sub-04/ses-*/pet/*_tacs.tsv", 2, 109, 49, 33, 120 * time.Minute},
		{"ds004869/derivatives/petprep/sub-21/ses-*/pet/*_tacs.tsv", 2, 109, 49, 27, 90 * time.Minute},
	} {
		files := folders(t, c.pattern)
		if len(files) != c.files {
			t.Errorf("%s: %d files", c.pattern, len(files))
		}
		for _, file := range files {
			got := tableOf(t, string(read(t, file)))
			if len(got.TACs) != c.regions || len(got.Frames) != c.frames || got.Frames[c.frames-1].End() != c.end {
				t.Errorf("%s: %d regions, %d frames to %v", file, len(got.TACs), len(got.Frames), got.Frames[len(got.Frames)-1].End())
			}
			if pairs := len(extract.FromDecayed(got, 0).WithBilateral().TACs) - c.regions; pairs != c.left {
				t.Errorf("%s: %d pairs, want %d", file, pairs, c.left)
			}
		}
	}
}
