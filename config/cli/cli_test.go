package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config/rig"
	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// run runs a command line in this process.
func run(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestEveryCommandHelpsWithExamples(t *testing.T) {
	for _, command := range []string{"demo", "serve", "submit", "watch", "list", "show", "redrive", "extract", "fit", "config", "s3", "health"} {
		code, out, _ := run(command, "--help")
		if code != 0 || !strings.Contains(out, "Example") {
			t.Errorf("%s --help: exit status %d:\n%s", command, code, out)
		}
	}
}

func TestWrongCommandLinesAreRefused(t *testing.T) {
	dir := t.TempDir()
	wrong := filepath.Join(dir, "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("sites: []\ncolour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"no such command", []string{"dance"}, 2, []string{"dance", "--help"}},
		{"no such role", []string{"serve", "--only", "dance"}, 2, []string{"dance"}},
		{"beyond loopback without TLS", []string{"serve", "--data", dir, "--nats-listen", "0.0.0.0:4222", "--s3-listen", "192.0.2.1:9000"}, 1,
			[]string{"--nats-listen 0.0.0.0:4222", "--s3-listen 192.0.2.1:9000", "--tls-cert"}},
		{"the store beyond loopback without TLS", []string{"s3", "--dir", dir, "--listen", "0.0.0.0:9000"}, 1, []string{"--tls-cert"}},
		{"a wrong configuration, every fault with its line", []string{"config", "--config", wrong}, 1, []string{"line 1: sites", "line 2: colour"}},
		{"nothing was started yet", []string{"list", "--data", filepath.Join(dir, "none")}, 1, []string{"tacstream serve"}},
		{"a folder without a series", []string{"extract", dir, "--regions", wrong}, 1, []string{"wrong.yaml"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, _, stderr := run(test.args...)
			if code != test.code {
				t.Errorf("exit status %d, want %d", code, test.code)
			}
			for _, s := range test.says {
				if !strings.Contains(stderr, s) {
					t.Errorf("says %q, want %q in it", stderr, s)
				}
			}
		})
	}
}

func TestConfigPrintsWhatItReads(t *testing.T) {
	code, first, stderr := run("config")
	if code != 0 {
		t.Fatal(stderr)
	}
	file := filepath.Join(t.TempDir(), "tacstream.yaml")
	if err := os.WriteFile(file, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, second, stderr := run("config", "--config", file); code != 0 || second != first {
		t.Errorf("exit status %d, %s", code, stderr)
	}
}

// writeScan writes the files of a scan into a folder, and returns its labels.
func writeScan(t *testing.T, scan phantom.Series, dir string) (labels string) {
	t.Helper()
	for f := range scan.Files() {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "dseg.nii.gz") {
			labels = name
		}
	}
	return labels
}

// extract and fit by hand, on a phantom without noise: BPND as it was put in,
// to the rounding of 16-bit pixels.
func TestExtractAndFitByHand(t *testing.T) {
	dir := t.TempDir()
	scan := phantom.Series{Name: "scan", Seed: 5, NoNoise: true}
	labels := writeScan(t, scan, dir)
	table := filepath.Join(dir, "tacs.tsv")
	if code, _, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "-o", table); code != 0 {
		t.Fatal(stderr)
	}
	code, out, stderr := run("fit", table, "--reference", phantom.Cerebellum, "--model", "srtm", "--json")
	if code != 0 {
		t.Fatal(stderr)
	}
	var got struct {
		Estimates []struct {
			Region extract.Region
			Model  string
			BPnd   *float64
			DVR    *float64
			SE     map[string]float64
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	bp := map[extract.Region]float64{}
	for _, e := range got.Estimates {
		bp[e.Region] = *e.BPnd
		if e.DVR != nil {
			t.Errorf("%s: SRTM has no DVR", e.Region)
		}
	}
	for _, k := range append(scan.Merged(), scan.Truth()...) {
		if d := bp[extract.Region(k.Region)] - k.BPND; d > 0.005*k.BPND || d < -0.005*k.BPND {
			t.Errorf("%s: BPND %.4f, want %.4f", k.Region, bp[extract.Region(k.Region)], k.BPND)
		}
	}
}

// Whatever a table is called, fit finds the sidecar that extract wrote.
func TestFitFindsTheSidecarThatExtractWrote(t *testing.T) {
	dir := t.TempDir()
	labels := writeScan(t, phantom.Series{Name: "scan", Seed: 5, NoNoise: true}, dir)
	for _, name := range []string{"tacs.tsv", "curves.txt", "scan.tac", "plain"} {
		table := filepath.Join(dir, name)
		if code, _, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "-o", table); code != 0 {
			t.Fatal(stderr)
		}
		code, _, stderr := run("fit", table, "--reference", phantom.Cerebellum, "--model", "srtm")
		if code != 0 || strings.Contains(stderr, string(ingest.WarnNoDecayKnown)) {
			t.Errorf("%s: exit %d, %s", name, code, stderr)
		}
	}
}

