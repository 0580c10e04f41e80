package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/extract"
	"tacstream/publish"
)

// shared is where real and foreign-made test data lies, if it does.
const shared = "../../../shared/data"

func sharedData(t *testing.T, path string) string {
	t.Helper()
	dir := filepath.Join(shared, path)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no shared data: %v", err)
	}
	return dir
}

// A foreignTruth is what an independent generator says of a series.
type foreignTruth struct {
	Frames []struct {
		Start    float64 `json:"start_s"`
		Duration float64 `json:"duration_s"`
	}
	Regions []struct {
		Name      string
		Reference bool
		SRTM      struct{ R1, K2, BPND float64 }
		Stored    []float64 `json:"mask_mean_stored_as_series"`
		Corrected []float64 `json:"mask_mean_corrected_to_injection"`
	}
}

func readTruth(t *testing.T, dir string) foreignTruth {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth foreignTruth
	if err := json.Unmarshal(body, &truth); err != nil {
		t.Fatal(err)
	}
	return truth
}

// requireTool skips where a foreign program is absent; in CI that is a
// failure.
func requireTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
}

// The main job on foreign input: rclone uploads a series that another program
// made, and a plain subscriber gets the estimates that its author knows.
func TestRcloneUploadsAForeignSeries(t *testing.T) {
	for _, name := range []string{"siemens-start", "ge-start"} {
		t.Run(name, func(t *testing.T) {
			dir := sharedData(t, "dicom/"+name)
			requireTool(t, "rclone")
			truth := readTruth(t, dir)
			r := newRig(t)
			r.serve("nats,s3,ingest,work")
			events := make(chan *nats.Msg, 100)
			conn := r.consumer()
			if _, err := conn.ChanSubscribe("pet.v1.>", events); err != nil {
				t.Fatal(err)
			}
			if err := conn.Flush(); err != nil {
				t.Fatal(err)
			}
			r.rclone(filepath.Join(dir, "pet"), "study/pet")
			r.rclone(filepath.Join(dir, "regions"), "study/regions", "--include", "space-pet_dseg.nii.gz", "--include", "dseg.tsv")
			sent := time.Now()
			binding, tacs := awaitBinding(t, events)
			t.Logf("the estimate came %v after the last object", time.Since(sent).Round(time.Millisecond))
			compareTACs(t, tacs, truth)
			compareBPND(t, binding, truth)
			r.compareFiles(t, binding, tacs)
		})
	}
}

// rclone copies a folder into the inbox, layout kept, as a facility would.
func (r *rig) rclone(from, to string, more ...string) {
	r.t.Helper()
	args := append([]string{"copy", from, ":s3:inbox/" + to, "--transfers", "16", "--s3-provider", "Other",
		"--s3-endpoint", "http://" + r.where.S3Listen, "--s3-access-key-id", "tacstream", "--s3-secret-access-key", "s3-for-tests-only"}, more...)
	cmd := exec.Command("rclone", args...)
	// Nothing of the machine's own set-up for AWS is wanted here.
	own := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	cmd.Env = append(own, "RCLONE_CONFIG="+filepath.Join(r.dir, "rclone.conf"))
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("rclone: %v: %s", err, out)
	}
}

// awaitBinding returns the first estimate and the curves that came before it.
func awaitBinding(t *testing.T, events chan *nats.Msg) (*publish.Binding, *publish.TACs) {
	t.Helper()
	var tacs *publish.TACs
	timeout := time.After(time.Minute)
	for {
		select {
		case m := <-events:
			e, err := publish.Decode(m.Data)
			if err != nil {
				t.Fatalf("%s: %v", m.Subject, err)
			}
			if e.ID != m.Header.Get(nats.MsgIdHdr) && !strings.Contains(m.Subject, ".progress.") {
				t.Errorf("%s: the event's id is %s, the message's %s", m.Subject, e.ID, m.Header.Get(nats.MsgIdHdr))
			}
			switch d := e.Data.(type) {
			case *publish.TACs:
				tacs = d
			case *publish.Binding:
				if tacs == nil {
					t.Fatal("an estimate came before its curves")
				}
				return d, tacs
			case *publish.Failed:
				t.Fatalf("no estimate: %v", d.Reason)
			}
		case <-timeout:
			t.Fatal("no estimate within a minute")
		}
	}
}

