package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tacstream/ingest"
)

// A thousand broken files do not bury what else there is to say.
func TestFilesThatAreLeftOutAreNamedInPart(t *testing.T) {
	var out bytes.Buffer
	l := leftOut{w: &out}
	for i := range 1000 {
		l.add(fmt.Sprintf("%d.dcm", i), ingest.Reason{Code: ingest.CodeEmpty})
	}
	l.add("x.dcm", ingest.Reason{Code: ingest.CodeTruncated})
	l.done()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 7 || lines[5] != "x.dcm is not used: TRUNCATED" || lines[6] != "995 more files are not used: EMPTY" {
		t.Errorf("%q", lines)
	}
}
