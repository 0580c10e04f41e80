package table_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/ingest"
)

// Programs that write a list around a single value, or no value as an empty list,
// say the same as those that do not.
func TestSidecarsWithListsOfOne(t *testing.T) {
	const samples = "time\tplasma_radioactivity\tmetabolite_parent_fraction\n0\t0\t1\n1\t2000\t1\n10\t1000\t1\n20\t500\t1\n"
	want := sampled(0, 0, 60, 2000, 600, 1000, 1200, 500)
	for name, side := range map[string]string{
		"plain":                     `{"time":{"Units":"min"},"plasma_radioactivity":{"Units":"Bq/mL"}}`,
		"lists":                     `{"time":{"Units":["min"]},"plasma_radioactivity":{"Units":["Bq/mL"]}}`,
		"lists around columns":      `{"time":[{"Units":["min"]}],"plasma_radioactivity":[{"Units":"Bq/mL"}]}`,
		"equal values":              `{"time":{"Units":["min","min"]},"plasma_radioactivity":{"Units":["Bq/mL", "Bq/mL"]}}`,
		"one unit for all":          `{"time":{"Units":"min"},"Units":["Bq"]}`,
		"an empty list states none": `{"time":{"Units":["min"]},"plasma_radioactivity":{"Units":[]},"Units":"Bq"}`,
	} {
		b := bloodOf(t, samples, side)
		if diff := cmp.Diff(want, b.Parent, cmpopts.EquateApprox(rounding, 0)); diff != "" || len(b.Warnings) != 0 || b.UnitAssumed {
			t.Errorf("%s: assumed %v, %v %s", name, b.UnitAssumed, b.Warnings, diff)
		}
	}
}

// A unit in a shape that cannot be read is stated, and not read as if nothing were.
func TestUnitsThatCannotBeReadAreNotPassedOver(t *testing.T) {
	const samples = "time\tplasma_radioactivity\n0\t0\n60\t2\n600\t1\n1200\t1\n"
	for name, side := range map[string]string{
		"two units": `{"plasma_radioactivity":{"Units":["Bq","kBq"]}}`,
		"a number":  `{"plasma_radioactivity":{"Units":1000}}`,
		"an object": `{"Units":{"plasma":"Bq"}}`,
		"per gram":  `{"plasma_radioactivity":{"Units":"kBq/g"}}`,
		"of time":   `{"time":{"Units":["s","min"]},"plasma_radioactivity":{"Units":"Bq"}}`,
	} {
		if b, err := table.ReadBlood(strings.NewReader(samples), []byte(side)); !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}

// Spellings of units of activity, each of a number that is 2,000 Bq/mL.
func TestSpellingsOfUnitsOfActivity(t *testing.T) {
	for unit, number := range map[string]string{
		"Bq": "2000", "Bq/mL": "2000", "BQML": "2000", "Bq/ml": "2000", "Bq/cc": "2000", "Bq*mL^-1": "2000", "Bq per mL": "2000", "becquerel/millilitre": "2000",
		"Bq_per_mL": "2000", "kBq": "2", "kBq/cc": "2", "kBq/cm³": "2", "kBq·mL⁻¹": "2", "kilobecquerel per milliliter": "2", "MBq/mL": "0.002", "kBq/L": "2000", "MBq/l": "2",
		"nCi/cc": "54.054054054054056", "nCi/mL": "54.054054054054056", "uCi/mL": "0.054054054054054056", "µCi/mL": "0.054054054054054056", "mCi/L": "0.054054054054054056", "dpm/mL": "120000",
	} {
		text := "time\tplasma_radioactivity\tmetabolite_parent_fraction\n0\t0\t1\n60\t" + number + "\t1\n120\t" + number + "\t1\n180\t" + number + "\t1\n"
		b := bloodOf(t, text, `{"plasma_radioactivity":{"Units":"`+unit+`"}}`)
		if got := b.Parent[1].BqPerML; got < 1999.999 || got > 2000.001 {
			t.Errorf("%s: %g Bq/mL", unit, got)
		}
	}
	for _, unit := range []string{"cps", "g/mL", "SUV", "mBq/mL", "kBq/g", "Bq/mm2"} {
		text := "time\tplasma_radioactivity\n0\t0\n60\t1\n120\t1\n180\t1\n"
		if _, err := table.ReadBlood(strings.NewReader(text), []byte(`{"plasma_radioactivity":{"Units":"`+unit+`"}}`)); err == nil {
			t.Errorf("%s was read", unit)
		}
	}
}

// What a sidecar states of decay counts in whatever shape it has.
func TestStatementsWithListsOfOne(t *testing.T) {
	for name, side := range map[string]string{
		"plain":        `{"RadionuclideHalfLife":1224,"ImageDecayCorrected":true,"ImageDecayCorrectionTime":60,"TracerRadionuclide":"C11","Units":"kBq/mL"}`,
		"lists":        `{"RadionuclideHalfLife":[1224],"ImageDecayCorrected":[true],"ImageDecayCorrectionTime":[60],"TracerRadionuclide":["C11"],"Units":["kBq/mL"]}`,
		"texts":        `{"RadionuclideHalfLife":"1224","ImageDecayCorrected":"True","ImageDecayCorrectionTime":"60","TracerRadionuclide":"C11","radioactivity":{"Units":["kBq/mL"]}}`,
		"texts listed": `{"RadionuclideHalfLife":["1224"],"ImageDecayCorrected":["true"],"ImageDecayCorrectionTime":["60"],"TracerRadionuclide":"C11","radioactivity":[{"Units":"kBq/mL"}]}`,
	} {
		var s table.Statement
		if err := s.Add("x.json", []byte(side)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.RadionuclideHalfLife != 1224 || !*s.ImageDecayCorrected || *s.ImageDecayCorrectionTime != 60 || s.TracerRadionuclide != "C11" {
			t.Errorf("%s: %+v", name, s)
		}
		curves, in, err := table.Read(strings.NewReader("frame_start\tframe_end\tA\n0\t60\t1\n60\t120\t2\n"), table.Hints{Sidecar: s.Units})
		if err != nil || curves.Units != extract.BqPerML || curves.TACs[0].BqPerML[1] != 2000 {
			t.Errorf("%s: %v %v %v", name, curves, in, err)
		}
	}
	var s table.Statement
	if err := s.Add("x.json", []byte(`{"RadionuclideHalfLife":[],"TracerRadionuclide":"C11"}`)); err != nil {
		t.Error(err)
	}
	if half, err := s.HalfLife(0); err != nil || half < 20*time.Minute {
		t.Errorf("half-life %v, %v", half, err)
	}
	if err := s.Add("x.json", []byte(`{"RadionuclideHalfLife":[1224,6586]}`)); err == nil {
		t.Error("two half-lives were read")
	}
}
