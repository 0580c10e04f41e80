package table_test

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/ingest"
)

// golden returns a small file of invented numbers; none where name is empty.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	if name == "" {
		return nil
	}
	return read(t, filepath.Join("testdata", name))
}

// The same two curves in every format, over frames of 10, 30 and 360 s.
func TestEveryFormatGivesTheSameCurves(t *testing.T) {
	frames := []ingest.Frame{
		{Duration: 10 * time.Second},
		{Start: 10 * time.Second, Duration: 30 * time.Second},
		{Start: 40 * time.Second, Duration: 6 * time.Minute},
	}
	curves := map[extract.Region][]float64{"Left-Putamen": {0.5, 1000, 2500}, "CSF": {-2, 300, 250}}
	for _, c := range []struct{ table, sidecar, want string }{
		{"petprep_tacs.tsv", "petprep_tacs.json", "BIDS-like table with 2 regions, time in s, activity in Bq/mL (stated in the sidecar)"},
		{"petfit_tacs.tsv", "petfit_tacs.json", "petfit's table with 2 regions, time in s, activity in kBq/mL (stated in the sidecar)"},
		{"pmod.tac", "", "PMOD .tac with 2 regions, time in min, activity in kBq/cc (stated in the header)"},
	} {
		got, in, err := table.Read(strings.NewReader(string(golden(t, c.table))), table.Hints{Sidecar: golden(t, c.sidecar)})
		if err != nil {
			t.Errorf("%s: %v", c.table, err)
			continue
		}
		if in.String() != c.want {
			t.Errorf("%s: read as %s", c.table, in)
		}
		if diff := cmp.Diff(frames, got.Frames); diff != "" {
			t.Errorf("%s: %s", c.table, diff)
		}
		if diff := cmp.Diff(curves, values(got), cmpopts.EquateApprox(rounding, 0)); diff != "" {
			t.Errorf("%s: %s", c.table, diff)
		}
		if len(got.Warnings) != 1 || got.Units != extract.BqPerML {
			t.Errorf("%s: units %s, warnings %v", c.table, got.Units, got.Warnings)
		}
	}
}

func TestWhatOnlySomeFormatsTell(t *testing.T) {
	_, in, err := table.Read(strings.NewReader(string(golden(t, "petprep_tacs.tsv"))), table.Hints{})
	if diff := cmp.Diff([]float64{0.5, 1, 2}, in.Weights); diff != "" || err != nil {
		t.Errorf("weights: %v %s", err, diff)
	}
	c, in, err := table.Read(strings.NewReader(string(golden(t, "petfit_tacs.tsv"))), table.Hints{})
	if err != nil || c.TACs[0].VolumeMM3 != 4200 || c.TACs[1].VolumeMM3 != 900 || in.Weights != nil {
		t.Errorf("%+v, weights %v, %v", c.TACs, in.Weights, err)
	}
}

// A frame from 60 to 600 s whose value is 2 kBq/mL, however it is spelt.
func TestSpellingsOfTimesAndUnits(t *testing.T) {
	for _, c := range []struct{ name, table, sidecar string }{
		{"minutes in the names", "start_min\tend_min\tA[kBq/mL]\n1\t10\t2\n", ""},
		{"two units of time", "start_min\tend_s\tA (kBq/ml)\n1\t600\t2\n", ""},
		{"one of two names has the unit", "start_min\tdur\tA [MBq/cc]\n1\t9\t0.002\n", ""},
		{"kinfitr's names", "Times\tA\tWeights\tStartTime\tDuration\n5.5\t2000\t1\t1\t9\n", `{"time":{"Units":"min"},"Units":"BQML"}`},
		{"PMOD, blanks before tabs", "start[sec] \tend[nCi/cc]\tA\t\n60\t600\t54.054054054054056\t\n", ""},
		{"PMOD with remarks of TPCCLIB", "start[min]\tend[Bq/mL]\tA\n1\t10\t2000\n# weighting := no\n", ""},
		{"PMOD without a unit of activity", "start[seconds]\tend[seconds]\tA\n60\t600\t2\n", `{"Units":"kBq/cm^3"}`},
		{"commas and quotes", "\"frame_start\",\"frame_end\",\"A\"\r\n60,600,2\r\n", `{"radioactivity":{"Units":"kBq"}}`},
		{"the older spelling", "FrameTimesStart\tFrameDuration\tA\n60\t540\t2000\n", `{"Units":"Bq/mL"}`},
		{"minutes that the sidecar's frames tell", "frame_start\tframe_end\tA\n1\t10\t2000\n", `{"Units":"Bq/mL","FrameTimesStart":[60],"FrameDuration":[540]}`},
		{"a long text of the unit", "start_s\tend_s\tA\n60\t600\t2\n", `{"Units":"kBq                          /  mL"}`},
		{"petfit in minutes", "region\tTAC[kBq/mL]\tframe_start\tframe_dur\nA\t2\t1\t9\n", `{"frame_start":{"Units":"min"}}`},
	} {
		got, in, err := table.Read(strings.NewReader(c.table), table.Hints{Sidecar: []byte(c.sidecar)})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := []ingest.Frame{{Start: time.Minute, Duration: 9 * time.Minute}}
		if diff := cmp.Diff(want, got.Frames); diff != "" {
			t.Errorf("%s: %s: %s", c.name, in, diff)
		}
		if diff := cmp.Diff(map[extract.Region][]float64{"A": {2000}}, values(got), cmpopts.EquateApprox(rounding, 0)); diff != "" {
			t.Errorf("%s: %s: %s", c.name, in, diff)
		}
		if got.Units != extract.BqPerML {
			t.Errorf("%s: units %s", c.name, got.Units)
		}
	}
}

