package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tacstream/config/inspect"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

func TestInspectPrintsAlignedTables(t *testing.T) {
	dir := t.TempDir()
	s := phantom.Series{Size: [3]int{8, 8, 4}, Frames: phantom.DefaultFrames()[:3], NoNoise: true}
	for f := range s.Slices() {
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer
	if code := Main([]string{"inspect", dir}, nil, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for _, want := range []string{
		"Series 1: ready\n", "scanner           Synthetic Phantom\n", "units             BQML\n", "decay correction  START: to 0.000 s after model zero\n",
		"slots             12 of 12 filled: 3 frames of 4 slices (12 objects)\n", "frame  start s  duration s",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if code := Main([]string{"inspect", filepath.Join(dir, "nothing")}, nil, &out, &errs); code != 1 {
		t.Errorf("a folder that is not there: exit %d", code)
	}
}

// A bucket is inspected as a folder is.
func TestInspectReadsABucket(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.serve("nats,s3")
	s := phantom.Series{Size: [3]int{8, 8, 4}, Frames: phantom.DefaultFrames()[:3], NoNoise: true, Folder: "one"}
	r.upload("", filesOf(s))
	var out, errs bytes.Buffer
	if code := Main(append([]string{"inspect", "s3://inbox/one", "--json"}, r.flags()...), nil, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	var in inspect.Inspection
	if err := json.Unmarshal(out.Bytes(), &in); err != nil {
		t.Fatal(err)
	}
	if len(in.Series) != 1 || in.Series[0].Condition != ingest.Ready || in.Series[0].Values == nil || len(in.Series[0].Timing) != 3 || len(in.Regions) != 2 || len(in.Broken) != 0 {
		t.Errorf("%s", out.String())
	}
}
