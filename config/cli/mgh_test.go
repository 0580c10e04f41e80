package cli

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tacstream/config/rig"
	"tacstream/ingest"
	"tacstream/publish"
)

// mgz returns labels as FreeSurfer keeps them: 32-bit integers, with the unit
// vectors along the axes, the voxel's sides and the centre of the volume.
func mgz(t *testing.T, labels ingest.Labels) []byte {
	t.Helper()
	g := labels.Geometry
	var delta, centre [3]float32
	var axes [9]float32
	middle := g.Affine.Apply(float64(g.Size[0])/2, float64(g.Size[1])/2, float64(g.Size[2])/2)
	for c := range 3 {
		side := math.Hypot(math.Hypot(g.Affine[0][c], g.Affine[1][c]), g.Affine[2][c])
		delta[c], centre[c] = float32(side), float32(middle[c])
		for r := range 3 {
			axes[3*c+r] = float32(g.Affine[r][c] / side)
		}
	}
	var file bytes.Buffer
	zip := gzip.NewWriter(&file)
	for _, part := range []any{
		[7]int32{1, int32(g.Size[0]), int32(g.Size[1]), int32(g.Size[2]), 1, 1, 0}, int16(1),
		delta, axes, centre, make([]byte, 194), labels.Index,
	} {
		if err := binary.Write(zip, binary.BigEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// A label image of FreeSurfer beside a series gives what the same labels give in
// NIfTI.
func TestAFreeSurferImageServesASeries(t *testing.T) {
	t.Parallel()
	scan := rig.SmallScan(1, scanFrames)
	want := truth(t, scan)
	r := rig.New(t)
	r.Serve("nats,s3,ingest,work")
	r.Put(scan.Folder+"/regions/sub_dseg.mgz", mgz(t, scan.Labels()))
	for _, f := range rig.FilesOf(scan) {
		switch {
		case f.Slot.Frame > 0:
			r.Put(f.Name, f.Data)
		case strings.HasSuffix(f.Name, ".tsv"):
			r.Put(scan.Folder+"/regions/sub_dseg.tsv", f.Data)
		}
	}
	r.Settle(1)
	got, compared := bpndBySRTM(bindingOf(r)), 0
	for key, body := range want {
		if !strings.HasPrefix(key, "event") {
			continue
		}
		e, err := publish.Decode([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for region, v := range bpndBySRTM(e.Data.(*publish.Binding)) {
			if compared++; !(math.Abs(got[region]-v) <= 1e-6) { // headers hold 32 bits
				t.Errorf("%s: BPND %g, want %g", region, got[region], v)
			}
		}
	}
	if compared == 0 {
		t.Fatal("no estimate was compared")
	}
}

// Standard numbers of FreeSurfer need no table.
func TestExtractTakesFreeSurferRegions(t *testing.T) {
	scan := rig.SmallScan(1, scanFrames)
	dir := t.TempDir()
	pet := filepath.Join(dir, "pet")
	if err := os.Mkdir(pet, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range rig.FilesOf(scan) {
		if f.Slot.Frame > 0 {
			rig.WriteFile(t, filepath.Join(pet, filepath.Base(f.Name)), string(f.Data))
		}
	}
	labels := scan.Labels()
	standard := map[string]int32{"Cerebellum": 8, "Thalamus": 10, "Caudate": 11, "Putamen": 12}
	changed := 0
	for i, v := range labels.Index {
		if labels.Index[i] = standard[labels.Names[v]]; labels.Index[i] > 0 {
			changed++
		}
	}
	if changed == 0 {
		t.Fatalf("none of the regions is one of FreeSurfer's: %v", labels.Names)
	}
	image := filepath.Join(dir, "aparc+aseg.mgz")
	rig.WriteFile(t, image, string(mgz(t, labels)))
	code, got, stderr := run("extract", pet, "--regions", image)
	header, _, _ := strings.Cut(got, "\n")
	if code != 0 || !strings.Contains(header, "Cerebellum-Cortex") {
		t.Errorf("exit status %d, %s\n%s", code, header, stderr)
	}
}
