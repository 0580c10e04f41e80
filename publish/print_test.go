package publish_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"tacstream/ingest"
	"tacstream/publish"
)

func TestDescribe(t *testing.T) {
	tests := map[string]string{
		"series.ready":        "ready         6 of 6 slots filled (3 frames of 2 slices)",
		"series.waiting":      "waiting       6 of 6 slots filled (3 frames of 2 slices); REGIONS_ABSENT: no *dseg.nii[.gz] with its TSV",
		"series.incomplete":   "incomplete    4 of 6 slots filled (3 frames of 2 slices); FRAME_COUNT: 2 slots missing: frame 2 slice 1, frame 3 slice 2",
		"series.inconsistent": "inconsistent  6 of 6 slots filled (3 frames of 2 slices); DUPLICATE_SLOT: two instances at frame 2 slice 1",
		"series.rejected":     "rejected      6 of 6 slots filled (3 frames of 2 slices); HDR_UNITS",
		"series.progressed":   "progressed    ingest: 4 of 6",
		"tacs.extracted":      "extracted     2 regions and 3 frames, Bq/mL, 2 warnings",
		"binding.estimated":   "estimated     dasb: srtm in 1 region, logan-ref in 1 region against Cerebellum, 3 warnings",
		"binding.failed":      "failed        unknown: NO_PROTOCOL: the tracer is not in the configuration",
		"binding.withdrawn":   "withdrawn     dasb: INPUT_DELETED: 5 of 6 slots are left",
		"fit.dead":            "fit dead      INTERNAL: 5 attempts ended in an error; the worker's log says which (5 attempts); remove the cause, then run: tacstream redrive " + string(series),
	}
	all := examples(t)
	for name, want := range tests {
		if have := publish.Describe(all[name]); have != string(series)+"  "+want {
			t.Errorf("%s:\n%s\nwant\n%s", name, have, want)
		}
	}
}

func TestStateLineSaysWhatIsKnown(t *testing.T) {
	tests := []struct {
		name string
		o    ingest.Outcome
		want string
	}{
		{"counts left out", ingest.Outcome{Condition: ingest.Ready, Have: 6, Unverified: true}, "ready: 6 slots filled, taken as whole: the header leaves the counts out"},
		{"nothing left", ingest.Outcome{Condition: ingest.Absent, Reason: ingest.Reason{Code: ingest.CodeDeleted}}, "absent: no object is left; INPUT_DELETED"},
		{"one slot", ingest.Outcome{Condition: ingest.Receiving, Have: 1}, "receiving: 1 slot filled"},
		{"a text with a line feed and an escape", ingest.Outcome{Condition: ingest.Receiving, Reason: ingest.Reason{Code: "X", Detail: "a\nb\x1b[31m"}}, "receiving: 0 slots filled; X: a b [31m"},
	}
	for _, test := range tests {
		if have := publish.StateLine(test.o); have != test.want {
			t.Errorf("%s: %q, want %q", test.name, have, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	body, err := examples(t)["binding.estimated"].Encode()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := publish.Print(&out, body); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", out.Bytes())
}

func TestTableOfMoreThanAnEventHolds(t *testing.T) {
	e, err := publish.NewBinding(manyRegions(4096, 2), files())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := publish.WriteTable(&out, e.Data.(*publish.Binding)); err != nil || !strings.Contains(out.String(), "srtm: 4096 regions, in the files only") {
		t.Errorf("%s (%v)", out.String(), err)
	}
}

func TestPrintWritesOtherEventsInALine(t *testing.T) {
	e := examples(t)["series.waiting"]
	body, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := publish.Print(&out, body); err != nil || out.String() != publish.Describe(e)+"\n" {
		t.Errorf("%q (%v)", out.String(), err)
	}
	if err := publish.Print(&out, []byte("{}")); !errors.Is(err, publish.ErrNotEvent) {
		t.Errorf("error %v", err)
	}
}