// compareTACs checks frame times exactly and region means to 1e-4 of the
// peak: 16-bit pixels and header times of a millisecond are in between.
func compareTACs(t *testing.T, got *publish.TACs, want foreignTruth) {
	t.Helper()
	if len(got.Frames) != len(want.Frames) {
		t.Fatalf("%d frames, want %d", len(got.Frames), len(want.Frames))
	}
	for f, w := range want.Frames {
		if g := got.Frames[f]; math.Abs(g.StartS-w.Start) > 1e-3 || math.Abs(g.DurationS-w.Duration) > 1e-3 {
			t.Errorf("frame %d is %+v, want %+v", f+1, g, w)
		}
	}
	curves := map[string][]float64{}
	for _, region := range got.Regions {
		curves[string(region.Name)] = region.Values
	}
	for _, w := range want.Regions {
		compareCurve(t, w.Name, curves[w.Name], w.Corrected, 1e-4)
	}
}

func compareCurve(t *testing.T, region string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d frames, want %d", region, len(got), len(want))
		return
	}
	peak := 0.0
	for _, v := range want {
		peak = math.Max(peak, math.Abs(v))
	}
	for f := range want {
		if math.Abs(got[f]-want[f]) > tol*peak {
			t.Errorf("%s frame %d: %g, want %g within %g of the peak", region, f+1, got[f], want[f], tol)
			return
		}
	}
}

// compareBPND allows 0.5 %: the noise of 16-bit pixels.
func compareBPND(t *testing.T, got *publish.Binding, want foreignTruth) {
	t.Helper()
	found := map[string]float64{}
	for _, m := range got.Models {
		for _, e := range m.Estimates {
			if m.Name == "srtm" && e.BPND != nil {
				found[string(e.Region)] = *e.BPND
			}
		}
	}
	worst := 0.0
	for _, w := range want.Regions {
		if w.Reference {
			continue
		}
		off := math.Abs(found[w.Name]-w.SRTM.BPND) / w.SRTM.BPND
		worst = math.Max(worst, off)
		if off > 0.005 {
			t.Errorf("%s: BPND %.4f, want %.4f within 0.5 %%", w.Name, found[w.Name], w.SRTM.BPND)
		}
	}
	t.Logf("BPND is at most %.3f %% off", 100*worst)
}

// compareFiles checks that the tables in the results bucket hold the same
// numbers as the events.
func (r *rig) compareFiles(t *testing.T, b *publish.Binding, tacs *publish.TACs) {
	t.Helper()
	line := r.connect()
	body, _, err := line.Store.Get(t.Context(), b.Files.Bucket, b.Files.Prefix+b.Files.Curves)
	if err != nil {
		t.Fatal(err)
	}
	curves, err := extract.ReadTSV(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(curves.TACs) != len(tacs.Regions) {
		t.Fatalf("the table has %d regions, the event %d", len(curves.TACs), len(tacs.Regions))
	}
	for i, region := range tacs.Regions {
		for f, v := range region.Values {
			if got := curves.TACs[i].BqPerML[f]; got != v || curves.TACs[i].Region != region.Name {
				t.Errorf("%s frame %d: %g in the table, %g in the event", region.Name, f+1, got, v)
			}
		}
	}
	for _, name := range b.Files.Names {
		if strings.HasSuffix(name, "model-SRTM_kinpar.tsv") {
			body, _, err := line.Store.Get(t.Context(), b.Files.Bucket, b.Files.Prefix+name)
			if err != nil {
				t.Fatal(err)
			}
			want := formatted(*b.Models[0].Estimates[0].BPND)
			if !strings.Contains(string(body), want) {
				t.Errorf("%s does not hold %s", name, want)
			}
			return
		}
	}
	t.Errorf("no table of SRTM among %v", b.Files.Names)
}

func formatted(x float64) string {
	body, err := json.Marshal(x)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// 'extract' by hand gives what 'serve' does, and --decay stored what the pixels
// say.
func TestExtractOfAForeignSeries(t *testing.T) {
	for _, name := range []string{"siemens-start", "ge-start", "siemens-none", "ge-midnight", "philips-cnts"} {
		t.Run(name, func(t *testing.T) {
			dir := sharedData(t, "dicom/"+name)
			out := filepath.Join(t.TempDir(), "tacs.tsv")
			if code := Main([]string{"extract", filepath.Join(dir, "pet"), "--regions", filepath.Join(dir, "regions", "space-pet_dseg.nii.gz"), "--decay", "stored", "-o", out}, nil, io.Discard, io.Discard); code != 0 {
				t.Fatalf("exit status %d", code)
			}
			f, err := os.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			curves, err := extract.ReadTSV(f)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string][]float64{}
			for _, c := range curves.TACs {
				got[string(c.Region)] = c.BqPerML
			}
			for _, w := range readTruth(t, dir).Regions {
				compareCurve(t, w.Name, got[w.Name], w.Stored, 1e-6)
			}
		})
	}
}
