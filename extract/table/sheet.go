package table

import (
	"io"
	"iter"
	"strings"

	"tacstream/ingest"
)

// Bounds on a table.
const (
	maxTableBytes   = 32 << 20
	maxTableColumns = 10_000
)

// A sheet is the text of a table: a line of column names, then rows.
type sheet struct {
	what    string // kind of table, for messages
	columns []string
	comma   rune // what separates the columns; ' ' is a run of blanks
	body    string
	first   int  // number of the body's first line, counted from 1
	remarks bool // whether lines of the body that begin with # are no rows
}

// readSheet reads a table. Columns are separated by tabs or, where the column
// names hold none, by commas or by runs of blanks. Empty lines before the
// names, and lines there that begin with #, are passed over.
func readSheet(r io.Reader, what string) (sheet, error) {
	s := sheet{what: what}
	text, err := io.ReadAll(&io.LimitedReader{R: r, N: maxTableBytes + 1})
	switch {
	case err != nil:
		return sheet{}, err
	case len(text) > maxTableBytes:
		return sheet{}, s.reject("it is longer than %d bytes", maxTableBytes)
	}
	s.body = strings.TrimPrefix(string(text), byteOrderMark)
	if strings.Contains(s.body, "\r") {
		s.body = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s.body)
	}
	for s.body != "" {
		var line string
		line, s.body, _ = strings.Cut(s.body, "\n")
		s.first++
		if !idle(line) && line[0] != '#' {
			s.first++
			return s, s.name(line)
		}
	}
	return sheet{}, s.reject("it is empty")
}

// idle reports whether a line says nothing.
func idle(line string) bool { return strings.TrimSpace(line) == "" }

// name reads the line of column names.
func (s *sheet) name(line string) error {
	s.comma = separator(line)
	s.columns = trimEmpty(cells(nil, line, s.comma))
	if len(s.columns) > maxTableColumns {
		return s.reject("it has more than %d columns", maxTableColumns)
	}
	return nil
}

// separator returns what separates the columns of a line: of commas and blanks
// those which make more of them, where there is no tab.
func separator(line string) rune {
	switch {
	case strings.Contains(line, "\t"):
		return '\t'
	case len(cells(nil, line, ',')) > len(cells(nil, line, ' ')):
		return ','
	}
	return ' '
}

// rows returns the number of each line and its fields, which are valid until
// the next. Every row has as many fields as there are columns: one that has
// not ends the sequence with a nil in their place.
func (s sheet) rows() iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		number, fields := s.first-1, make([]string, 0, len(s.columns))
		for line := range strings.Lines(s.body) {
			number++
			if idle(line) || s.remarks && line[0] == '#' {
				continue
			}
			fields = cells(fields[:0], strings.TrimSuffix(line, "\n"), s.comma)
			if len(fields) > len(s.columns) && len(trimEmpty(fields)) <= len(s.columns) {
				fields = fields[:len(s.columns)]
			}
			if len(fields) != len(s.columns) {
				yield(number, nil)
				return
			}
			if !yield(number, fields) {
				return
			}
		}
	}
}

// trimEmpty leaves out the last fields as far as they are empty.
func trimEmpty(fields []string) []string {
	for len(fields) > 0 && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	return fields
}

// cells appends the fields of a line, without the blanks around them. A field
// that begins with a double quote ends with the next one, which may enclose
// separators; the two quotes are left out.
func cells(fields []string, line string, comma rune) []string {
	for {
		line = strings.TrimLeft(line, " ")
		if comma == ' ' {
			if line = strings.TrimLeft(line, "\t "); line == "" {
				return fields
			}
		}
		end := fieldEnd(line, comma)
		fields = append(fields, unquoted(strings.TrimSpace(line[:end])))
		if end == len(line) {
			return fields
		}
		line = line[end+1:]
	}
}

// fieldEnd returns where the first field of a line ends.
func fieldEnd(line string, comma rune) int {
	from := 0
	if strings.HasPrefix(line, `"`) {
		from = 1 + strings.IndexByte(line[1:], '"') + 1 // 1 where the quote is not closed
	}
	separators := string(comma)
	if comma == ' ' {
		separators = " \t"
	}
	if n := strings.IndexAny(line[from:], separators); n >= 0 {
		return from + n
	}
	return len(line)
}

// unquoted returns a field without the quotes that enclose it.
func unquoted(field string) string {
	if len(field) >= 2 && field[0] == '"' && field[len(field)-1] == '"' {
		return strings.TrimSpace(field[1 : len(field)-1])
	}
	return field
}

// short says which row does not have as many columns as there are names.
func (s sheet) short(line int) error {
	return s.reject("row %d does not have %d columns as the first has", line, len(s.columns))
}

// reject says why the table cannot serve.
func (s sheet) reject(format string, args ...any) error {
	return ingest.Reject(ingest.CodeMalformed, s.what+": "+format, args...)
}

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\ufeff"
