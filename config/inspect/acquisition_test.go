package inspect

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/config"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// inParts writes each frame of a series as a series of its own, as some scanners
// export an acquisition. SeriesTime is that of the frame, while the values stay
// corrected for decay to the start of the acquisition. Edit may change more.
func inParts(t *testing.T, s phantom.Series, edit func(f phantom.File, data []byte) []byte) string {
	t.Helper()
	uid := []byte(s.SeriesInstanceUID())
	return write(t, t.TempDir(), s, func(f phantom.File) []byte {
		own := slices.Concat(uid[:len(uid)-2], fmt.Appendf(nil, "%02d", f.Slot.Frame))
		start := phantom.DefaultStart().Add(s.Frames[f.Slot.Frame-1].Start)
		data := changed(f.Data, map[uint32]string{0x00080031: start.Format("150405.000000")})
		data = bytes.ReplaceAll(short(data, 0x00540101, 1), uid, own)
		if edit != nil {
			data = edit(f, data)
		}
		return data
	})
}

// manyParts is a series of 24 frames.
func manyParts() phantom.Series {
	return phantom.Series{Size: [3]int{8, 8, 4}, Frames: phantom.EvenFrames(24, 2*time.Minute), NoNoise: true}
}

// An acquisition that lies in 24 series is one, with the table of frames that the
// line makes of it and each doubt once. That the factors of later parts are those
// of the whole acquisition is no doubt, in inspect as in the curves.
func TestPartsAreShownAsOneAcquisition(t *testing.T) {
	s := manyParts()
	dir := inParts(t, s, nil)
	in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), true)
	if err != nil || len(in.Series) != 24 || len(in.Acquisitions) != 1 {
		t.Fatalf("%d series, %d acquisitions, %v", len(in.Series), len(in.Acquisitions), err)
	}
	a := in.Acquisitions[0]
	if len(a.Series) != 24 || a.Series[0] != 1 || a.Series[23] != 24 || a.Condition != ingest.Ready ||
		a.Frames != 24 || len(a.Timing) != 24 {
		t.Fatalf("series %v, %s, %d frames, table of %d", a.Series, a.Condition, a.Frames, len(a.Timing))
	}
	if len(a.StoredTo) != 1 || math.Abs(a.StoredTo[0]) > 1e-3 || a.Injection == nil || *a.Injection != 0 {
		t.Errorf("corrected to %v, injection %v", a.StoredTo, a.Injection)
	}
	for f, v := range a.Timing {
		want := s.Frames[f]
		if math.Abs(v.Start-want.Start.Seconds()) > 1e-6 || v.Duration != want.Duration.Seconds() || v.Series != f+1 ||
			math.Abs(v.Factor/v.Expected-1) > 1e-6 || !(v.SlopeMin > 0) {
			t.Errorf("frame %d: %+v, want %+v", f+1, v, want)
		}
	}
	said := map[ingest.Code]DoubtView{}
	for _, d := range a.Doubts {
		if _, twice := said[d.Code]; twice {
			t.Errorf("twice: %v", d)
		}
		said[d.Code] = d
	}
	if _, alarm := said[ingest.WarnDecayRef]; alarm || len(said[ingest.WarnUnverified].Series) != 24 ||
		said[ingest.CodeJoined].Value != 24 || said[ingest.CodeJoined].Series != nil {
		t.Errorf("%+v", a.Doubts)
	}
	for _, v := range in.Series {
		if slices.ContainsFunc(v.Doubts, func(d DoubtView) bool { return d.Code == ingest.WarnDecayRef }) {
			t.Errorf("series %d: %+v", v.Number, v.Doubts)
		}
	}
	labels := s.Labels()
	curves, _, err := ExtractDir(t.Context(), dir, labelled(labels), 0, nothing)
	alarm := func(w ingest.Warning) bool { return w.Code == ingest.WarnDecayRef }
	if err != nil || len(curves.Frames) != 24 || slices.ContainsFunc(curves.Warnings, alarm) {
		t.Errorf("extracted %d frames, %v, %v", len(curves.Frames), curves.Warnings, err)
	}
	sum := 0.0
	for _, v := range in.Series {
		sum += v.Values.Sum
	}
	if a.Values == nil || !alike(a.Values.Sum, sum) || a.Values.Voxels != 24*8*8*4 {
		t.Errorf("values %+v, want a sum of %g", a.Values, sum)
	}
}

// A part that is corrected to another time than the others is doubted, by name; so
// is a frame without data, among the frames of all parts.
func TestWhatOnePartHasIsSaidOfIt(t *testing.T) {
	s := manyParts()
	dir := inParts(t, s, func(f phantom.File, data []byte) []byte {
		switch f.Slot.Frame {
		case 7: // corrected to 100 s before the start
			frame, lambda := s.Frames[6], math.Ln2/phantom.CarbonHalfLife.Seconds()
			x := lambda * frame.Duration.Seconds()
			factor := math.Exp(lambda*(frame.Start.Seconds()+100)) * x / -math.Expm1(-x)
			return changed(data, map[uint32]string{0x00541321: fmt.Sprintf("%.8f", factor)})
		case 20:
			clear(data[len(data)-2*s.Size[0]*s.Size[1]:])
		}
		return data
	})
	in, err := Inspect(t.Context(), FileShelf(dir), config.Default(), true)
	if err != nil || len(in.Acquisitions) != 1 {
		t.Fatalf("%d acquisitions, %v", len(in.Acquisitions), err)
	}
	a := in.Acquisitions[0]
	found := 0
	for _, d := range a.Doubts {
		switch d.Code {
		case ingest.WarnDecayRef:
			found++
			if !slices.Equal(d.Series, []int{7}) {
				t.Errorf("%+v", d)
			}
		case ingest.WarnFrameEmpty:
			found++
			if !strings.Contains(d.Detail, "1 frame: 20.") || d.Series != nil {
				t.Errorf("%+v", d)
			}
		}
	}
	if found != 2 {
		t.Errorf("%+v", a.Doubts)
	}
	if len(a.StoredTo) != 2 || math.Abs(a.StoredTo[1]+100) > 0.01 {
		t.Errorf("corrected to %v", a.StoredTo)
	}
}

