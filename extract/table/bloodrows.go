package table

import (
	"cmp"
	"math"
	"slices"

	"tacstream/extract"
	"tacstream/ingest"
)

// maxBloodRows bounds a table of blood.
const maxBloodRows = 100_000

// read reads the rows.
func (b *bloodReading) read() error {
	for line, fields := range b.sheet.rows() {
		if fields == nil {
			return b.short(line)
		}
		if len(b.rows) >= maxBloodRows {
			return b.reject("it has more than %d rows", maxBloodRows)
		}
		row, err := b.row(line, fields)
		if err != nil {
			return err
		}
		b.rows = append(b.rows, row)
	}
	return nil
}

// row reads what was measured at one time.
func (b *bloodReading) row(line int, fields []string) (bloodRow, error) {
	var row bloodRow
	at, ok := value(fields[b.time])
	if !ok || !(math.Abs(b.clock.seconds(at)) <= maxTableSeconds) {
		return row, b.reject("row %d, column %d: the cell does not hold a time in %s", line, b.time+1, b.clock)
	}
	row.at = b.clock.duration(at)
	for q, column := range b.column {
		row.values[q] = math.NaN()
		if column < 0 {
			continue
		}
		v, ok := value(fields[column])
		if v *= b.factor[q]; !ok || math.IsInf(v, 0) {
			return row, b.reject("row %d, column %d: the cell does not hold a number", line, column+1)
		}
		row.values[q] = v
	}
	return row, nil
}

// order puts the rows in time order and averages those of the same time.
func (b *bloodReading) order() {
	late := 0
	for i := 1; i < len(b.rows); i++ {
		if b.rows[i].at < b.rows[i-1].at {
			late++
		}
	}
	if late > 0 {
		b.warn(ingest.LevelNotice, float64(late), 0, "The table has %s after a later one; all rows are sorted by time.", ingest.Count(late, "row"))
	}
	slices.SortStableFunc(b.rows, func(x, y bloodRow) int { return cmp.Compare(x.at, y.at) })
	var single []bloodRow
	for from := 0; from < len(b.rows); {
		to := from + 1
		for to < len(b.rows) && b.rows[to].at == b.rows[from].at {
			to++
		}
		single = append(single, average(b.rows[from:to]))
		from = to
	}
	if repeats := len(b.rows) - len(single); repeats > 0 {
		b.warn(ingest.LevelWarn, float64(repeats), 0, "The table repeats a time in %s; the mean of rows with one time is used.", ingest.Count(repeats, "row"))
	}
	b.rows = single
}

// average returns the mean of rows of the same time, of each quantity where it
// was measured.
func average(rows []bloodRow) bloodRow {
	mean := rows[0]
	for q := range mean.values {
		sum, n := 0.0, 0.0
		for _, r := range rows {
			if v := r.values[q]; !math.IsNaN(v) {
				sum, n = sum+(v-sum)/(n+1), n+1 // a running mean, which cannot overflow where the values do not
			}
		}
		if mean.values[q] = sum; n == 0 {
			mean.values[q] = math.NaN()
		}
	}
	return mean
}

// samples returns what was measured of a quantity.
func (b *bloodReading) samples(q quantity) []extract.Sample {
	var list []extract.Sample
	for _, r := range b.rows {
		if v := r.values[q]; !math.IsNaN(v) {
			list = append(list, extract.Sample{At: r.at, BqPerML: v})
		}
	}
	return list
}
