package nifti

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tacstream/ingest"
)

// Bounds on a look-up table.
const (
	maxTableBytes = 8 << 20
	maxTableRows  = 1 << 16
	maxNameBytes  = 200
)

// byteOrderMark is what some editors put before UTF-8.
const byteOrderMark = "\ufeff"

// A Table is a look-up table of a label image.
type Table struct {
	Names map[int32]string
	Blank []int32 // the indices of the rows whose name is empty or n/a, in order of the rows
}

// ReadLUT returns the names of a look-up table, see ReadTable.
func ReadLUT(r io.Reader) (map[int32]string, error) {
	t, err := ReadTable(r)
	return t.Names, err
}

// ReadTable reads the look-up table of a label image: tab-separated columns of
// which "index" and "name" count, wherever they stand. A row whose name is
// empty or n/a names nothing. The same index with two names is an error.
func ReadTable(r io.Reader) (Table, error) {
	src := &source{r: r}
	t, err := readTable(src)
	if src.err != nil {
		err = src.err
	}
	if err != nil {
		return Table{}, err
	}
	return t, nil
}

func readTable(src io.Reader) (t Table, err error) {
	limited := &io.LimitedReader{R: src, N: maxTableBytes + 1}
	rows := csv.NewReader(limited)
	rows.Comma, rows.LazyQuotes, rows.ReuseRecord, rows.FieldsPerRecord = '\t', true, true, -1
	first, err := rows.Read()
	if err != nil {
		return t, rejectTable("it has no line of column names")
	}
	index, name := column(first, "index"), column(first, "name")
	if index < 0 || name < 0 {
		return t, rejectTable(`it needs the columns "index" and "name"`)
	}
	t.Names = map[int32]string{}
	for row := 2; ; row++ {
		fields, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF) && limited.N > 0:
			return t, nil
		case limited.N <= 0, row > maxTableRows:
			return t, rejectTable("it is beyond %d bytes or %d rows", maxTableBytes, maxTableRows)
		case err != nil:
			return t, rejectTable("row %d cannot be read", row)
		case blank(fields):
			continue
		case len(fields) <= max(index, name):
			return t, rejectTable("row %d is too short", row)
		}
		if err := t.enter(fields[index], fields[name], row); err != nil {
			return t, err
		}
	}
}

func blank(fields []string) bool { return len(fields) == 1 && strings.TrimSpace(fields[0]) == "" }

// column finds a column by its name, or returns -1.
func column(header []string, name string) int {
	return slices.IndexFunc(header, func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(s, byteOrderMark)), name)
	})
}

// enter adds one row.
func (t *Table) enter(index, name string, row int) error {
	i, ok := parseIndex(strings.TrimSpace(index))
	if !ok {
		return rejectTable("row %d: the index is no whole number", row)
	}
	name = strings.TrimSpace(name)
	if name == "" || strings.EqualFold(name, "n/a") {
		t.Blank = append(t.Blank, i)
		return nil
	}
	if len(name) > maxNameBytes || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return rejectTable("row %d: the name is longer than %d bytes or is not text", row, maxNameBytes)
	}
	if had, ok := t.Names[i]; ok && had != name {
		return rejectTable("index %d has two names", i)
	}
	t.Names[i] = strings.Clone(name)
	return nil
}

// parseIndex reads a whole number, also one that a spreadsheet wrote as 26.0.
func parseIndex(s string) (int32, bool) {
	v, ok := ingest.Decimal(s)
	if !ok || v != math.Trunc(v) || math.Abs(v) > math.MaxInt32 {
		return 0, false
	}
	return int32(v), true
}

// rejectTable says why a look-up table cannot serve.
func rejectTable(format string, args ...any) error {
	return ingest.Reject(ingest.CodeRegionsUnreadable, "look-up table: "+format, args...)
}