// Doubts of series that differ in nothing but their numbers are one, with the
// largest; others stay apart.
func TestDoubtsOfPartsAreListedOnce(t *testing.T) {
	var a AcquisitionView
	gap := func(s float64) DoubtView {
		return doubtOf(ingest.Warn(ingest.WarnFrameGap, ingest.LevelWarn, s, 1, "There is a gap of %g s.", s))
	}
	lossy := doubtOf(ingest.Warn(ingest.WarnLossy, ingest.LevelDoubt, 1, 0, "The images are lossy."))
	a.doubt(1, []DoubtView{gap(2), lossy})
	a.doubt(2, []DoubtView{gap(30.5)})
	a.doubt(3, []DoubtView{gap(4), lossy})
	if len(a.Doubts) != 2 || a.Doubts[0].Value != 30.5 || !a.Doubts[0].Largest ||
		!slices.Equal(a.Doubts[0].Series, []int{1, 2, 3}) ||
		a.Doubts[1].Largest || !slices.Equal(a.Doubts[1].Series, []int{1, 3}) {
		t.Errorf("%+v", a.Doubts)
	}
}

// The regions of a source are named, with the one that the protocol of the tracer
// takes as its reference, or why it takes none.
func TestInspectionNamesRegionsAndReference(t *testing.T) {
	s := small()
	dir := write(t, t.TempDir(), s, nil)
	put := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	labels := s.Labels()
	put("a_dseg.nii.gz", phantom.NIfTI(labels))
	put("a_dseg.tsv", phantom.LookUpTable(labels))
	put("b_dseg.nii.gz", phantom.NIfTI(labels)) // without a table
	only := labels
	only.Index = slices.Clone(labels.Index)
	for i, index := range only.Index {
		if labels.Names[index] != "Right-Thalamus" {
			only.Index[i] = 0
		}
	}
	put("c_dseg.nii.gz", phantom.NIfTI(only))
	put("c_dseg.tsv", phantom.LookUpTable(labels))
	look := func(protocols config.Config) []RegionsForSeries {
		t.Helper()
		in, err := Inspect(t.Context(), FileShelf(dir), protocols, false)
		if err != nil || len(in.Acquisitions) != 1 || len(in.Acquisitions[0].Regions) != 3 {
			t.Fatalf("%+v, %v", in.Acquisitions, err)
		}
		return in.Acquisitions[0].Regions
	}
	got := look(config.Default())
	truth := map[string]float64{}
	for _, index := range labels.Index {
		truth[labels.Names[index]]++
	}
	delete(truth, "")
	for _, r := range got[0].Regions {
		if truth[r.Name] != r.Voxels {
			t.Errorf("%s has %g voxels, want %g", r.Name, r.Voxels, truth[r.Name])
		}
	}
	if len(got[0].Regions) != len(truth) || got[0].Protocol != "[11C]DASB" ||
		got[0].Reference != "Cerebellum" || got[0].Reason.Code != "" {
		t.Errorf("with a table: %+v", got[0])
	}
	if got[1].Reference != "" || got[1].Reason.Code != ingest.CodeNoRegions {
		t.Errorf("without a table: %+v", got[1])
	}
	if got[2].Reference != "" || got[2].Reason.Code != ingest.CodeReferenceAbsent || len(got[2].Regions) != 1 {
		t.Errorf("without a cerebellum: %+v", got[2])
	}
	other := config.Default()
	other.Protocols = nil
	if got := look(other)[0]; got.Protocol != "" || got.Reference != "" || got.Reason.Code != "" {
		t.Errorf("without a protocol: %+v", got)
	}
	merged := config.Default()
	for i := range merged.Protocols {
		merged.Protocols[i].Merge = map[string][]string{"rest": {"Thalamus", "Cerebellum"}}
		merged.Protocols[i].Reference = "rest"
	}
	if got := look(merged)[0]; got.Reference != "rest" {
		t.Errorf("a reference that a rule merges: %+v", got)
	}
}

// Parts with a pause longer than hours are no parts, as in the line.
func TestSeriesThatTheLineKeepsApartStayApart(t *testing.T) {
	s := manyParts()
	s.Frames = slices.Clone(s.Frames[:4])
	for f := 2; f < 4; f++ {
		s.Frames[f].Start += 7 * time.Hour
	}
	in, err := Inspect(t.Context(), FileShelf(inParts(t, s, nil)), config.Default(), false)
	if err != nil || len(in.Series) != 4 || len(in.Acquisitions) != 2 {
		t.Fatalf("%d series, %d acquisitions, %v", len(in.Series), len(in.Acquisitions), err)
	}
	for i, want := range [][]int{{1, 2}, {3, 4}} {
		if got := in.Acquisitions[i].Series; !slices.Equal(got, want) {
			t.Errorf("acquisition %d has series %v, want %v", i+1, got, want)
		}
	}
}
