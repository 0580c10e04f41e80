package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/ingest/phantom"
	"tacstream/publish"
)

// counts returns the causes and numbers of statements, sorted.
func counts(events []publish.Event) string {
	var list []string
	for _, e := range events {
		d := e.Data.(*publish.Dead)
		list = append(list, fmt.Sprintf("%s %d", d.Reason.Code, max(d.Count, 1)))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// beside returns a file beside each of files.
func beside(files []phantom.File, from, to int) (list []phantom.File) {
	for i := range to - from {
		list = append(list, phantom.File{Name: fmt.Sprintf("%s-%d.json", files[i%len(files)].Name, from+i), Data: []byte("{}")})
	}
	return list
}

// Files beside each slice of a scan, and slices of a CT, are one statement for
// each folder and cause once it is quiet, and a grown one takes its place.
func TestByproductsAreOneStatementPerFolderAndCause(t *testing.T) {
	t.Parallel()
	scan := smallScan(1, 6)
	files := filesOf(scan)
	pet := slices.DeleteFunc(slices.Clone(files), func(f phantom.File) bool { return f.Slot.Frame == 0 })[:96]
	r := newRigQuiet(t, 5*time.Second)
	r.serve("nats,s3,ingest,work")
	r.upload("", files)
	r.upload("", beside(pet, 0, 96))
	var cts []phantom.File
	for i := range 50 {
		cts = append(cts, phantom.File{Name: fmt.Sprintf("ct/%d.dcm", i), Data: scan.CT().Data})
	}
	r.upload("", cts)
	r.settle(1)
	r.eventually(time.Minute, func() bool { return len(r.dead()) >= 2 }, "unusable objects are not stated")
	r.drained()
	first := r.dead()
	if got, want := counts(first), "NOT_DICOM 96, NOT_PET 50"; got != want {
		t.Fatalf("stated %s, want %s", got, want)
	}
	json := first[slices.IndexFunc(first, func(e publish.Event) bool { return e.Data.(*publish.Dead).Reason.Code == "NOT_DICOM" })]
	folder := json.Data.(*publish.Dead).Folder

	r.upload("", beside(pet, 96, 106))
	r.eventually(time.Minute, func() bool { return len(r.dead()) >= 3 }, "the growth is not stated")
	r.drained()
	all := r.dead()
	if got, want := counts(all), "NOT_DICOM 106, NOT_DICOM 96, NOT_PET 50"; got != want {
		t.Errorf("stated %s, want %s", got, want)
	}
	if grown := all[2].Data.(*publish.Dead); grown.Supersedes != json.ID || grown.Folder != folder || grown.Count != 106 {
		t.Errorf("the grown statement is %+v, and should replace %s", grown, json.ID)
	}
	awaitListed(r, string(folder), "objects", "unusable", "NOT_DICOM", "(106 objects)")
	code, out, _ := run(append([]string{"show", string(folder[:8])}, r.flags()...)...)
	if n := strings.Count(out, "object    inbox/"); code != 0 || n != shownOthers || !strings.Contains(out, "86 more: NOT_DICOM") {
		t.Errorf("show prints %d objects with exit status %d:\n%s", n, code, out)
	}
	for _, f := range beside(pet, 0, 100) {
		if err := r.connect().Store.Delete(t.Context(), "inbox", f.Name); err != nil {
			t.Fatal(err)
		}
	}
	r.drained()
	awaitListed(r, string(folder), "(6 objects)")
	if len(r.dead()) != 3 {
		t.Errorf("a deletion is stated: %s", counts(r.dead()))
	}
}

// awaitListed waits until a line of the list holds all the words.
func awaitListed(r *rig, words ...string) {
	r.t.Helper()
	r.eventually(time.Minute, func() bool {
		_, out, _ := run(append([]string{"list"}, r.flags()...)...)
		return slices.ContainsFunc(strings.Split(out, "\n"), func(line string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
		})
	}, "the list does not show "+strings.Join(words, " "))
}

// An ingest that is killed after the event is out and before that is noted says
// it no second time, and says what it had not said.
func TestIngestKilledBetweenStatementAndNote(t *testing.T) {
	t.Parallel()
	r := newRigQuiet(t, 2*time.Second)
	r.serve("nats,s3")
	victim := r.serve("ingest", "TACSTREAM_KILL_AT=byproducts-stated")
	files := filesOf(smallScan(1, 3))
	r.upload("", beside(files, 0, 40))
	r.put("alone/notes.txt", []byte("nothing but text"))
	r.eventually(time.Minute, victim.ended, "ingest was not killed")
	if n := len(r.dead()); n != 1 {
		t.Fatalf("%d statements before it was killed", n)
	}
	r.upload("", beside(files, 40, 45))
	r.serve("ingest")
	r.eventually(time.Minute, func() bool {
		all := r.dead()
		return slices.ContainsFunc(all, func(e publish.Event) bool { return e.Data.(*publish.Dead).Object != "" }) &&
			slices.ContainsFunc(all, func(e publish.Event) bool { return e.Data.(*publish.Dead).Count == 45 })
	}, "what was not said is not said")
	r.drained()
	said := map[string]string{}
	for _, e := range r.dead() {
		d := e.Data.(*publish.Dead)
		if what := fmt.Sprintf("%d of %s%s", d.Count, d.Folder, d.Object); said[what] != "" {
			t.Errorf("%s are stated by %s and by %s", what, said[what], e.ID)
		} else {
			said[what] = e.ID
		}
	}
	if len(said) < 2 || len(said) > 3 {
		t.Errorf("stated %v", said)
	}
}

// Who submits is told of every file that serves for nothing, however long the
// quiet time is, and objects of no site are listed as others are.
func TestSubmitTellsOfFilesThatServeForNothing(t *testing.T) {
	t.Parallel()
	r := newRigQuiet(t, 10*time.Minute)
	write(t, r.config, configuration(10*time.Minute)+"sites:\n  - {site: local, bucket: inbox, prefix: here/}\n")
	r.serve("nats,s3,ingest,work")
	dir := filepath.Join(r.dir, "here")
	scan := smallScan(1, scanFrames)
	for _, f := range append(filesOf(scan), beside(filesOf(scan)[:12], 0, 12)...) {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, name, string(f.Data))
	}
	write(t, filepath.Join(dir, "notes.txt"), "nothing but text")
	code, out, stderr := run(append([]string{"submit", dir}, r.flags()...)...)
	if code != 0 || !strings.Contains(out, "(12 objects)") || !strings.Contains(out, "object ") || !strings.Contains(out, "Putamen") {
		t.Errorf("submit: exit status %d\n%s%s", code, out, stderr)
	}
	for i := range 3 {
		r.put(fmt.Sprintf("elsewhere/%d.txt", i), []byte("text"))
	}
	awaitListed(r, "objects", "NO_SITE", "(3 objects)")
	_, out, _ = run(append([]string{"list", "--json"}, r.flags()...)...)
	var token string
	for line := range strings.Lines(out) {
		var o other
		if json.Unmarshal([]byte(line), &o) == nil && o.Reason.Code == "NO_SITE" {
			token = string(o.token())
		}
	}
	if code, out, _ := run(append([]string{"show", token}, r.flags()...)...); code != 0 || token == "" || strings.Count(out, "elsewhere/") != 3 {
		t.Errorf("show %s: exit status %d\n%s", token, code, out)
	}
	if n := len(r.dead()); n != 0 {
		t.Errorf("%d events before it was quiet", n)
	}
	only := filepath.Join(r.dir, "only")
	if err := os.MkdirAll(only, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(only, "notes.txt"), "nothing but text")
	if code, out, stderr := run(append([]string{"submit", only, "--prefix", "here/only"}, r.flags()...)...); code == 0 || !strings.Contains(out, "NOT_DICOM") || !strings.Contains(stderr, "no PET series") {
		t.Errorf("submit of no series: exit status %d\n%s%s", code, out, stderr)
	}
}
