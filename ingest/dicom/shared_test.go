package dicom_test

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

const shared = "../../../shared/data/"

// headers reads a folder as the door does: a short prefix first.
func headers(t *testing.T, pattern string) []dicom.Found {
	t.Helper()
	files, err := filepath.Glob(shared + pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no %s here", pattern)
	}
	var list []dicom.Found
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		size := int64(len(data))
		found := dicom.Options{}.ReadHeader(data[:min(1<<10, size)], size)
		for found.Need > 0 {
			found = dicom.Options{}.ReadHeader(data[:found.Need], size)
		}
		list = append(list, found)
	}
	return list
}

// What each hostile folder must give, after bad/manifest.json: how many of its
// objects have which fault. All others are sound.
func TestHostileObjectsAreFoundOut(t *testing.T) {
	tests := []struct {
		folder string
		faults map[ingest.Code]int
		series int // how many of the faulty ones still name their series
	}{
		{"_base", nil, 0},
		{"charsets", nil, 0},
		{"ct-beside-pet", map[ingest.Code]int{ingest.CodeNotPET: 6}, 6},
		{"deflate-bomb", map[ingest.Code]int{ingest.CodeTooLarge: 1}, 0},
		{"enhanced-frames-bomb", map[ingest.Code]int{ingest.CodeFrames: 1}, 1},
		{"duration-negative", map[ingest.Code]int{ingest.CodeTiming: 16}, 16},
		{"nested-deep", map[ingest.Code]int{ingest.CodeMalformed: 1}, 0},
		{"not-dicom", map[ingest.Code]int{ingest.CodeNotDICOM: 3, ingest.CodeArchive: 1}, 0},
		{"pixel-data-short", map[ingest.Code]int{ingest.CodePixelLength: 1}, 1},
		{"rle-bomb", nil, 0}, // its header is sound: see the codec
		{"rows-bomb", map[ingest.Code]int{ingest.CodeTooLarge: 1}, 1},
		{"slope-missing", map[ingest.Code]int{ingest.CodeUnits: 1}, 1},
		{"slope-nan", map[ingest.Code]int{ingest.CodeUnits: 1}, 1},
		{"syntax-unknown", map[ingest.Code]int{ingest.CodeSyntax: 192}, 192},
		{"truncated-header", map[ingest.Code]int{ingest.CodeTruncated: 1}, 0},
		{"truncated-pixels", map[ingest.Code]int{ingest.CodeTruncated: 1}, 1},
		{"two-series", nil, 0},
		{"zero-length", map[ingest.Code]int{ingest.CodeEmpty: 1}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.folder, func(t *testing.T) {
			got, series := map[ingest.Code]int{}, 0
			for _, found := range headers(t, "bad/"+tt.folder+"/pet/*") {
				if found.Fault.Code == "" {
					continue
				}
				got[found.Fault.Code]++
				if uid := found.Header.Strict.SeriesInstanceUID; uid != "" {
					series++
					if strings.Contains(found.Fault.Detail, uid) {
						t.Error("a detail holds a UID")
					}
				}
			}
			for code, n := range tt.faults {
				if got[code] != n {
					t.Errorf("%s: %d objects, want %d", code, got[code], n)
				}
				delete(got, code)
			}
			if len(got) != 0 || series != tt.series {
				t.Errorf("also %v; %d name their series, want %d", got, series, tt.series)
			}
		})
	}
}

// A truth is what the generator of a series says of it.
type truth struct {
	HalfLife  float64 `json:"half_life_s"`
	Factor    float64 `json:"bqml_per_series_unit"`
	Units     string  `json:"series_units"`
	Decay     string  `json:"series_decay_correction"`
	ScanStart string  `json:"scan_start"`
	Injection string  `json:"injection"`
	Frames    []struct {
		Start    float64 `json:"start_s"`
		Duration float64 `json:"duration_s"`
	}
	Grid struct {
		Shape  [3]int
		Affine [4][4]float64 `json:"affine_ras"`
	}
}

func series() []string {
	return []string{"siemens-start", "siemens-none", "ge-start", "ge-midnight", "philips-cnts"}
}

func TestFramesAreThoseOfTheTruth(t *testing.T) {
	for _, name := range series() {
		t.Run(name, func(t *testing.T) {
			found := headers(t, "dicom/"+name+"/pet/*")
			var want truth
			readJSON(t, shared+"dicom/"+name+"/truth.json", &want)
			starts, durations := frames(found)
			if len(starts) != len(want.Frames) || len(starts) == 0 {
				t.Fatalf("%d frames, want %d", len(starts), len(want.Frames))
			}
			for i, f := range want.Frames {
				start, length := starts[i].Sub(starts[0]), durations[starts[i]]
				if d := start - seconds(f.Start); d.Abs() > 20*time.Millisecond { // the jitter, once at each end
					t.Errorf("frame %d starts %v late", i+1, d)
				}
				if d := length - seconds(f.Duration); d.Abs() > 5*time.Millisecond { // Philips' jitter
					t.Errorf("frame %d is %v too long", i+1, d)
				}
			}
		})
	}
}

