package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tacstream/config"
	"tacstream/extract"
	"tacstream/extract/stream"
	"tacstream/ingest"
	"tacstream/ingest/dicom"
	"tacstream/ingest/phantom"
)

// small is a series that is quick to make.
func small() phantom.Series {
	return phantom.Series{Size: [3]int{16, 16, 8}, Frames: phantom.DefaultFrames()[:12], NoNoise: true}
}

// write puts the slices of a series into a folder, each changed by edit.
func write(t *testing.T, dir string, s phantom.Series, edit func(f phantom.File) []byte) string {
	t.Helper()
	for f := range s.Slices() {
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		data := f.Data
		if edit != nil {
			data = edit(f)
		}
		if data == nil {
			continue
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func nothing(string, ingest.Reason) {}

// short changes the value of an element of VR US.
func short(data []byte, tag uint32, value int) []byte {
	head := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(tag>>16)), uint16(tag))
	at := bytes.Index(data, append(head, "US\x02\x00"...))
	binary.LittleEndian.PutUint16(data[at+8:], uint16(value))
	return data
}

// otherUID changes the last digit of the series' UID.
func otherUID(s phantom.Series, data []byte) []byte {
	uid := []byte(s.SeriesInstanceUID())
	other := bytes.Clone(uid)
	other[len(other)-1] = '0' + (other[len(other)-1]-'0'+1)%10
	return bytes.ReplaceAll(data, uid, other)
}

// One acquisition in two series, as where a scanner's export has a limit, gives
// the curves of the whole.
func TestPartsOfOneAcquisitionAreJoined(t *testing.T) {
	s := small()
	labels := s.Labels()
	whole, _, err := ExtractDir(context.Background(), write(t, t.TempDir(), s, nil), labelled(labels), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	parts := write(t, t.TempDir(), s, func(f phantom.File) []byte {
		if f.Slot.Frame <= 5 {
			return short(f.Data, 0x00540101, 5)
		}
		return otherUID(s, short(f.Data, 0x00540101, 7))
	})
	joined, _, err := ExtractDir(context.Background(), parts, labelled(labels), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	if len(joined.Frames) != len(whole.Frames) {
		t.Fatalf("%d frames, want %d", len(joined.Frames), len(whole.Frames))
	}
	for f, want := range whole.Frames {
		if d := joined.Frames[f].Start - want.Start; d.Abs() > 1000 || joined.Frames[f].Duration != want.Duration {
			t.Errorf("frame %d is %+v, want %+v", f+1, joined.Frames[f], want)
		}
	}
	for r, tac := range whole.TACs {
		for f, want := range tac.BqPerML {
			// The half-life and the times are kept to 1 ns.
			if got := joined.TACs[r].BqPerML[f]; math.Abs(got-want) > 1e-9*math.Abs(want) {
				t.Errorf("%s frame %d: %g, want %g", tac.Region, f+1, got, want)
			}
		}
	}
	in, err := Inspect(t.Context(), FileShelf(parts), config.Default(), false)
	if err != nil || len(in.Series) != 2 || !slices.Equal(in.Series[0].Parts, []int{2}) || in.Series[1].Continues != 1 {
		t.Errorf("inspected %+v, %v", in.Series, err)
	}
	if first, _, err := ExtractDir(context.Background(), parts, labelled(labels), 1, nothing); err != nil || len(first.Frames) != 5 {
		t.Errorf("the first alone has %d frames, %v", len(first.Frames), err)
	}
}

// Two reconstructions of one acquisition stay apart, and the message says how
// to choose.
func TestReconstructionsStayApart(t *testing.T) {
	s := small()
	s.Folder = "a"
	dir := write(t, t.TempDir(), s, nil)
	b := s
	b.Folder = "b"
	write(t, dir, b, func(f phantom.File) []byte { return otherUID(s, f.Data) })
	in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), false)
	if err != nil || len(in.Series) != 2 || !slices.Equal(in.Series[0].Twins, []int{2}) || !slices.Equal(in.Series[1].Twins, []int{1}) {
		t.Errorf("inspected %+v, %v", in.Series, err)
	}
	_, _, err = ExtractDir(context.Background(), dir, labelled(s.Labels()), 0, nothing)
	if err == nil || !strings.Contains(err.Error(), "two reconstructions") || !strings.Contains(err.Error(), "--series 2") {
		t.Errorf("got %v", err)
	}
	if c, _, err := ExtractDir(context.Background(), dir, labelled(s.Labels()), 2, nothing); err != nil || c.Units != extract.BqPerML {
		t.Errorf("the second: %v", err)
	}
	if _, _, err := ExtractDir(context.Background(), dir, labelled(s.Labels()), 3, nothing); err == nil {
		t.Error("there is no third")
	}
}

// labelled returns labels as regions in the space of the series.
func labelled(l ingest.Labels) stream.PlacedRegions {
	return stream.PlacedRegions{Segmentation: ingest.Segmentation{Labels: &l}}
}

// padded writes a series of which so many rows at the front are padding, and
// returns the folder and the posterior coordinate of the last such row, RAS mm.
func padded(t *testing.T, s phantom.Series, half int) (dir string, top float64) {
	t.Helper()
	dir = write(t, t.TempDir(), s, func(f phantom.File) []byte {
		head := dicom.Options{}.ReadHeader(f.Data, int64(len(f.Data)))
		top = -(head.Instance.Position[1] + float64(half-1)*head.Header.Strict.PixelSpacing[0])
		at := bytes.Index(f.Data, []byte("\x28\x00\x03\x01US\x02\x00")) + 10
		padded := slices.Concat(f.Data[:at], []byte("\x28\x00\x20\x01SS\x02\x00\x00\x80"), f.Data[at:])
		pixels := padded[len(padded)-2*s.Size[0]*s.Size[1]:]
		for i := range half * s.Size[0] {
			pixels[2*i], pixels[2*i+1] = 0, 0x80
		}
		return padded
	})
	return dir, top
}

// The values that are shown are those of the voxels that are left, by the pixels of
// the same series without padding.
func TestInspectedValuesAreWithoutPadding(t *testing.T) {
	s, half := small(), 7
	dir, _ := padded(t, s, half)
	in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), true)
	if err != nil || len(in.Series) != 1 || in.Series[0].Values == nil {
		t.Fatalf("%+v, %v", in, err)
	}
	truth := ValuesView{Min: math.Inf(1), Max: math.Inf(-1)}
	var d dicom.Decoder
	for f := range s.Slices() {
		slice, err := d.Decode(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range slice.AppendValues(nil)[half*s.Size[0]:] {
			truth.Voxels++
			truth.Min, truth.Max, truth.Sum = min(truth.Min, x), max(truth.Max, x), truth.Sum+x
		}
		truth.Padding += half * s.Size[0]
	}
	if v := in.Series[0].Values; v.Voxels != truth.Voxels || v.Padding != truth.Padding || v.Min != truth.Min || v.Max != truth.Max ||
		!alike(v.Sum, truth.Sum) || !alike(v.Mean, truth.Sum/float64(truth.Voxels)) {
		t.Errorf("inspected %+v, want %+v", *v, truth)
	}
}

