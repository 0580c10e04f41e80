package cli

import "io"

// A plain writer shows control characters, which names of files and objects may
// hold, as question marks: a terminal would obey them.
type plain struct{ w io.Writer }

// Write writes all of p, with lines and tabulators as they are.
func (p plain) Write(text []byte) (int, error) {
	clean := make([]byte, len(text))
	for i, c := range text {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			c = '?'
		}
		clean[i] = c
	}
	n, err := p.w.Write(clean)
	return min(n, len(text)), err
}
