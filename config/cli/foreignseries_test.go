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

	"tacstream/config/figures"
	"tacstream/config/rig"
	"tacstream/extract/table"
	"tacstream/fit"
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
		ToStart   []float64 `json:"mask_mean_corrected_to_scan_start"`
	}
	Grid struct{ Regions map[string]gridTruth } `json:"mri_grid"`
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
	t.Parallel()
	row := figures.Accuracy(t, "foreign series, whole line: curves", 2)
	curves := row.AtMost("at most # % of the peak off")
	row = figures.Accuracy(t, "foreign series, whole line: BPND", 2)
	bpnd := row.AtMost("at most # % off")
	row = figures.Speed(t, "last of 768 objects stored → estimate", 2)
	took := row.AtMost("at most # s")
	for _, name := range []string{"siemens-start", "ge-start"} {
		t.Run(name, func(t *testing.T) {
			dir := sharedData(t, "dicom/"+name)
			requireTool(t, "rclone")
			truth := readTruth(t, dir)
			r := rig.New(t)
			r.Serve("nats,s3,ingest,work")
			events := make(chan *nats.Msg, 100)
			conn := r.Consumer()
			if _, err := conn.ChanSubscribe("pet.v1.>", events); err != nil {
				t.Fatal(err)
			}
			if err := conn.Flush(); err != nil {
				t.Fatal(err)
			}
			rclone(r, filepath.Join(dir, "pet"), "study/pet")
			rclone(r, filepath.Join(dir, "regions"), "study/regions", "--include", "space-pet_dseg.nii.gz", "--include", "dseg.tsv")
			sent := time.Now()
			binding, tacs := awaitBinding(t, events)
			took.Add(time.Since(sent).Seconds())
			t.Logf("the estimate came %v after the last object", time.Since(sent).Round(time.Millisecond))
			curves.Add(100 * compareTACs(t, tacs, truth))
			bpnd.Add(100 * compareBPND(t, binding, truth))
			compareFiles(r, t, binding, tacs)
		})
	}
}

// rclone copies a folder into the inbox, layout kept, as a facility would.
func rclone(r *rig.Rig, from, to string, more ...string) {
	r.T.Helper()
	args := append([]string{"copy", from, ":s3:inbox/" + to, "--transfers", "16", "--s3-provider", "Other",
		"--s3-endpoint", "http://" + r.S3Listen, "--s3-access-key-id", "tacstream", "--s3-secret-access-key", "s3-for-tests-only"}, more...)
	cmd := exec.Command("rclone", args...)
	// Nothing of the machine's own set-up for AWS is wanted here.
	own := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	cmd.Env = append(own, "RCLONE_CONFIG="+filepath.Join(r.Dir, "rclone.conf"))
	if out, err := cmd.CombinedOutput(); err != nil {
		r.T.Fatalf("rclone: %v: %s", err, out)
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
// It returns the largest difference, as a fraction of a curve's peak.
func compareTACs(t *testing.T, got *publish.TACs, want foreignTruth) (worst float64) {
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
		worst = math.Max(worst, compareCurve(t, w.Name, curves[w.Name], w.Corrected, 1e-4))
	}
	return worst
}

// compareCurve returns the largest difference, as a fraction of the peak.
func compareCurve(t *testing.T, region string, got, want []float64, tol float64) (worst float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d frames, want %d", region, len(got), len(want))
		return math.Inf(1)
	}
	peak := 0.0
	for _, v := range want {
		peak = math.Max(peak, math.Abs(v))
	}
	for f := range want {
		worst = math.Max(worst, math.Abs(got[f]-want[f])/peak)
		if math.Abs(got[f]-want[f]) > tol*peak {
			t.Errorf("%s frame %d: %g, want %g within %g of the peak", region, f+1, got[f], want[f], tol)
			return worst
		}
	}
	return worst
}