// frames groups the instances of a frame, whose times jitter.
func frames(found []dicom.Found) (starts []time.Time, durations map[time.Time]time.Duration) {
	durations = map[time.Time]time.Duration{}
	for _, f := range found {
		at := f.Instance.AcquisitionTime.Round(10 * time.Millisecond)
		starts, durations[at] = append(starts, at), f.Instance.Duration
	}
	slices.SortFunc(starts, time.Time.Compare)
	return slices.Compact(starts), durations
}

func TestHeadersAreThoseOfTheTruth(t *testing.T) {
	for _, name := range series() {
		t.Run(name, func(t *testing.T) {
			found := headers(t, "dicom/"+name+"/pet/*")
			var want truth
			readJSON(t, shared+"dicom/"+name+"/truth.json", &want)
			for _, f := range found {
				strict, soft := f.Header.Strict, f.Header.Soft
				if strict != found[0].Header.Strict {
					t.Fatal("instances disagree")
				}
				if strict.HalfLife != want.HalfLife || strict.Units != want.Units || strict.DecayCorrection != want.Decay || soft.BqPerMLPerUnit != want.Factor {
					t.Fatalf("half-life %g s, units %s, decay %s, factor %g", strict.HalfLife, strict.Units, strict.DecayCorrection, soft.BqPerMLPerUnit)
				}
				if strict.NumberOfSlices*strict.NumberOfTimeSlices != len(found) {
					t.Fatalf("%d × %d instances, want %d", strict.NumberOfSlices, strict.NumberOfTimeSlices, len(found))
				}
				if !soft.SeriesStart.Equal(moment(t, want.ScanStart)) || !soft.Injection.Equal(moment(t, want.Injection)) {
					t.Fatalf("start %v, injection %v", soft.SeriesStart, soft.Injection)
				}
			}
			checkGrid(t, found, want)
		})
	}
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.999999", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func checkGrid(t *testing.T, found []dicom.Found, want truth) {
	t.Helper()
	var positions [][3]float64
	for _, f := range found {
		positions = append(positions, f.Instance.Position)
	}
	slices.SortFunc(positions, func(a, b [3]float64) int {
		o := found[0].Header.Strict.Orientation
		return cmp.Compare(dicom.Along(o, a), dicom.Along(o, b))
	})
	g, err := dicom.Geometry(found[0].Header, slices.Compact(positions))
	if err != nil {
		t.Fatal(err)
	}
	if g.Size != want.Grid.Shape {
		t.Errorf("size %v, want %v", g.Size, want.Grid.Shape)
	}
	for r := range g.Affine {
		for c := range g.Affine[r] {
			if math.Abs(g.Affine[r][c]-want.Grid.Affine[r][c]) > 1e-9 { // mm: rounding of sums
				t.Errorf("affine %v, want %v", g.Affine, want.Grid.Affine)
			}
		}
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

// Whole real series against figures that another program took from them.
func TestRealSeriesHaveTheValuesThatOthersRead(t *testing.T) {
	var expected map[string]struct{ Min, Max, Mean, Sum float64 }
	if _, err := os.Stat(shared + "real/expected.json"); err != nil {
		t.Skip("no real series here")
	}
	readJSON(t, shared+"real/expected.json", &expected)
	for _, name := range []string{"STS_001", "STS_002", "STS_019"} {
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob(shared + "real/ibsi/" + name + "/dicom/PET/image/*")
			if err != nil || len(files) == 0 {
				t.Skip("no objects")
			}
			want := expected["theibsi-validation/"+name]
			var d dicom.Decoder
			lo, hi, sum := math.Inf(1), math.Inf(-1), []float64{0, 0}
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				s, err := d.Decode(data)
				if err != nil {
					t.Fatal(err)
				}
				s.AddRegionSums([]ingest.Run{{End: int32(s.Pixels()), Region: 1, Weight: 1}}, sum)
				values := s.AppendValues(nil)
				lo, hi = min(lo, slices.Min(values)), max(hi, slices.Max(values))
			}
			if lo != want.Min || !near(hi, want.Max) || math.Abs(sum[1]-want.Sum) > 1e-9*want.Sum {
				t.Errorf("min %g max %.10g sum %.10g, want %g, %.10g, %.10g", lo, hi, sum[1], want.Min, want.Max, want.Sum)
			}
		})
	}
}
