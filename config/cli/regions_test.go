package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
	"tacstream/publish"
)

// dropDir puts the slices of a foreign study and some of its region files into
// the inbox.
func dropDir(r *rig.Rig, dir string, regions ...string) {
	r.T.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "pet", "*"))
	if err != nil {
		r.T.Fatal(err)
	}
	for _, file := range files {
		putFile(r, "study/pet/"+filepath.Base(file), file)
	}
	for _, name := range regions {
		putFile(r, "study/regions/"+name, filepath.Join(dir, "regions", name))
	}
}

func putFile(r *rig.Rig, key, file string) {
	r.T.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		r.T.Fatal(err)
	}
	r.Put(key, data)
}

// A DICOM object with regions beside a series serves it, and nothing is said
// to be dead.
func TestDICOMRegionsServeASeries(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"labelmap-pet.dcm", "seg-pet.dcm", "rtstruct.dcm"} {
		t.Run(name, func(t *testing.T) {
			dir := sharedData(t, "dicom/siemens-start")
			truth := readTruth(t, dir)
			r := rig.New(t)
			r.Serve("nats,s3,ingest,work")
			events := make(chan *nats.Msg, 1000)
			if _, err := r.Consumer().ChanSubscribe("pet.v1.*.*.>", events); err != nil {
				t.Fatal(err)
			}
			dropDir(r, dir, name)
			r.Settle(1)
			binding, tacs := awaitBinding(t, events)
			compareTACs(t, tacs, truth)
			compareBPND(t, binding, truth)
			if dead := r.Events("pet.v1.*.dead.>"); len(dead) > 0 {
				t.Errorf("dead: %s", dead[0].Body)
			}
		})
	}
}

// Regions of another frame of reference never serve: the series waits, says
// why, and goes on when a label image comes.
func TestRegionsOfAnotherFrameOfReferenceAreNamed(t *testing.T) {
	t.Parallel()
	dir := sharedData(t, "dicom/siemens-start")
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	putFile(r, "study/regions/seg.dcm", filepath.Join(sharedData(t, "dicom/ge-start"), "regions", "seg-pet.dcm"))
	dropDir(r, dir)
	said := func(what string) func() bool {
		return func() bool {
			for _, e := range r.Events("pet.v1.>") {
				if strings.Contains(string(e.Body), what) {
					return true
				}
			}
			return false
		}
	}
	r.Eventually(time.Minute, said("1 DICOM objects with regions lie there in another frame of reference"), "nobody says why the series waits")
	putFile(r, "study/regions/x_dseg.nii.gz", filepath.Join(dir, "regions", "space-pet_dseg.nii.gz"))
	putFile(r, "study/regions/dseg.tsv", filepath.Join(dir, "regions", "dseg.tsv"))
	r.Settle(1)
	if !said("have another frame of reference and are not used")() {
		t.Error("the result does not say that regions were left out")
	}
	if err := r.Connect().Ledger.Others(t.Context(), func(o ingest.Record) { t.Errorf("dead: %v", o.Fault) }); err != nil {
		t.Fatal(err)
	}
}

// An atlas that the protocol names serves a series without regions, brought to
// it by the affine that lies beside it, after the quiet time.
func TestAnAtlasServesWithATransform(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(3, scanFrames)
	scan.NoNoise = true
	want := truth(t, scan)
	r := rig.NewQuiet(t, 2*time.Second)
	protocol := ""
	for _, tracer := range []string{"az10419369", "dasb"} {
		protocol += "\n  - {tracer: " + tracer + ", name: " + tracer + ", match: " + tracer + ", reference: '*cerebell*', models: [srtm, mrtm, logan-ref], atlas: atlases/mine/a_dseg.nii.gz}"
	}
	rig.WriteFile(t, r.Config, rig.Configuration(2*time.Second)+"protocols:"+protocol+"\n")
	r.Serve("nats,s3,ingest,work")
	for _, f := range rig.FilesOf(scan) {
		switch {
		case strings.HasSuffix(f.Name, "dseg.nii.gz"):
			r.Put("atlases/mine/a_dseg.nii.gz", f.Data)
		case strings.HasSuffix(f.Name, "dseg.tsv"):
			r.Put("atlases/mine/dseg.tsv", f.Data)
		default:
			r.Put(f.Name, f.Data)
		}
	}
	r.Put(scan.Folder+"/sub_from-atlas_to-pet_mode-image_xfm.1D", []byte("1 0 0 0 0 1 0 0 0 0 1 0\n"))
	r.Settle(1)
	bindings := func(s rig.Snapshot) string {
		for key, body := range s {
			if strings.HasPrefix(key, "event") {
				return body
			}
		}
		return ""
	}
	got := bindings(r.Snapshot())
	if !strings.Contains(got, "binding.estimated") || !strings.Contains(got, "the protocol's atlas is used") {
		t.Fatalf("no estimate with the atlas: %s", got)
	}
	if a, b := srtmOf(t, got), srtmOf(t, bindings(want)); a == "" || a != b {
		t.Errorf("estimates %s, want those of the same labels in place, %s", a, b)
	}
}

