package table

import (
	"io"

	"tacstream/extract"
)

// ReadBlood reads arterial samples: BIDS' _blood.tsv with the columns time,
// plasma_radioactivity, metabolite_parent_fraction and
// whole_blood_radioactivity, or an _inputfunction.tsv of bloodstream, whose
// AIF is the parent already. Other columns are ignored; n/a is no sample. Without
// plasma and AIF, whole blood alone is read, for models that need no plasma.
//
// Units are those in the names of the columns or of the sidecar, which may be
// nil; an activity that states none has that of the others. Where nothing
// states any, times are in seconds and activities in extract.AssumedBloodUnit, which is
// warned of; extract.Blood.Settle then compares with the tissue. Values must be
// corrected for decay to model zero: BIDS demands it.
//
// Parent is the plasma times the parent fraction. Between its samples the
// fraction is on straight lines that begin with 1 at model zero; after the last
// it is held. Without any it is 1, with a warning.
//
// What is odd is put right as follows, and named in Warnings: rows out of order
// are sorted, those of the same time averaged; activity below 0 is 0 before the
// peak, and activity of 0 or less after it, which is a sample that was not
// measured, is left out; fractions are percentages where most are above
// 1 and one is above maxFractionSlip, are none where they are stated to be and
// no one is above 1, and are kept within 0 and 1. An AIF of fewer than
// minBloodSamples is not used. Fewer than that of the parent, or none above 0,
// are rejected.
func ReadBlood(r io.Reader, beside []byte) (extract.Blood, error) {
	side, err := readSidecarKeys(beside)
	if err != nil {
		return extract.Blood{}, err
	}
	s, err := readSheet(r, "table of blood")
	if err != nil {
		return extract.Blood{}, err
	}
	b := bloodReading{sheet: s}
	b.remarks = true
	if err := b.name(side); err != nil {
		return extract.Blood{}, err
	}
	if err := b.read(); err != nil {
		return extract.Blood{}, err
	}
	b.order()
	return b.blood()
}