func TestUnitsThatAreNotKnown(t *testing.T) {
	for _, c := range []struct{ name, sidecar, want string }{
		{"nothing says", "", "activity in Bq/mL (assumed)"},
		{"SUV", `{"Units":"SUV"}`, `activity in "SUV", which is no activity per volume (stated in the sidecar)`},
		{"milli", `{"Units":"mBq/mL"}`, `activity in "mBq/mL", which is no activity per volume (stated in the sidecar)`},
	} {
		got, in, err := table.Read(strings.NewReader("start_s\tend_s\tA\n60\t600\t2\n"), table.Hints{Sidecar: []byte(c.sidecar)})
		if err != nil {
			t.Fatal(err)
		}
		if got.Units != extract.Arbitrary || got.TACs[0].BqPerML[0] != 2 || !strings.HasSuffix(in.String(), c.want) {
			t.Errorf("%s: %v %s, read as %s", c.name, got.TACs, got.Units, in)
		}
		if _, warned := codes(got.Warnings)[ingest.WarnArbitrary]; !warned {
			t.Errorf("%s: warnings %v", c.name, got.Warnings)
		}
	}
}

func TestHintsGoBeforeTheTable(t *testing.T) {
	const text = "start[seconds]\tend[Bq/cc]\tA\n1\t10\t2\n"
	got, in, err := table.Read(strings.NewReader(text), table.Hints{TimeUnit: "min", Unit: "kBq/mL"})
	if err != nil || got.Frames[0].Start != time.Minute || got.TACs[0].BqPerML[0] != 2000 || in.TimeFrom != table.InHints {
		t.Errorf("%v %v %s %v", got.Frames, got.TACs, in, err)
	}
	for _, h := range []table.Hints{{TimeUnit: "h"}, {Unit: "SUV"}} {
		if _, _, err := table.Read(strings.NewReader(text), h); !errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%+v: %v", h, err)
		}
	}
}

func TestTimesOfWhichNothingSaysTheUnit(t *testing.T) {
	for _, c := range []struct {
		name, table, sidecar string
		value                float64 // of the warning; 0 where there is none
	}{
		{"a scan of minutes", "frame_start\tframe_end\tA\n0\t60\t1\n60\t600\t1\n", "", 0},
		{"a scan that would end in no time", "frame_start\tframe_end\tA\n0\t10\t1\n10\t90\t1\n", "", 90},
		{"a short scan that is known to be", "start_s\tend_s\tA\n0\t10\t1\n10\t90\t1\n", "", 0},
		{"a sidecar of another scan", "start_s\tend_s\tA\n0\t10\t1\n10\t900\t1\n", `{"FrameTimesStart":[0,15],"FrameDuration":[15,885]}`, 2},
	} {
		got, _, err := table.Read(strings.NewReader(c.table), table.Hints{Sidecar: []byte(c.sidecar)})
		if v := codes(got.Warnings)[ingest.WarnTimeAssumed]; err != nil || v != c.value {
			t.Errorf("%s: %v, %v", c.name, got.Warnings, err)
		}
	}
	_, _, err := table.Read(strings.NewReader("frame_start\tframe_end\tA\n0\t0.5\t1\n0.5\t90\t1\n"), table.Hints{})
	if !errors.Is(err, ingest.ErrRejected) || !strings.Contains(err.Error(), "start_min") {
		t.Errorf("frames of half a second: %v", err)
	}
}

