package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/publish"
)

// statusIn reads the status.json of a folder; empty where there is none.
func statusIn(r *rig.Rig, folder string) publish.Status {
	r.T.Helper()
	body, _, err := r.Connect().Store.Get(r.T.Context(), "inbox", folder+"/"+publish.StatusName)
	if err != nil {
		return publish.Status{}
	}
	s, err := publish.DecodeStatus(body)
	if err != nil {
		return publish.Status{}
	}
	return s
}

// Beside every series lies what became of it, as long as there is anything.
func TestStatusLiesBesideADrop(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	scan.Patient = phantom.Patient{Name: "CANARY^STATUS", ID: "CANARYSTATUS"}
	files := rig.FilesOf(scan)
	pet := files[slices.IndexFunc(files, func(f phantom.File) bool { return f.Slot.Frame > 0 })].Name
	folder := pet[:strings.LastIndex(pet, "/")]
	r := rig.NewQuiet(t, 2*time.Second)
	first := r.Serve("nats,s3,ingest,work")
	r.Put(folder+"/"+publish.StatusName, []byte("no file of tacstream"))
	slice := files[slices.IndexFunc(files, func(f phantom.File) bool { return f.Slot == ingest.Slot{Frame: 3, Slice: 2} })]
	r.Upload("", slices.DeleteFunc(slices.Clone(files), func(f phantom.File) bool { return f.Name == slice.Name }))
	is := func(what string, ok func(publish.SeriesStatus) bool) {
		t.Helper()
		r.Eventually(time.Minute, func() bool {
			s := statusIn(r, folder)
			return len(s.Series) == 1 && ok(s.Series[0])
		}, "status.json does not say "+what)
	}
	is("what is missing", func(s publish.SeriesStatus) bool {
		return s.State == ingest.Incomplete && s.MissingTotal == 1 && s.Missing[0] == slice.Slot
	})
	r.Put(slice.Name, slice.Data)
	is("what was estimated", func(s publish.SeriesStatus) bool {
		return s.State == ingest.Ready && s.Result == ingest.Estimated && !s.Pending && s.Event != "" && s.Tracer == "dasb"
	})
	body, _, err := r.Connect().Store.Get(t.Context(), "inbox", folder+"/"+publish.StatusName)
	if err != nil || strings.Contains(string(body), "CANARY") || strings.Contains(string(body), scan.SeriesInstanceUID()) {
		t.Errorf("%s, %v", body, err)
	}
	// Nothing is said for ever: not even by a process that was killed.
	first.Kill()
	r.Serve("nats,s3,ingest,work")
	if err := r.Connect().Store.Delete(t.Context(), "inbox", slice.Name); err != nil {
		t.Fatal(err)
	}
	is("that it was withdrawn", func(s publish.SeriesStatus) bool { return s.State == ingest.Incomplete && s.Result == ingest.Withdrawn })
	// What was cleared away stays so.
	for _, f := range append(files, phantom.File{Name: folder + "/" + publish.StatusName}) {
		if err := r.Connect().Store.Delete(t.Context(), "inbox", f.Name); err != nil {
			t.Fatal(err)
		}
	}
	r.Eventually(time.Minute, func() bool {
		gone := false
		err := r.Connect().Ledger.States(t.Context(), func(s ingest.State) error { gone = s.Condition == ingest.Absent; return nil })
		return err == nil && gone
	}, "the series is not absent")
	r.AwaitDrained()
	if s := statusIn(r, folder); len(s.Series) > 0 {
		t.Errorf("an empty folder holds %+v", s)
	}
}

// Two series of one folder, judged by three processes at once, are both told.
func TestStatusOfTwoSeriesInOneFolder(t *testing.T) {
	t.Parallel()
	r := rig.New(t)
	r.Serve("nats,s3")
	for range 3 {
		r.Serve("ingest,work")
	}
	var files []phantom.File
	for i, scan := range []phantom.Series{rig.SmallScan(1, scanFrames), rig.SmallScan(2, scanFrames)} {
		for _, f := range rig.FilesOf(scan) {
			f.Name = fmt.Sprintf("mixed/%d-%s", i, f.Name[strings.LastIndex(f.Name, "/")+1:])
			if strings.Contains(f.Name, "dseg") {
				f.Name = "mixed/regions/" + f.Name[strings.LastIndex(f.Name, "-")+1:]
			}
			files = append(files, f)
		}
	}
	r.Upload("", shuffled(files, 9))
	r.Settle(2)
	r.Eventually(time.Minute, func() bool {
		s := statusIn(r, "mixed")
		return len(s.Series) == 2 && s.Series[0].Result == ingest.Estimated && s.Series[1].Result == ingest.Estimated && !s.Series[0].Pending && !s.Series[1].Pending
	}, "status.json does not say what became of both")
}
