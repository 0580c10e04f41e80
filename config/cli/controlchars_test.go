package cli

import (
	"bytes"
	"fmt"
	"testing"
)

func TestNamesCannotCommandATerminal(t *testing.T) {
	var out bytes.Buffer
	n, err := fmt.Fprintf(plain{&out}, "a\x1b[2Jb\x07\tc\x7f\r\n")
	if want := "a?[2Jb?\tc??\n"; out.String() != want || n != 12 || err != nil {
		t.Errorf("%q of %d bytes, %v; want %q", out.String(), n, err, want)
	}
}
