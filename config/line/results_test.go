package line

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"tacstream/config"
	"tacstream/config/inspect"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/publish"
	"tacstream/publish/bids"
)

// pinned is the digest of all that the line makes of fixed scans in this
// results version. Processors differ in the last digits: some multiply and add
// in one step.
var pinned = map[string]string{
	"amd64": "5 0cc301cec61b8fec2e8a20fc8810f99d",
}

// Whoever changes a byte of a result raises ResultsVersion, and pins the new
// digest that this test prints.
func TestResultsVersion(t *testing.T) {
	h := sha256.New()
	for i, tracer := range []phantom.Tracer{phantom.DASB, phantom.AZ10419369} {
		dir := t.TempDir()
		scan := phantom.Series{Name: "pinned", Seed: uint64(i + 1), Tracer: tracer, Size: [3]int{32, 32, 12}}
		for f := range scan.Files() {
			name := filepath.Join(dir, filepath.FromSlash(f.Name))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, data := range resultOf(t, dir) {
			fmt.Fprintf(h, "%d\x00", len(data))
			h.Write(data)
		}
	}
	got := config.ResultsVersion + " " + hex.EncodeToString(h.Sum(nil)[:16])
	want, known := pinned[runtime.GOARCH]
	if !known {
		t.Skipf("no digest is pinned for %s; here it is %q", runtime.GOARCH, got)
	}
	if got != want {
		t.Errorf("bytes of results have changed: raise ResultsVersion and pin\n%q: %q,\nwas %q", runtime.GOARCH, got, want)
	}
}

// resultOf returns the files and the events of the scan in a folder, in order.
func resultOf(t *testing.T, dir string) (all [][]byte) {
	t.Helper()
	images, err := filepath.Glob(filepath.Join(dir, "*dseg.nii.gz"))
	if err != nil || len(images) != 1 {
		t.Fatal(images, err)
	}
	s, err := inspect.ReadRegionsFile(images[0], "")
	if err != nil {
		t.Fatal(err)
	}
	curves, a, err := inspect.ExtractDir(t.Context(), dir, stream.PlacedRegions{Segmentation: s}, 0, func(file string, why ingest.Reason) { t.Error(file, why) })
	if err != nil {
		t.Fatal(err)
	}
	protocol, ok := config.Default().ProtocolOf(a.Header.Soft.TracerTexts)
	if !ok {
		t.Fatal("no protocol")
	}
	reference, estimates, failed, err := protocol.Fit(curves, nil)
	if err != nil {
		t.Fatal(err)
	}
	series := ingest.Key("a key for tests only").SeriesToken("1.2.3")
	r := publish.Result{
		Cause:  publish.Cause{Site: "local", Series: series, Revision: 1, Input: "aa", Regions: "bb", Settings: "cc", Version: config.ResultsVersion},
		Tracer: protocol.Tracer, TracerName: protocol.Name, Reference: reference, Curves: curves, Estimates: estimates, Warnings: failed,
	}
	files, err := bids.Files(bids.Result{Result: r, Subject: series, Examination: series, Header: a.Header})
	if err != nil {
		t.Fatal(err)
	}
	in := publish.Files{Bucket: "results", Prefix: r.Cause.Prefix(publish.BindingEstimated)}
	in.Names, in.Curves = bids.Names(files)
	tacs, err := publish.NewTACs(r, in)
	if err != nil {
		t.Fatal(err)
	}
	binding, err := publish.NewBinding(r, in)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all = append(all, []byte(f.Name), f.Data)
	}
	for _, e := range []publish.Event{tacs, binding} {
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, body)
	}
	return all
}