// compareBPND allows 0.5 %: the noise of 16-bit pixels. It returns the largest
// difference, as a fraction.
func compareBPND(t *testing.T, got *publish.Binding, want foreignTruth) (worst float64) {
	t.Helper()
	found := map[string]float64{}
	for _, m := range got.Models {
		for _, e := range m.Estimates {
			if bpnd, ok := e.Values[fit.BPND]; ok && m.Name == "srtm" {
				found[string(e.Region)] = bpnd
			}
		}
	}
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
	return worst
}

// compareFiles checks that the tables in the results bucket hold the same
// numbers as the events.
func compareFiles(r *rig.Rig, t *testing.T, b *publish.Binding, tacs *publish.TACs) {
	t.Helper()
	line := r.Connect()
	body, _, err := line.Store.Get(t.Context(), b.Files.Bucket, b.Files.Prefix+b.Files.Curves)
	if err != nil {
		t.Fatal(err)
	}
	curves, _, err := table.Read(bytes.NewReader(body), table.Hints{})
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
			srtm := slices.IndexFunc(b.Models, func(m publish.ModelEstimates) bool { return m.Name == "srtm" })
			if srtm < 0 {
				t.Fatal("the event has no estimates of srtm")
			}
			want := formatted(b.Models[srtm].Estimates[0].Values[fit.BPND])
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

// By hand, every foreign series gives its author's means of every region, in
// each way in which the regions are given: voxel for voxel on the PET grid,
// and between the three answers that its author calls legitimate on the
// rotated finer one.
func TestExtractOfAForeignSeries(t *testing.T) {
	row := figures.Accuracy(t, "eight foreign series by hand: curves", 8)
	off := row.AtMost("at most # % of the peak off")
	for _, name := range []string{
		"siemens-start", "siemens-none", "ge-start", "ge-midnight", "philips-cnts", "enhanced-start", "ts-rle", "ts-jpeg-lossless",
	} {
		dir := sharedData(t, "dicom/"+name)
		want := readTruth(t, dir)
		for _, regions := range []string{
			"space-pet_dseg.nii.gz", "space-pet_desc-ras_dseg.nii", "labelmap-pet.dcm", "seg-pet.dcm", "rtstruct.dcm",
		} {
			t.Run(name+"/"+regions, func(t *testing.T) {
				got := extractByHand(t, dir, regions, "stored")
				for _, w := range want.Regions {
					off.Add(100 * max(1e-9, compareCurve(t, w.Name, got[w.Name], w.Stored, 1e-6))) // less is rounding
				}
			})
		}
		for _, regions := range []string{"space-T1w_dseg.nii.gz", "seg-mri.dcm"} {
			t.Run(name+"/"+regions, func(t *testing.T) {
				got := extractByHand(t, dir, regions, "stored")
				for name, w := range want.Grid.Regions {
					w.compare(t, name, got[name])
				}
			})
		}
	}
}

// Whatever a series is corrected for decay to, it gives the same curves
// corrected to the start of the scan and to the injection.
func TestExtractCorrectsForDecay(t *testing.T) {
	for _, name := range []string{"siemens-start", "siemens-none", "ge-start", "ge-midnight", "enhanced-start"} {
		t.Run(name, func(t *testing.T) {
			dir := sharedData(t, "dicom/"+name)
			toStart, toInjection := extractByHand(t, dir, "space-pet_dseg.nii.gz", "start"), extractByHand(t, dir, "space-pet_dseg.nii.gz", "injection")
			for _, w := range readTruth(t, dir).Regions {
				compareCurve(t, w.Name, toStart[w.Name], w.ToStart, 1e-4)
				compareCurve(t, w.Name, toInjection[w.Name], w.Corrected, 1e-4)
			}
		})
	}
}

// extractByHand runs 'tacstream extract' and returns the curves by region. A
// source that a series does not have is skipped.
func extractByHand(t *testing.T, dir, regions, decay string) map[string][]float64 {
	t.Helper()
	source := filepath.Join(dir, "regions", regions)
	if _, err := os.Stat(source); err != nil {
		t.Skipf("no such regions: %v", err)
	}
	out := filepath.Join(t.TempDir(), "tacs.tsv")
	var stderr bytes.Buffer
	if code := Main([]string{"extract", filepath.Join(dir, "pet"), "--regions", source, "--decay", decay, "-o", out}, nil, io.Discard, &stderr); code != 0 {
		t.Fatalf("exit status %d: %s", code, &stderr)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	curves, _, err := table.Read(f, table.Hints{})
	if err != nil {
		t.Fatal(err)
	}
	want := readTruth(t, dir)
	for f, w := range want.Frames {
		if g := curves.Frames[f]; math.Abs(g.Start.Seconds()-w.Start) > 1e-3 || math.Abs(g.Duration.Seconds()-w.Duration) > 1e-3 {
			t.Errorf("frame %d is %+v, want %+v", f+1, g, w)
		}
	}
	got := map[string][]float64{}
	for _, c := range curves.TACs {
		got[string(c.Region)] = c.BqPerML
	}
	return got
}

// A gridTruth is what regions on another grid than that of PET may give: by
// nearest neighbour one way or the other, or by linear interpolation.
type gridTruth struct {
	Nearest  []float64 `json:"labels_to_pet_nearest"`
	Back     []float64 `json:"pet_to_mri_nearest"`
	Smoothly []float64 `json:"pet_to_mri_linear"`
}

// compare allows what lies between the answers, and beside them by 2 % of the
// peak: the labels' voxels count by their volume, not by their centres.
func (w gridTruth) compare(t *testing.T, region string, got []float64) {
	t.Helper()
	if len(got) != len(w.Nearest) {
		t.Errorf("%s has %d frames, want %d", region, len(got), len(w.Nearest))
		return
	}
	peak := slices.Max(w.Nearest)
	for f := range got {
		lo := min(w.Nearest[f], w.Back[f], w.Smoothly[f]) - 0.02*peak
		hi := max(w.Nearest[f], w.Back[f], w.Smoothly[f]) + 0.02*peak
		if got[f] < lo || got[f] > hi {
			t.Errorf("%s frame %d: %g, want from %g to %g", region, f+1, got[f], lo, hi)
			return
		}
	}
}

// Objects of many frames and compressed ones go the same way through the line
// as any other. Regions come first, or a series would wait for a while.
func TestForeignObjectsOfOtherKinds(t *testing.T) {
	t.Parallel()
	names := []string{"enhanced-start", "ts-rle", "ts-jpeg-lossless"}
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	for _, name := range names {
		dir := sharedData(t, "dicom/"+name)
		for _, pattern := range []string{"regions/space-pet_dseg.nii.gz", "regions/dseg.tsv", "pet/*"} {
			files, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: no %s", name, pattern)
			}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				r.Put(name+"/"+filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), data)
			}
		}
	}
	verdicts := verdictsOn(r, len(names))
	for _, name := range names {
		if len(verdicts[name]) != 1 || len(verdicts[name][0].bpnd) == 0 {
			t.Errorf("%s came to %+v", name, verdicts[name])
			continue
		}
		for region, want := range otherFit(t, filepath.Join(shared, "dicom", name, "fit.json")) {
			if got := verdicts[name][0].bpnd[region]; math.Abs(got-want) > 0.02*math.Abs(want) {
				t.Errorf("%s, %s: BPND %.4f, another program %.4f", name, region, got, want)
			}
		}
	}
}

// otherFit returns the BPND of each region by another program's SRTM.
func otherFit(t *testing.T, file string) map[string]float64 {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var fit struct {
		Regions map[string]struct{ BPND float64 }
	}
	if err := json.Unmarshal(body, &fit); err != nil {
		t.Fatal(err)
	}
	bpnd := map[string]float64{}
	for region, f := range fit.Regions {
		bpnd[region] = f.BPND
	}
	return bpnd
}
