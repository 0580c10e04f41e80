package config

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tacstream/extract"
	"tacstream/ingest"
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
	_, _, err := ExtractDir(context.Background(), dir, labelled(s.Labels()), 0, nothing)
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
func labelled(l ingest.Labels) Regions {
	return Regions{Segmentation: ingest.Segmentation{Labels: &l}}
}