// Rounded to a thousandth of a minute, frames seem to overlap or to leave gaps.
func TestRoundedMinutesStillTouch(t *testing.T) {
	got, _, err := table.Read(strings.NewReader("start_min\tdur_min\tA\n0\t0.167\t1\n0.167\t0.167\t1\n0.333\t0.167\t1\n0.5\t60\t1\n"), table.Hints{})
	if err != nil {
		t.Fatal(err)
	}
	for f := 1; f < len(got.Frames); f++ {
		if got.Frames[f].Start != got.Frames[f-1].End() {
			t.Errorf("frame %d starts at %v, not at %v", f+1, got.Frames[f].Start, got.Frames[f-1].End())
		}
	}
}

func TestTheOrderOfRowsOfALongTableDoesNotMatter(t *testing.T) {
	const head = "region\tframe_start\tframe_end\tTAC\n"
	rows := []string{"A\t0\t60\t1\n", "A\t60\t600\t2\n", "B\t0\t60\t3\n", "B\t60\t600\t4\n"}
	for _, order := range [][]int{{0, 1, 2, 3}, {1, 0, 3, 2}, {1, 3, 0, 2}} {
		text := head
		for _, r := range order {
			text += rows[r]
		}
		got, _, err := table.Read(strings.NewReader(text), table.Hints{})
		if diff := cmp.Diff(map[extract.Region][]float64{"A": {1, 2}, "B": {3, 4}}, values(got)); err != nil || diff != "" {
			t.Errorf("%v: %v %s", order, err, diff)
		}
	}
}

func TestARegionThatLacksAFrameIsLeftOut(t *testing.T) {
	for _, text := range []string{
		"region\tframe_start\tframe_end\tTAC\nA\t0\t60\t1\nA\t60\t600\t2\nB\t0\t60\t1\n",
		"region\tframe_start\tframe_end\tTAC\nA\t0\t60\t1\nA\t60\t600\t2\nB\t0\t60\t1\nB\t60\t600\tn/a\n",
		"frame_start\tframe_end\tA\tB\n0\t60\t1\t1\n60\t600\t2\tNaN\n",
	} {
		got, _, err := table.Read(strings.NewReader(text), table.Hints{})
		if len(got.TACs) != 1 || codes(got.Warnings)[ingest.WarnLabels] != 1 || err != nil {
			t.Errorf("%q: %v, %v, %v", text, got.TACs, got.Warnings, err)
		}
	}
}

