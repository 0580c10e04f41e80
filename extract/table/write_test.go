package table_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/extract"
	"tacstream/extract/table"
	"tacstream/ingest"
)

// tableOf reads a table that is good.
func tableOf(t *testing.T, text string) extract.CorrectedCurves {
	t.Helper()
	c, _, err := table.Read(strings.NewReader(text), table.Hints{TimeUnit: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// values returns the curves by region.
func values(c extract.CorrectedCurves) map[extract.Region][]float64 {
	got := map[extract.Region][]float64{}
	for _, tac := range c.TACs {
		got[tac.Region] = tac.BqPerML
	}
	return got
}

func TestTablesAsProgramsWriteThem(t *testing.T) {
	frames := []ingest.Frame{{Duration: 10 * time.Second}, {Start: 10 * time.Second, Duration: 30500 * time.Millisecond}}
	regions := map[extract.Region][]float64{"Left-Putamen": {0.5, 1000}, "CSF": {-2, 3e4}}
	for _, c := range []struct{ name, table string }{
		{"PETPrep", "frame_start\tframe_end\tLeft-Putamen\tCSF\n0\t10\t0.5\t-2\n10\t40.5\t1000\t30000\n"},
		{"a byte order mark and CRLF", "\ufeffframe_start\tframe_end\tLeft-Putamen\tCSF\r\n0\t10\t0.5\t-2\r\n10\t40.5\t1000\t3e4\r\n"},
		{"durations", "frame_start\tframe_duration\tLeft-Putamen\tCSF\n0\t10\t0.5\t-2\n10\t30.5\t1000\t30000"},
		{"petfit's columns", "frame_start\tframe_end\tframe_dur\tframe_mid\tLeft-Putamen\tCSF\n0\t10\t10\t5\t0.5\t-2\n10\t40.5\t30.5\t25.25\t1000\t3e4\n"},
		{"regions first, empty lines", "Left-Putamen\tCSF\tframe_start\tframe_end\n0.5\t-2\t0\t10\n\n1000\t30000\t10\t40.5\n\n"},
		{"other names of times", "FrameTimesStart\tFrameDuration\tLeft-Putamen\tCSF\n0\t10\t0.5\t-2\n10\t30.5\t1000\t30000\n"},
	} {
		got := tableOf(t, c.table)
		if diff := cmp.Diff(frames, got.Frames); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if diff := cmp.Diff(regions, values(got)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if got.Units != extract.Arbitrary || len(got.Warnings) != 2 || got.Warnings[0].Code != ingest.WarnNoDecayKnown || got.Warnings[1].Code != ingest.WarnArbitrary {
			t.Errorf("%s: a bare table knows units %s, warnings %v", c.name, got.Units, got.Warnings)
		}
	}
}

func TestARegionWithAMissingValueIsLeftOut(t *testing.T) {
	c := tableOf(t, "frame_start\tframe_end\tA\tB\tC\n0\t1\t1\tn/a\t\n1\t2\t2\t5\tNaN\n")
	if diff := cmp.Diff(map[extract.Region][]float64{"A": {1, 2}}, values(c)); diff != "" {
		t.Error(diff)
	}
	if len(c.Warnings) != 4 || c.Warnings[1].Value != 1 || c.Warnings[2].Value != 2 || !strings.Contains(c.Warnings[1].Detail, "B") {
		t.Errorf("warnings %+v", c.Warnings)
	}
}

func TestBrokenTablesAreRejected(t *testing.T) {
	const head = "frame_start\tframe_end\tA\n"
	for _, c := range []struct {
		name, table string
		code        ingest.Code
	}{
		{"empty", "", ingest.CodeMalformed},
		{"no frame", head, ingest.CodeMalformed},
		{"no region", "frame_start\tframe_end\n0\t1\n", ingest.CodeMalformed},
		{"no end", "frame_start\tA\n0\t1\n", ingest.CodeMalformed},
		{"no start", "frame_end\tA\n0\t1\n", ingest.CodeMalformed},
		{"two starts", "frame_start\tFrameTimesStart\tframe_end\tA\n0\t0\t1\t1\n", ingest.CodeMalformed},
		{"a region twice", "frame_start\tframe_end\tA\tA\n0\t1\t1\t1\n", ingest.CodeMalformed},
		{"a region without a name", "frame_start\tframe_end\tA\t\n0\t1\t1\t1\n", ingest.CodeMalformed},
		{"a short row", head + "0\t1\n", ingest.CodeMalformed},
		{"a long row", head + "0\t1\t2\t3\n", ingest.CodeMalformed},
		{"letters", head + "0\t1\tmuch\n", ingest.CodeMalformed},
		{"an endless value", head + "0\t1\t+Inf\n", ingest.CodeMalformed},
		{"a time that is missing", head + "n/a\t1\t2\n", ingest.CodeMalformed},
		{"a time that is huge", head + "0\t1e300\t2\n", ingest.CodeMalformed},
		{"no value anywhere", head + "0\t1\tn/a\n", ingest.CodeMalformed},
		{"frames that overlap", head + "0\t10\t1\n5\t15\t1\n", ingest.CodeOverlap},
		{"frames out of order", head + "10\t20\t1\n0\t10\t1\n", ingest.CodeOverlap},
		{"a frame of no length", head + "0\t0\t1\n", ingest.CodeTiming},
		{"too many frames", head + strings.Repeat("0\t1\t2\n", 10_001), ingest.CodeMalformed},
		{"too many columns", head[:len(head)-1] + strings.Repeat("\tx", 10_000) + "\n", ingest.CodeMalformed},
		{"too many bytes", head + "0\t1\t" + strings.Repeat(" ", 33<<20), ingest.CodeMalformed},
	} {
		_, _, err := table.Read(strings.NewReader(c.table), table.Hints{TimeUnit: "s"})
		if !errors.Is(err, ingest.ErrRejected) || ingest.ReasonOf(err).Code != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

func TestAnErrorOfTheReaderIsNoFaultOfTheTable(t *testing.T) {
	broken := errors.New("connection reset")
	for _, text := range []string{"", "frame_start\tframe_end\tA\n", "frame_start\tframe_end\tA\n0\t1\t2"} {
		_, _, err := table.Read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), table.Hints{})
		if !errors.Is(err, broken) || errors.Is(err, ingest.ErrRejected) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWhatIsWrittenReadsBackAsTheSame(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	c := extract.Curves{Frames: minutes(20), HalfLife: c11}
	c.Frames[3].Start += 1234567 * time.Microsecond
	c.Frames[3].Duration -= 7654321 * time.Microsecond
	for _, region := range []extract.Region{"Left-Putamen", "area 5\" x", "Kleinhirn, links"} {
		tac := extract.TAC{Region: region}
		for range c.Frames {
			tac.BqPerML = append(tac.BqPerML, random.NormFloat64()*math.Exp(30*random.NormFloat64()))
		}
		c.TACs = append(c.TACs, tac)
	}
	var b bytes.Buffer
	if err := table.Write(&b, c, extract.ToScanStart); err != nil {
		t.Fatal(err)
	}
	corrected, err := c.Corrected(extract.ToScanStart)
	if err != nil {
		t.Fatal(err)
	}
	got := tableOf(t, b.String())
	if diff := cmp.Diff(c.Frames, got.Frames); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(corrected, got.TACs); diff != "" {
		t.Error(diff)
	}
}

func TestTheTableIsAsPETPrepWritesIt(t *testing.T) {
	c := named("A", "B")
	c.Frames[0] = ingest.Frame{Start: -1500 * time.Millisecond, Duration: 4 * time.Second}
	c.TACs[1].BqPerML[0] = math.NaN()
	var b strings.Builder
	if err := table.Write(&b, c, extract.AsDecayed); err != nil {
		t.Fatal(err)
	}
	if want := "frame_start\tframe_end\tA\tB\n-1.5\t2.5\t1\tn/a\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	if err := table.Write(io.Discard, named("A\tB"), extract.AsDecayed); err == nil {
		t.Error("a name with a tab was written")
	}
	if err := table.Write(io.Discard, named("A"), extract.ToInjection); !errors.Is(err, extract.ErrOrigin) {
		t.Errorf("without a half-life: %v", err)
	}
	full := errors.New("disk full")
	if err := table.Write(failing{full}, named("A"), extract.AsDecayed); !errors.Is(err, full) {
		t.Errorf("a full disk: %v", err)
	}
}

// failing is a writer that cannot write.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// columnsOf returns the values of a table that was written, by the names of the
// columns, without the package's own reader.
func columnsOf(t *testing.T, text string) map[extract.Region][]float64 {
	t.Helper()
	got := map[extract.Region][]float64{}
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	names := strings.Split(rows[0], "\t")
	for _, row := range rows[1:] {
		for i, field := range strings.Split(row, "\t") {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatal(err)
			}
			got[extract.Region(names[i])] = append(got[extract.Region(names[i])], v)
		}
	}
	delete(got, "frame_start")
	delete(got, "frame_end")
	return got
}
