package table_test

import (
	"errors"
	"io"
	"math"
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

// bloodOf reads a table of blood that is good.
func bloodOf(t *testing.T, text, sidecar string) extract.Blood {
	t.Helper()
	b, err := table.ReadBlood(strings.NewReader(text), []byte(sidecar))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sampled returns samples of pairs of seconds and Bq/mL.
func sampled(pairs ...float64) []extract.Sample {
	var list []extract.Sample
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, extract.Sample{At: fromSeconds(pairs[i]), BqPerML: pairs[i+1]})
	}
	return list
}

// details returns what is said of blood, line by line.
func details(list []ingest.Warning) string {
	var b strings.Builder
	for _, w := range list {
		b.WriteString(w.Detail + "\n")
	}
	return b.String()
}

// The units of blood: inKBq leaves that of the fraction out, inPercent states
// it.
const (
	bloodUnits = `{"time":{"Units":"s"},"plasma_radioactivity":{"Units":"kBq/mL"},"whole_blood_radioactivity":{"Units":"kBq/mL"}`
	inKBq      = bloodUnits + `}`
	inPercent  = bloodUnits + `,"metabolite_parent_fraction":{"Units":"%"}}`
)

func TestBloodOfBIDS(t *testing.T) {
	b := bloodOf(t, string(golden(t, "odd_blood.tsv")), string(golden(t, "blood.json")))
	// The fraction falls in straight lines from 1 at 0 s to 0.95 at 60 s, to
	// 0.8 at 300 s.
	want := sampled(0, 1, 15, 0.9875, 30, 0.975, 60, 76000, 120, 36500, 300, 16000, 900, 5000, 2700, 1500, 3600, 1600)
	if diff := cmp.Diff(want, b.Parent, cmpopts.EquateApprox(rounding, 0)); diff != "" {
		t.Error(diff)
	}
	if len(b.Whole) != 10 || b.Whole[3].BqPerML != 60000 {
		t.Errorf("whole blood %v", b.Whole)
	}
	got := map[string]float64{}
	for _, w := range b.Warnings {
		got[w.Detail] = w.Value
	}
	odd := map[string]float64{
		"At 3600 s the parent fraction lies 0.10 above an earlier one; it is used as it is.":                                 3600,
		"Plasma was not measured at 1 time of whole blood; there the input is interpolated.":                                 1,
		"The first 3 samples of plasma have the same small value, the background of the counter; they are used as they are.": 3,
		"The longest time between two samples of plasma is 1800 s; up to 900 s is normal.":                                   1800,
	}
	if diff := cmp.Diff(odd, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheInputFunctionOfBloodstreamIsTheParent(t *testing.T) {
	b := bloodOf(t, string(golden(t, "invented_inputfunction.tsv")), `{"AIF":{"Units":"kBq/mL"}}`)
	if diff := cmp.Diff(sampled(0, 0, 30, 0, 60, 76000, 300, 16000, 600, 7200), b.Parent); diff != "" {
		t.Error(diff)
	}
	if len(b.Whole) != 5 || b.Whole[2].BqPerML != 60000 || len(b.Warnings) != 0 {
		t.Errorf("whole blood %v, warnings %v", b.Whole, b.Warnings)
	}
}

// The same four samples in other spellings.
func TestSpellingsOfBlood(t *testing.T) {
	want := sampled(0, 0, 60, 2000, 600, 1000, 1200, 500)
	for _, c := range []struct{ name, table, sidecar string }{
		{"minutes by the sidecar", "time\tplasma_radioactivity\tmetabolite_parent_fraction\n0\t0\t1\n1\t2\t1\n10\t1\t1\n20\t0.5\t1\n", strings.Replace(inKBq, `"s"`, `"min"`, 1)},
		{"units in the names", "time_min,plasma_radioactivity [Bq/mL],parent_fraction\n0,0,1\n1,2000,1\n10,1000,1\n20,500,1\n", ""},
		{"percentages that are stated", "time\tplasma_radioactivity\tmetabolite_parent_fraction\n0\t0\t100\n60\t2\t100\n600\t2\t50\n1200\t1\t50\n", inPercent},
		{"one unit stands for both", "time\twhole_blood_radioactivity\tAIF\n0\t0\t0\n60\t3\t2\n600\t2\t1\n1200\t1\t0.5\n", inKBq},
		{"an AIF that is empty", "time\tplasma_radioactivity\tmetabolite_parent_fraction\tAIF\n0\t0\t1\tn/a\n60\t2\t1\tn/a\n600\t1\t1\tn/a\n1200\t0.5\t1\tn/a\n", inKBq},
	} {
		b := bloodOf(t, c.table, c.sidecar)
		if diff := cmp.Diff(want, b.Parent, cmpopts.EquateApprox(rounding, 0)); diff != "" || len(b.Warnings) != 0 {
			t.Errorf("%s: %v %s", c.name, b.Warnings, diff)
		}
	}
}

// Each row has one odd thing, what is made of it, and what is said.
func TestWhatIsOddAboutBlood(t *testing.T) {
	const head = "time\tplasma_radioactivity\tmetabolite_parent_fraction\twhole_blood_radioactivity\n"
	good := sampled(0, 0, 60, 9000, 600, 2000, 1200, 1000, 1800, 500)
	for _, c := range []struct {
		name, table, sidecar string
		want                 []extract.Sample
		value                float64
		says                 string
	}{
		{"rows out of order", head + "60\t9\t1\t9\n0\t0\t1\t0\n600\t2\t1\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", inKBq, good, 1, "sorted"},
		{"a time twice", head + "0\t0\t1\t0\n60\t8\t1\t9\n60\t10\tn/a\t9\n600\t2\t1\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", inKBq, good, 1, "the mean of rows"},
		{"below 0 before the peak", head + "0\t-1\t1\t0\n60\t9\t1\t9\n600\t2\t1\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", inKBq, good, 1, "count as 0"},
		{"0 after the peak", head + "0\t0\t1\t0\n60\t9\t1\t9\n300\t0\t1\t3\n600\t2\t1\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", inKBq, good, 1, "left out"},
		{"a fraction above 1", head + "0\t0\t1\t0\n60\t9\t1.5\t9\n600\t2\t1\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", inKBq, good, 1, "nearer of the two"},
		{"percentages", head + "0\t0\t100\t0\n60\t9\t100\t9\n600\t2\t100\t2\n1200\t1\t100\t1\n1800\t1\t50\t1\n", inKBq, good, 5, "percentages"},
		{"fractions that noise puts above 1", head + "0\t0\t1.02\t0\n60\t9\t1.01\t9\n600\t2\t1.02\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", inKBq, good, 3, "nearer of the two"},
		{"fractions stated to be percentages", head + "0\t0\t1\t0\n60\t9\t1\t9\n600\t4\t.5\t2\n1200\t2\t.5\t1\n1800\t1\t.5\t1\n", inPercent, good, 5, "stated in percent"},
		{"no fraction", head + "0\t0\tn/a\t0\n60\t9\tn/a\t9\n600\t2\tn/a\t2\n1200\t1\tn/a\t1\n1800\t.5\tn/a\t1\n", inKBq, good, 1, "No parent fraction"},
		{"a fraction that is held", head + "0\t0\t1\t0\n60\t9\t1\t9\n600\t2\t1\t2\n1200\t1\tn/a\t1\n1800\t.5\tn/a\t1\n", inKBq, good, 1200, "kept for 1200 s"},
		{"no unit", head + "0\t0\t1\t0\n60\t9\t1\t9\n600\t2\t1\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", "", good, 0, "Nothing states the unit of the activity"},
		{"three samples of whole blood", head + "0\t0\t1\t0\n60\t9\t1\t9\n600\t2\t1\t2\n1200\t1\t1\tn/a\n1800\t.5\t1\tn/a\n", inKBq, good, 3, "fewer than 4"},
		{"the peak comes first", head + "60\t9\t1\t9\n600\t2\t1\t2\n1200\t1\t1\t1\n1800\t.5\t1\t1\n", inKBq, good[1:], 60, "peak was missed"},
		{"minutes that nobody states", head + "0\t0\t1\t0\n1\t9\t1\t9\n10\t2\t1\t2\n20\t1\t1\t1\n", inKBq[:1] + inKBq[len(`{"time":{"Units":"s"},`):], sampled(0, 0, 1, 9000, 10, 2000, 20, 1000), 20, "minutes are more likely"},
	} {
		b := bloodOf(t, c.table, c.sidecar)
		if diff := cmp.Diff(c.want, b.Parent, cmpopts.EquateApprox(rounding, 0)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if len(b.Warnings) != 1 || b.Warnings[0].Value != c.value || !strings.Contains(b.Warnings[0].Detail, c.says) {
			t.Errorf("%s: %+v", c.name, b.Warnings)
		}
	}
}

// What is odd about an AIF that is not used is not said.
func TestAnAIFThatIsTooShortIsNotUsed(t *testing.T) {
	b := bloodOf(t, "time\tplasma_radioactivity\tmetabolite_parent_fraction\tAIF\n0\t0\t1\t-1\n60\t9\t1\t8\n600\t2\t1\tn/a\n1200\t1\t1\tn/a\n", inKBq)
	if diff := cmp.Diff(sampled(0, 0, 60, 9000, 600, 2000, 1200, 1000), b.Parent); diff != "" {
		t.Error(diff)
	}
	if len(b.Warnings) != 1 || b.Warnings[0].Value != 2 || !strings.Contains(b.Warnings[0].Detail, "The AIF has 2 samples") {
		t.Errorf("%+v", b.Warnings)
	}
}

func TestSamplesThatEndBeforeTheScan(t *testing.T) {
	b := extract.Blood{Parent: sampled(0, 0, 3600, 1), Whole: sampled(0, 0, 3000, 1)}
	for _, c := range []struct {
		end  time.Duration
		want []float64
	}{
		{50 * time.Minute, nil},
		{51 * time.Minute, nil},
		{60 * time.Minute, []float64{600}},
		{90 * time.Minute, []float64{1800, 2400}},
	} {
		var got []float64
		for _, w := range b.Check(c.end) {
			got = append(got, w.Value)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("a scan of %v: %s", c.end, diff)
		}
	}
	if got := (extract.Blood{}).Check(time.Hour); got != nil {
		t.Errorf("no blood: %v", got)
	}
}

// A table of time and whole blood serves the models that need no plasma.
func TestWholeBloodAlone(t *testing.T) {
	b := bloodOf(t, "time\twhole_blood_radioactivity\n0\t0\n30\t40\n60\t30\n1000\t5\n2000\t2\n", `{"whole_blood_radioactivity":{"Units":"kBq/mL"}}`)
	if want := sampled(0, 0, 30, 40000, 60, 30000, 1000, 5000, 2000, 2000); b.Parent != nil || cmp.Diff(want, b.Whole) != "" {
		t.Errorf("%+v", b)
	}
	if len(b.Warnings) != 1 || b.Warnings[0].Detail != "The longest time between two samples of whole blood is 1000 s; up to 900 s is normal." {
		t.Errorf("%v", b.Warnings)
	}
}

func TestTablesOfBloodThatCannotServe(t *testing.T) {
	const head = "time\tplasma_radioactivity\n"
	for _, c := range []struct{ name, table, sidecar, says string }{
		{"empty", "", "", "empty"},
		{"no time", "plasma_radioactivity\n1\n", "", "column time"},
		{"no activity", "time\tmetabolite_parent_fraction\n0\t1\n", "", "plasma_radioactivity, AIF or whole_blood_radioactivity"},
		{"three samples of whole blood", "time\twhole_blood_radioactivity\n0\t1\n1\t1\n2\t1\n3\tn/a\n", "", "3 samples of whole blood"},
		{"whole blood of nothing", "time\twhole_blood_radioactivity\n0\t0\n1\t0\n2\t0\n3\t0\n", "", "samples of whole blood"},
		{"plasma twice", "time\tplasma\tplasma_radioactivity\n0\t1\t1\n", "", "columns 2 and 3"},
		{"three samples", head + "0\t1\n1\t1\n2\t1\n3\tn/a\n", "", "3 samples"},
		{"three samples of the AIF", "time\tAIF\n0\t1\n1\t1\n2\t1\n", "", "the AIF has 3 samples"},
		{"nothing but 0", head + "0\t0\n1\t0\n2\t0\n3\t0\n", "", "plasma has 1 sample"},
		{"nothing above 0", head + "0\t-4\n1\t-3\n2\t-2\n3\t-1\n", "", "above 0"},
		{"a word", head + "0\t1\n1\tx\n", "", "row 3, column 2"},
		{"endless", head + "0\tInf\n", "", "row 2, column 2"},
		{"too large in Bq/mL", head + "0\t1e308\n", "", "row 2, column 2"},
		{"a time that is missing", head + "n/a\t1\n", "", "row 2, column 1"},
		{"a huge time", head + "1e9\t1\n", "", "row 2, column 1"},
		{"a short row", head + "0\n", "", "row 2"},
		{"hours", "time[h]\tplasma\n0\t1\n", "", "column 1"},
		{"SUV", head + "0\t1\n", `{"plasma_radioactivity":{"Units":"SUV"}}`, "column 2"},
		{"a sidecar that is no JSON", head, "[", "sidecar"},
	} {
		_, err := table.ReadBlood(strings.NewReader(c.table), []byte(c.sidecar))
		if !errors.Is(err, ingest.ErrRejected) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	broken := errors.New("connection reset")
	if _, err := table.ReadBlood(io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)), nil); !errors.Is(err, broken) || errors.Is(err, ingest.ErrRejected) {
		t.Errorf("a broken reader: %v", err)
	}
}

// Real samples of two people. The numbers are counted in the files.
func TestRealBloodIsRead(t *testing.T) {
	for _, c := range []struct {
		scan         string
		second, last float64 // Bq/mL of the parent
		says         []string
	}{
		{"sub-04/ses-baseline/pet/sub-04_ses-baseline", 1.05021 * 0.979498861047836, 3198.1317531998115 * 0.3877551020408163, []string{"0.06 above", "same small value", "longest time between"}},
		{"sub-04/ses-blocked/pet/sub-04_ses-blocked", 1065.0575462078868 * 0.9839834668044432, 4647.998736000515 * 0.3815789473684211, []string{"longest time between"}},
		{"sub-21/ses-test/pet/sub-21_ses-test", 1984.159173469121 * 0.962009886910002, 7662.266458050438 * 0.39865996649916247, []string{"longest time between"}},
		{"sub-21/ses-retest/pet/sub-21_ses-retest", 8808.316718 * 0.985969835, 5555.800733 * 0.359223301, []string{"longest time between"}},
	} {
		file := folders(t, "ds004869/"+c.scan+"_recording-manual_blood.tsv")[0]
		b := bloodOf(t, string(read(t, file)), string(read(t, strings.TrimSuffix(file, "tsv")+"json")))
		if len(b.Parent) != 19 || len(b.Whole) != 19 || len(b.Warnings) != len(c.says) {
			t.Errorf("%s: %d of plasma, %d of whole blood, %+v", c.scan, len(b.Parent), len(b.Whole), b.Warnings)
		}
		for i, want := range map[int]float64{1: c.second, 18: c.last} {
			if got := b.Parent[i].BqPerML; math.Abs(got-want) > 1e-9*want {
				t.Errorf("%s: sample %d is %v, want %v", c.scan, i+1, got, want)
			}
		}
		for _, says := range c.says {
			if !strings.Contains(details(b.Warnings), says) {
				t.Errorf("%s: nothing says %q", c.scan, says)
			}
		}
	}
}

func FuzzReadBlood(f *testing.F) {
	f.Add(string(golden(f, "odd_blood.tsv")), string(golden(f, "blood.json")))
	f.Add(string(golden(f, "invented_inputfunction.tsv")), "")
	f.Fuzz(func(t *testing.T, text, beside string) {
		b, err := table.ReadBlood(strings.NewReader(text), []byte(beside))
		if err != nil {
			if !errors.Is(err, ingest.ErrRejected) {
				t.Fatal(err)
			}
			return
		}
		for _, list := range [][]extract.Sample{b.Parent, b.Whole} {
			if list != nil && len(list) < 4 {
				t.Fatalf("%d samples", len(list))
			}
			for i, s := range list {
				if !(s.BqPerML >= 0) || math.IsInf(s.BqPerML, 0) || i > 0 && s.At <= list[i-1].At {
					t.Fatalf("sample %d is %v", i+1, s)
				}
			}
		}
		b.Check(time.Hour)
	})
}