func TestSubmitPrintsTheResultOrTheReason(t *testing.T) {
	t.Parallel()
	r := rig.NewQuiet(t, 2*time.Second)
	r.Serve("nats,s3,ingest,work")
	good, bad := filepath.Join(r.Dir, "good"), filepath.Join(r.Dir, "bad")
	for dir, scan := range map[string]phantom.Series{good: rig.SmallScan(1, scanFrames), bad: rig.SmallScan(2, scanFrames)} {
		n := 0
		for f := range scan.Files() {
			if n++; dir == bad && n == 30 {
				continue
			}
			name := filepath.Join(dir, filepath.FromSlash(f.Name))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if code, out, stderr := run(append([]string{"submit", good}, r.Flags()...)...); code != 0 || !strings.Contains(out, "Putamen") {
		t.Errorf("a good scan: exit status %d\n%s%s", code, out, stderr)
	}
	if code, out, _ := run(append([]string{"submit", bad}, r.Flags()...)...); code != 1 || !strings.Contains(out, "frame 2 slice 14") {
		t.Errorf("a scan with a hole: exit status %d\n%s", code, out)
	}
	code, out, _ := run(append([]string{"list"}, r.Flags()...)...)
	if code != 0 || !strings.Contains(out, "estimated") || !strings.Contains(out, "incomplete") {
		t.Errorf("list: exit status %d\n%s", code, out)
	}
	other := filepath.Join(r.Dir, "other", "good") // another scan in a folder of the same name
	if err := os.CopyFS(other, os.DirFS(bad)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(other, "scan-2"), filepath.Join(other, "scan-1")); err != nil {
		t.Fatal(err)
	}
	rig.WriteFile(t, filepath.Join(other, "status.json"), "of another server")
	if code, _, stderr := run(append([]string{"submit", other}, r.Flags()...)...); code == 0 || !strings.Contains(stderr, "--prefix") {
		t.Errorf("over another scan: exit status %d\n%s", code, stderr)
	}
	if code, _, stderr := run(append([]string{"submit", good}, r.Flags()...)...); code != 0 {
		t.Errorf("the same again: exit status %d\n%s", code, stderr)
	}
	files, err := submitCmd{Dir: other}.files()
	if err != nil || slices.ContainsFunc(files, func(f string) bool { return filepath.Base(f) == "status.json" }) {
		t.Errorf("a status.json would be uploaded: %v", err)
	}
	token := string(r.Connect().SeriesOf("inbox", "good/x", rig.FilesOf(rig.SmallScan(1, scanFrames))[0].Data))
	if code, out, _ := run(append([]string{"show", token[:8]}, r.Flags()...)...); code != 0 || !strings.Contains(out, "inbox/good/") {
		t.Errorf("show: exit status %d\n%s", code, out)
	}
	if code, out, stderr := run(append([]string{"redrive", token}, r.Flags()...)...); code != 0 || !strings.Contains(out, "tacstream refit") {
		t.Errorf("redrive: exit status %d\n%s%s", code, out, stderr)
	}
	r.Settle(1)
}
