package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"tacstream/ingest"
)

func TestNamesCannotCommandATerminal(t *testing.T) {
	var out bytes.Buffer
	n, err := fmt.Fprintf(plain{&out}, "a\x1b[2Jb\x07\tc\x7f\r\n")
	if want := "a?[2Jb?\tc??\n"; out.String() != want || n != 12 || err != nil {
		t.Errorf("%q of %d bytes, %v; want %q", out.String(), n, err, want)
	}
}

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
	if len(lines) != 7 || lines[5] != "x.dcm is left out: TRUNCATED" || lines[6] != "995 more files are left out: EMPTY" {
		t.Errorf("%q", lines)
	}
}