func TestTablesOfCurvesThatCannotServe(t *testing.T) {
	const wide, long = "start_s\tend_s\tA\n", "pet\tregion\tframe_start\tframe_end\tTAC\n"
	for _, c := range []struct{ name, table, sidecar, says string }{
		{"empty", "", "", "empty"},
		{"only remarks", "# nothing\n\n", "", "empty"},
		{"no frame", wide, "", "no frame"},
		{"no region", "start_s\tend_s\n0\t1\n", "", "no region"},
		{"no start", "frame_end\tA\n1\t1\n", "", "column of starts"},
		{"only mid-times", "frame_mid\tA\n1\t1\n", "", "column of starts"},
		{"two starts", "start\tframe_start\tend\tA\n0\t0\t1\t1\n", "", "columns 1 and 2"},
		{"a region twice", "start_s\tend_s\tA\tA\n0\t1\t1\t1\n", "", "column 4"},
		{"a region twice but for the unit", "start_s\tend_s\tA[Bq/mL]\tA\n0\t1\t1\t1\n", "", "column 4"},
		{"hours", "start[h]\tend[h]\tA\n0\t1\t1\n", "", "column 1"},
		{"hours beside", "start\tend\tA\n0\t1\t1\n", `{"time":{"Units":"h"}}`, "neither in s nor in min"},
		{"two units of activity", "start_s\tend_s\tA[Bq/mL]\tB[kBq/mL]\n0\t1\t1\t1\n", "", "column 4"},
		{"a sidecar that is no JSON", wide + "0\t1\t1\n", "{", "sidecar"},
		{"a short row", wide + "0\t1\t1\n1\t2\n", "", "row 3"},
		{"a long row", wide + "0\t1\t1\t1\n", "", "row 2"},
		{"a word", wide + "0\t1\t1\n1\t2\tx\n", "", "row 3, column 3"},
		{"a decimal comma", wide + "0\t1\t1,5\n", "", "row 2, column 3"},
		{"too large in Bq/mL", "start_s\tend_s\tA[MBq/mL]\n0\t1\t1e305\n", "", "row 2, column 3"},
		{"no time", wide + "n/a\t1\t1\n", "", "row 2, column 1"},
		{"a huge time", "start_min\tend_min\tA\n0\t1e6\t1\n", "", "row 2, column 2"},
		{"frames that overlap", wide + "0\t10\t1\n5\t15\t1\n", "", "FRAME_OVERLAP"},
		{"a weight below 0", "start_s\tend_s\tA\tweights\n0\t1\t1\t-1\n", "", "row 2, column 4"},
		{"no weight", "start_s\tend_s\tA\tweights\n0\t1\t1\t0\n", "", "no weight is above 0"},
		{"three scans", long + "p\tA\t0\t1\t1\nq\tA\t0\t1\t1\nr\tA\t0\t1\t1\n", "", "3 scans"},
		{"a frame twice", long + "p\tA\t0\t1\t1\np\tA\t0\t1\t2\n", "", "row 3"},
		{"a region without a name", long + "p\t\t0\t1\t1\n", "", "row 2, column 2"},
		{"two weights of a frame", "region\tTAC\tweights\tstart_s\tend_s\nA\t1\t1\t0\t1\nB\t1\t2\t0\t1\n", "", "row 3"},
		{"too many bytes", wide + strings.Repeat(" ", 33<<20), "", "longer"},
	} {
		_, _, err := table.Read(strings.NewReader(c.table), table.Hints{Sidecar: []byte(c.sidecar)})
		if !errors.Is(err, ingest.ErrRejected) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// The name of a scan may be that of a person.
func TestErrorsDoNotNameTheScan(t *testing.T) {
	_, _, err := table.Read(strings.NewReader("pet\tregion\tframe_start\tframe_end\tTAC\nsub-Smith\tA\t0\t1\t1\nsub-Jones\tA\t0\t1\t1\n"), table.Hints{})
	if err == nil || strings.Contains(err.Error(), "sub-") {
		t.Errorf("%v", err)
	}
}

func TestAnErrorOfTheReaderIsNoFaultOfTheCurves(t *testing.T) {
	broken := errors.New("connection reset")
	_, _, err := table.Read(io.MultiReader(strings.NewReader("start_s\tend_s\tA\n0\t1\t1\n"), iotest.ErrReader(broken)), table.Hints{})
	if !errors.Is(err, broken) || errors.Is(err, ingest.ErrRejected) {
		t.Errorf("%v", err)
	}
}

// Real tables of two public datasets: their format and their units are found.
func TestRealTablesAreTakenForWhatTheyAre(t *testing.T) {
	for _, c := range []struct{ pattern, beside, unit string }{
		{"ds001420/*_tacs.tsv", "_pet.json", "Bq/mL"},
		{"ds004869/derivatives/petprep/*/*/pet/*_tacs.tsv", "_tacs.json", "Bq/mL"},
	} {
		for _, file := range folders(t, c.pattern) {
			text := string(read(t, file))
			side := read(t, strings.TrimSuffix(file, "_tacs.tsv")+c.beside)
			got, in, err := table.Read(strings.NewReader(text), table.Hints{Sidecar: side})
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if in.Format != table.Wide || in.TimeFrom != table.InSidecar || in.Unit != c.unit || got.Units != extract.BqPerML {
				t.Errorf("%s: read as %s", file, in)
			}
			want := tableOf(t, text)
			if diff := cmp.Diff(want.TACs, got.TACs) + cmp.Diff(want.Frames, got.Frames); diff != "" {
				t.Errorf("%s: %s", file, diff)
			}
		}
	}
}

// What is read can be written, and the table then holds the same numbers.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"petprep_tacs", "petfit_tacs"} {
		f.Add(string(golden(f, name+".tsv")), string(golden(f, name+".json")))
	}
	f.Add(string(golden(f, "pmod.tac")), "")
	f.Add("frame_start\tframe_end\tA\tB\n0\t10\t1\t2\n10\t20\t3\tn/a\n", "")
	f.Add("\ufeffframe_start\tframe_duration\t\"A\"\r\n0\t1e1\t-0\r\n", "")
	f.Add("\"frame_start\",\"frame_dur_min\",\"A (kBq/mL)\",weights\r\n0,1e1,-0,1\r\n", `{"time":{"Units":"min"}}`)
	f.Fuzz(func(t *testing.T, text, beside string) {
		read, in, err := table.Read(strings.NewReader(text), table.Hints{Sidecar: []byte(beside)})
		if err != nil {
			if !errors.Is(err, ingest.ErrRejected) {
				t.Fatal(err)
			}
			return
		}
		if in.String() == "" || in.Weights != nil && len(in.Weights) != len(read.Frames) {
			t.Fatalf("%d weights of %d frames", len(in.Weights), len(read.Frames))
		}
		c := extract.FromDecayed(read, 0)
		c.Quality(extract.Thresholds{})
		c = c.WithBilateral()
		var b strings.Builder
		if err := table.Write(&b, c, extract.AsStored); err != nil {
			t.Fatal(err)
		}
		stored, err := c.Corrected(extract.AsStored)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(values(extract.CorrectedCurves{TACs: stored}), columnsOf(t, b.String())); diff != "" {
			t.Fatal(diff)
		}
	})
}
