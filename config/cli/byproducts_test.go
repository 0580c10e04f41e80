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

	"tacstream/config/rig"
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
	scan := rig.SmallScan(1, 6)
	files := rig.FilesOf(scan)
	pet := slices.DeleteFunc(slices.Clone(files), func(f phantom.File) bool { return f.Slot.Frame == 0 })[:96]
	r := rig.NewQuiet(t, 5*time.Second)
	r.Serve("nats,s3,ingest,work")
	r.Upload("", files)
	r.Upload("", beside(pet, 0, 96))
	var cts []phantom.File
	for i := range 50 {
		cts = append(cts, phantom.File{Name: fmt.Sprintf("ct/%d.dcm", i), Data: scan.CT().Data})
	}
	r.Upload("", cts)
	r.Settle(1)
	r.Eventually(time.Minute, func() bool { return len(r.Dead()) >= 2 }, "unusable objects are not stated")
	r.AwaitDrained()
	first := r.Dead()
	if got, want := counts(first), "NOT_DICOM 96, NOT_PET 50"; got != want {
		t.Fatalf("stated %s, want %s", got, want)
	}
	json := first[slices.IndexFunc(first, func(e publish.Event) bool { return e.Data.(*publish.Dead).Reason.Code == "NOT_DICOM" })]
	folder := json.Data.(*publish.Dead).Folder

	r.Upload("", beside(pet, 96, 106))
	r.Eventually(time.Minute, func() bool { return len(r.Dead()) >= 3 }, "the growth is not stated")
	r.AwaitDrained()
	all := r.Dead()
	if got, want := counts(all), "NOT_DICOM 106, NOT_DICOM 96, NOT_PET 50"; got != want {
		t.Errorf("stated %s, want %s", got, want)
	}
	if grown := all[2].Data.(*publish.Dead); grown.Supersedes != json.ID || grown.Folder != folder || grown.Count != 106 {
		t.Errorf("the grown statement is %+v, and should replace %s", grown, json.ID)
	}
	awaitListed(r, string(folder), "objects", "unusable", "NOT_DICOM", "(106 objects)")
	code, out, _ := run(append([]string{"show", string(folder[:8])}, r.Flags()...)...)
	if n := strings.Count(out, "object    inbox/"); code != 0 || n != shownOthers || !strings.Contains(out, "86 more: NOT_DICOM") {
		t.Errorf("show prints %d objects with exit status %d:\n%s", n, code, out)
	}
	for _, f := range beside(pet, 0, 100) {
		if err := r.Connect().Store.Delete(t.Context(), "inbox", f.Name); err != nil {
			t.Fatal(err)
		}
	}
	r.AwaitDrained()
	awaitListed(r, string(folder), "(6 objects)")
	if len(r.Dead()) != 3 {
		t.Errorf("a deletion is stated: %s", counts(r.Dead()))
	}
}

// awaitListed waits until a line of the list holds all the words.
func awaitListed(r *rig.Rig, words ...string) {
	r.T.Helper()
	r.Eventually(time.Minute, func() bool {
		_, out, _ := run(append([]string{"list"}, r.Flags()...)...)
		return slices.ContainsFunc(strings.Split(out, "\n"), func(line string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
		})
	}, "the list does not show "+strings.Join(words, " "))
}

// An ingest that is killed after the event is out and before that is noted says
// it no second time, and says what it had not said.
func TestIngestKilledBetweenStatementAndNote(t *testing.T) {
	t.Parallel()
	r := rig.NewQuiet(t, 2*time.Second)
	r.Serve("nats,s3")
	victim := r.Serve("ingest", "TACSTREAM_KILL_AT=byproducts-stated")
	files := rig.FilesOf(rig.SmallScan(1, 3))
	r.Upload("", beside(files, 0, 40))
	r.Put("alone/notes.txt", []byte("nothing but text"))
	r.Eventually(time.Minute, victim.Ended, "ingest was not killed")
	if n := len(r.Dead()); n != 1 {
		t.Fatalf("%d statements before it was killed", n)
	}
	r.Upload("", beside(files, 40, 45))
	r.Serve("ingest")
	r.Eventually(time.Minute, func() bool {
		all := r.Dead()
		return slices.ContainsFunc(all, func(e publish.Event) bool { return e.Data.(*publish.Dead).Object != "" }) &&
			slices.ContainsFunc(all, func(e publish.Event) bool { return e.Data.(*publish.Dead).Count == 45 })
	}, "what was not said is not said")
	r.AwaitDrained()
	said := map[string]string{}
	for _, e := range r.Dead() {
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
	r := rig.NewQuiet(t, 10*time.Minute)
	rig.WriteFile(t, r.Config, rig.Configuration(10*time.Minute)+"sites:\n  - {site: local, bucket: inbox, prefix: here/}\n")
	r.Serve("nats,s3,ingest,work")
	dir := filepath.Join(r.Dir, "here")
	scan := rig.SmallScan(1, scanFrames)
	for _, f := range append(rig.FilesOf(scan), beside(rig.FilesOf(scan)[:12], 0, 12)...) {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		rig.WriteFile(t, name, string(f.Data))
	}
	rig.WriteFile(t, filepath.Join(dir, "notes.txt"), "nothing but text")
	code, out, stderr := run(append([]string{"submit", dir}, r.Flags()...)...)
	if code != 0 || !strings.Contains(out, "(12 objects)") || !strings.Contains(out, "object ") || !strings.Contains(out, "Putamen") {
		t.Errorf("submit: exit status %d\n%s%s", code, out, stderr)
	}
	for i := range 3 {
		r.Put(fmt.Sprintf("elsewhere/%d.txt", i), []byte("text"))
	}
	awaitListed(r, "objects", "NO_SITE", "(3 objects)")
	_, out, _ = run(append([]string{"list", "--json"}, r.Flags()...)...)
	var token string
	for line := range strings.Lines(out) {
		var o other
		if json.Unmarshal([]byte(line), &o) == nil && o.Reason.Code == "NO_SITE" {
			token = string(o.token())
		}
	}
	if code, out, _ := run(append([]string{"show", token}, r.Flags()...)...); code != 0 || token == "" || strings.Count(out, "elsewhere/") != 3 {
		t.Errorf("show %s: exit status %d\n%s", token, code, out)
	}
	if n := len(r.Dead()); n != 0 {
		t.Errorf("%d events before it was quiet", n)
	}
	only := filepath.Join(r.Dir, "only")
	if err := os.MkdirAll(only, 0o700); err != nil {
		t.Fatal(err)
	}
	rig.WriteFile(t, filepath.Join(only, "notes.txt"), "nothing but text")
	if code, out, stderr := run(append([]string{"submit", only, "--prefix", "here/only"}, r.Flags()...)...); code == 0 || !strings.Contains(out, "NOT_DICOM") || !strings.Contains(stderr, "no PET series") {
		t.Errorf("submit of no series: exit status %d\n%s%s", code, out, stderr)
	}
}