// A region that reaches into padding has the mean of what lies outside it, and
// says so; one that lies in it as a whole has none.
func TestPaddingIsLeftOutOfMeans(t *testing.T) {
	s := small()
	labels := s.Labels()
	dir, top := padded(t, s, 7) // through some regions
	// The truth: the same series without padding, with regions that end there.
	rest := labels
	rest.Index = slices.Clone(labels.Index)
	n := labels.Geometry.Size
	for i := range rest.Index {
		if labels.Geometry.Affine.Apply(float64(i%n[0]), float64(i/n[0]%n[1]), float64(i/n[0]/n[1]))[1] >= top-1e-6 {
			rest.Index[i] = 0
		}
	}
	want, _, err := ExtractDir(t.Context(), write(t, t.TempDir(), s, nil), labelled(rest), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	kept, cut := labels, 0
	kept.Index = slices.Clone(labels.Index)
	for i, index := range kept.Index { // regions that vanish would reject the series
		if !slices.Contains(rest.Index, index) {
			kept.Index[i] = 0
		}
	}
	got, _, err := ExtractDir(t.Context(), dir, labelled(kept), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range got.Warnings {
		if w.Code == ingest.WarnRegionCut && strings.Contains(w.Detail, "padding") {
			cut++
		}
	}
	if cut == 0 {
		t.Error("no region is said to reach into padding")
	}
	for _, tac := range got.TACs {
		i := slices.IndexFunc(want.TACs, func(t extract.TAC) bool { return t.Region == tac.Region })
		for f, v := range tac.BqPerML {
			if w := want.TACs[i].BqPerML[f]; len(tac.Parts) == 0 && math.Abs(v-w) > 1e-9*math.Abs(w) {
				t.Errorf("%s frame %d: %g, want %g", tac.Region, f+1, v, w)
			}
		}
	}
	if _, _, err := ExtractDir(t.Context(), dir, labelled(labels), 0, nothing); err == nil || !strings.Contains(err.Error(), "padding") {
		t.Errorf("a region that lies in padding as a whole: %v", err)
	}
}
