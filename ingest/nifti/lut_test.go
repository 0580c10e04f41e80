package nifti_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/nifti"
)

func TestLookUpTablesAsPeopleWriteThem(t *testing.T) {
	two := map[int32]string{8: "Cerebellum", 26: "Left Accumbens"}
	for _, c := range []struct {
		name, table string
		want        map[int32]string
	}{
		{"as BIDS has it", "index\tname\n8\tCerebellum\n26\tLeft Accumbens\n", two},
		{"columns in another order", "color\tName\tmapping\tIndex\n#fff\tCerebellum\t1\t8\n#000\tLeft Accumbens\t2\t26\n", two},
		{"a byte order mark and CRLF", "\ufeffindex\tname\r\n8\tCerebellum\r\n26\tLeft Accumbens\r\n", two},
		{"quotes", "\"index\"\t\"name\"\n8\t\"Cerebellum\"\n26\t\"Left Accumbens\"\n", two},
		{"blanks and empty lines", " index\tname \n\n8 \t Cerebellum\n26\tLeft Accumbens \n\n", two},
		{"no line end", "index\tname\n8\tCerebellum\n26\tLeft Accumbens", two},
		{"numbers of a spreadsheet", "index\tname\n8.0\tCerebellum\n26.0\tLeft Accumbens\n", two},
		{"an index twice with one name", "index\tname\n8\tCerebellum\n8\tCerebellum\n26\tLeft Accumbens\n", two},
		{"rows without a name", "index\tname\n8\tCerebellum\n1\tn/a\n2\t\n26\tLeft Accumbens\n", two},
		{"a quote inside a name", "index\tname\n1\tarea 5\" x\n", map[int32]string{1: `area 5" x`}},
		{"names alone", "index\tname\n", map[int32]string{}},
	} {
		got, err := nifti.ReadLUT(strings.NewReader(c.table))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestRowsWithoutANameAreKept(t *testing.T) {
	got, err := nifti.ReadTable(strings.NewReader("index\tname\n8\tCerebellum\n1\tn/a\n12\t \n"))
	want := nifti.Table{Names: map[int32]string{8: "Cerebellum"}, Blank: []int32{1, 12}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestBrokenLookUpTablesAreRejected(t *testing.T) {
	for name, table := range map[string]string{
		"empty":                  "",
		"no names of columns":    "0\tBackground\n1\tCortex\n",
		"no column name":         "index\tlabel\n1\tCortex\n",
		"an index of two names":  "index\tname\n8\tCerebellum\n8\tPons\n",
		"half an index":          "index\tname\n8.5\tCerebellum\n",
		"an index in letters":    "index\tname\neight\tCerebellum\n",
		"an index too large":     "index\tname\n3000000000\tCerebellum\n",
		"an endless index":       "index\tname\nInf\tCerebellum\n",
		"an index that is NaN":   "index\tname\nNaN\tCerebellum\n",
		"a short row":            "index\tname\n8\n",
		"a bell in a name":       "index\tname\n8\tCere\abellum\n",
		"a line end in a name":   "index\tname\n8\t\"Cere\nbellum\"\n",
		"bytes that are no text": "index\tname\n8\t\xff\xfe\n",
		"a long name":            "index\tname\n8\t" + strings.Repeat("x", 201) + "\n",
		"too many rows":          "index\tname\n" + strings.Repeat("8\tCerebellum\n", 1<<16),
		"too many bytes":         "index\tname\n8\t" + strings.Repeat(" ", 9<<20) + "\n",
	} {
		_, err := nifti.ReadLUT(strings.NewReader(table))
		if !errors.Is(err, ingest.ErrRejected) || ingest.ReasonOf(err).Code != ingest.CodeRegionsUnreadable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnErrorOfTheReaderIsNoFaultOfTheTable(t *testing.T) {
	broken := errors.New("connection reset")
	_, err := nifti.ReadLUT(io.MultiReader(strings.NewReader("index\tname\n8\t"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || errors.Is(err, ingest.ErrRejected) {
		t.Error(err)
	}
}

func FuzzReadLUT(f *testing.F) {
	f.Add("index\tname\n8\tCerebellum\n")
	f.Add("\ufeff\"name\"\tindex\r\nCortex\t3.0\r\n")
	f.Fuzz(func(t *testing.T, table string) {
		names, err := nifti.ReadLUT(strings.NewReader(table))
		if err != nil && !errors.Is(err, ingest.ErrRejected) {
			t.Fatal(err)
		}
		for index, name := range names {
			if name == "" || strings.ContainsAny(name, "\t\n\r") {
				t.Fatalf("index %d is called %q", index, name)
			}
		}
	})
}