// Probabilities of one region each, an image for every region, are the same as
// a label image of all.
func TestASetOfProbabilitiesServesAsOneSource(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	labels := scan.Labels()
	for index, name := range labels.Names {
		one := labels
		one.Index = make([]int32, len(labels.Index))
		held := false
		for i, v := range labels.Index {
			if v == index {
				one.Index[i], held = 1, true
			}
		}
		if held {
			r.Put(scan.Folder+"/regions/sub_label-"+name+"_probseg.nii", phantom.NIfTI(one))
		}
	}
	for _, f := range rig.FilesOf(scan) {
		if f.Slot.Frame > 0 {
			r.Put(f.Name, f.Data)
		}
	}
	r.Settle(1)
	got := bpndBySRTM(bindingOf(r))
	for key, body := range want {
		if !strings.HasPrefix(key, "event") {
			continue
		}
		e, err := publish.Decode([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for region, v := range bpndBySRTM(e.Data.(*publish.Binding)) {
			if !(math.Abs(got[region]-v) <= 1e-6) {
				t.Errorf("%s: BPND %g, want %g", region, got[region], v)
			}
		}
	}
}

// srtmOf returns the estimates of SRTM in an event.
func srtmOf(t *testing.T, body string) string {
	t.Helper()
	e, err := publish.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range e.Data.(*publish.Binding).Models {
		if m.Name == "srtm" {
			text, err := json.Marshal(m.Estimates)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	return ""
}

// sortedColumns returns the columns of a table in the order of their names:
// sources number their regions each in its own way.
func sortedColumns(table string) string {
	var columns [][]string
	for line := range strings.Lines(table) {
		for i, cell := range strings.Split(strings.TrimSpace(line), "\t") {
			if i == len(columns) {
				columns = append(columns, nil)
			}
			columns[i] = append(columns[i], cell)
		}
	}
	joined := make([]string, len(columns))
	for i, c := range columns {
		joined[i] = strings.Join(c, " ")
	}
	slices.Sort(joined)
	return strings.Join(joined, "\n")
}

// Extract by hand takes regions of any kind.
func TestExtractTakesDICOMRegions(t *testing.T) {
	dir := sharedData(t, "dicom/siemens-start")
	_, want, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", filepath.Join(dir, "regions", "space-pet_dseg.nii.gz"))
	if want == "" {
		t.Fatal(stderr)
	}
	for _, name := range []string{"labelmap-pet.dcm", "seg-pet.dcm", "rtstruct.dcm"} {
		code, got, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", filepath.Join(dir, "regions", name))
		if code != 0 || sortedColumns(got) != sortedColumns(want) {
			t.Errorf("%s: exit status %d\n%s%s", name, code, stderr, got)
		}
	}
	code, _, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", filepath.Join(shared, "dicom/ge-start/regions/labelmap-pet.dcm"))
	if code == 0 || !strings.Contains(stderr, "another frame of reference") {
		t.Errorf("another frame of reference: exit status %d\n%s", code, stderr)
	}
}

// Labels that were moved away and come back by a transform, or by its inverse,
// give the same curves.
func TestExtractBringsRegionsBackByATransform(t *testing.T) {
	dir := t.TempDir()
	labels := writeScan(t, phantom.Series{Name: "scan", Seed: 5, NoNoise: true}, dir)
	_, want, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels)
	if want == "" {
		t.Fatal(stderr)
	}
	// 8 mm to the left in LPS, from the PET series to the labels.
	there := filepath.Join(dir, "there.tfm")
	rig.WriteFile(t, there, "#Insight Transform File V1.0\nTransform: AffineTransform_double_3_3\nParameters: 1 0 0 0 1 0 0 0 1 8 0 0\nFixedParameters: 0 0 0\n")
	back := filepath.Join(dir, "back.aff12.1D")
	rig.WriteFile(t, back, "1 0 0 -8 0 1 0 0 0 0 1 0\n")
	_, moved, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "--transform", there)
	if moved == "" || moved == want {
		t.Errorf("a transform changes nothing: %s", stderr)
	}
	_, other, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "--transform", back, "--invert-transform")
	if other != moved {
		t.Errorf("the inverse, turned round, is another: %s", stderr)
	}
	if code, _, _ := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "--invert-transform"); code == 0 {
		t.Error("nothing to turn round, and no error")
	}
}

// Rules beside the regions merge and erode them, and the curves are drawn.
func TestExtractFollowsRulesAndDraws(t *testing.T) {
	dir := t.TempDir()
	labels := writeScan(t, phantom.Series{Name: "scan", Seed: 5, NoNoise: true}, dir)
	_, table, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels)
	if strings.Contains(table, "Striatum") {
		t.Fatalf("a region too many: %s%s", table, stderr)
	}
	rig.WriteFile(t, filepath.Join(filepath.Dir(labels), "regions.yaml"), "Striatum: ['*Accumbens*', '*Pallidum*']\nerode: {Cerebellum: 6}\n")
	drawing := filepath.Join(dir, "curves.svg")
	code, table, stderr := run("extract", filepath.Join(dir, "pet"), "--regions", labels, "--plot", drawing)
	if code != 0 || !strings.Contains(table, "Striatum") || !strings.Contains(stderr, "took 6 mm off") {
		t.Errorf("exit status %d\n%s%s", code, stderr, table)
	}
	svg, err := os.ReadFile(drawing)
	if err != nil || !strings.Contains(string(svg), "Striatum") {
		t.Errorf("no drawing of the regions: %v", err)
	}
}
