package inspect

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
	"tacstream/ingest/phantom"
)

// changed returns a file of the phantom with other values of top-level
// elements; what is empty is left out.
func changed(data []byte, values map[uint32]string) []byte {
	parts := partsOf(data, false)
	for k := len(parts) - 1; k >= 0; k-- {
		p := parts[k]
		switch v, ok := values[p.tag]; {
		case ok && v == "":
			data = spliced(data, p.at, p.at+p.head+p.value, nil)
		case ok:
			data = p.with(data, v)
		}
	}
	return data
}

// undated leaves out everything that tells a date or time.
func undated() map[uint32]string {
	gone := map[uint32]string{}
	for _, tag := range []uint32{0x00080020, 0x00080021, 0x00080022, 0x00080023, 0x00080030, 0x00080031, 0x00080032, 0x00080033} {
		gone[tag] = ""
	}
	return gone
}

// The same scan, as it was corrected for decay, dated and shifted by different
// vendors and archives, ends on the same curves.
func TestEveryVendorsHeaderGivesTheSameCurves(t *testing.T) {
	base := small()
	base.Injection = -40 * time.Second
	labels := base.Labels()
	reference := func(fraction float64) func(phantom.File) map[uint32]string {
		return func(f phantom.File) map[uint32]string {
			frame := base.Frames[f.Slot.Frame-1]
			at := frame.Start + time.Duration(fraction*float64(frame.Duration))
			v := map[uint32]string{0x00541300: fmt.Sprint(at.Milliseconds()), 0x00541321: "1.0", 0x00080032: "103107.25"}
			return v
		}
	}
	tests := []struct {
		name  string
		decay phantom.Decay
		start time.Time
		edit  func(phantom.File) map[uint32]string
	}{
		{"START", phantom.ToStart, time.Time{}, nil},
		{"ADMIN", phantom.ToInjection, time.Time{}, nil},
		{"NONE", phantom.Uncorrected, time.Time{}, nil},
		{"over midnight", phantom.ToStart, time.Date(2024, 2, 28, 23, 58, 0, 0, time.UTC), nil},
		{"over midnight and the end of a year", phantom.ToInjection, time.Date(2023, 12, 31, 23, 59, 59, 5e8, time.UTC), nil},
		{"over midnight with the first day's date throughout", phantom.ToStart, time.Date(2024, 2, 28, 23, 58, 0, 0, time.UTC), func(phantom.File) map[uint32]string {
			return map[uint32]string{0x00080022: "20240228"}
		}},
		{"over midnight without dates", phantom.ToStart, time.Date(2024, 2, 28, 23, 58, 0, 0, time.UTC), func(phantom.File) map[uint32]string {
			return map[uint32]string{0x00080020: "", 0x00080021: "", 0x00080022: "", 0x00080023: ""}
		}},
		{"de-identified START", phantom.ToStart, time.Time{}, func(phantom.File) map[uint32]string { return undated() }},
		{"de-identified ADMIN", phantom.ToInjection, time.Time{}, func(phantom.File) map[uint32]string { return undated() }},
		{"de-identified NONE", phantom.Uncorrected, time.Time{}, func(phantom.File) map[uint32]string { return undated() }},
		{"shifted dates", phantom.ToStart, time.Date(1961, 7, 4, 3, 0, 0, 0, time.UTC), nil},
		{"equal acquisition times, factors of 1, reference in the middle", phantom.ToStart, time.Time{}, reference(0.5)},
		{"equal acquisition times, factors of 1, reference at the start", phantom.ToStart, time.Time{}, reference(0)},
		{"equal acquisition times, not corrected, reference at the end", phantom.Uncorrected, time.Time{}, reference(1)},
		{"no half-second of the acquisition time", phantom.ToStart, time.Date(2024, 1, 8, 10, 31, 7, 0, time.UTC), nil},
		{"durations in seconds", phantom.ToStart, time.Time{}, func(f phantom.File) map[uint32]string {
			return map[uint32]string{0x00181242: fmt.Sprint(base.Frames[f.Slot.Frame-1].Duration.Seconds())}
		}},
		{"no counts but slices", phantom.ToStart, time.Time{}, func(phantom.File) map[uint32]string { return map[uint32]string{0x00540101: ""} }},
		{"no counts at all", phantom.ToStart, time.Time{}, func(phantom.File) map[uint32]string {
			return map[uint32]string{0x00540081: "", 0x00540101: ""}
		}},
	}
	var truth extract.Curves
	for k, test := range tests {
		s := base
		s.Decay, s.Start = test.decay, test.start
		dir := write(t, t.TempDir(), s, func(f phantom.File) []byte {
			if test.edit == nil {
				return f.Data
			}
			return changed(f.Data, test.edit(f))
		})
		got, _, err := ExtractDir(context.Background(), dir, labelled(labels), 0, nothing)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if k == 0 {
			truth = got
		}
		// Rebuilt times are rounded to 10 ms, 6e-6 of C-11; pixels hold 16
		// bits, whose last one is up to 1e-4 of a region's mean.
		if why := unlike(got, truth); why != "" {
			t.Errorf("%s: %s; warnings %v", test.name, why, got.Warnings)
		}
	}
}

// Philips without the factor to Bq/mL: the factor to uptake values, dose and
// weight give the activity.
func TestPhilipsUptakeFactorGivesActivity(t *testing.T) {
	s := small()
	s.Injection = -20 * time.Minute
	labels := s.Labels()
	truth, assembly, err := ExtractDir(context.Background(), write(t, t.TempDir(), s, nil), labelled(labels), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	soft := assembly.Header.Soft
	// Values in Bq/mL at the scan's start are called counts; the factor is what
	// Philips computes: weight over the dose as it had decayed by then.
	lambda := math.Ln2 / phantom.CarbonHalfLife.Seconds()
	factor := soft.WeightKg * 1000 / (soft.DoseBq * math.Exp(-lambda*1200))
	private := "\x53\x70\x10\x00LO\x1a\x00Philips PET Private Group " + "\x53\x70\x00\x10DS\x10\x00" + fmt.Sprintf("%-16.9e", factor)
	dir := write(t, t.TempDir(), s, func(f phantom.File) []byte {
		data := changed(f.Data, map[uint32]string{0x00541001: "CNTS"})
		parts := partsOf(data, false)
		at := parts[len(parts)-1].at
		return spliced(data, at, at, []byte(private))
	})
	got, _, err := ExtractDir(context.Background(), dir, labelled(labels), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	if why := unlike(got, truth); why != "" {
		t.Error(why)
	}
	warned := false
	for _, w := range got.Warnings {
		warned = warned || w.Code == ingest.WarnFromSUV
	}
	if !warned {
		t.Errorf("warnings %v", got.Warnings)
	}
}

// Series that cannot have right curves are refused by a name, and those of
// which only the unit is not known say so.
func TestOddSeriesAreNamed(t *testing.T) {
	all := func(values map[uint32]string) func(phantom.File) map[uint32]string {
		return func(phantom.File) map[uint32]string { return values }
	}
	s := small()
	tests := []struct {
		name string
		edit func(phantom.File) map[uint32]string
		code ingest.Code // of the refusal; "" where there are curves
		unit extract.Units
	}{
		{"gated", all(map[uint32]string{0x00541000: `GATED\IMAGE`}), ingest.CodeGated, ""},
		{"whole body, a time for each half", func(f phantom.File) map[uint32]string {
			if f.Slot.Frame > 1 {
				return map[uint32]string{0x0020000e: "1.2.3"} // another series, chosen away below
			}
			v := map[uint32]string{0x00541000: `WHOLE BODY\IMAGE`, 0x00540101: "\x01\x00"}
			if f.Slot.Slice > s.Size[2]/2 {
				v[0x00080032] = "103507.250000"
			}
			return v
		}, ingest.CodeBeds, ""},
		{"an uneven slice", func(f phantom.File) map[uint32]string {
			if f.Slot.Slice != 3 {
				return nil
			}
			return map[uint32]string{0x00200032: `-70\-80\-185`}
		}, ingest.CodeGeometry, ""},
		{"units that change", func(f phantom.File) map[uint32]string {
			if f.Slot.Frame != 3 {
				return nil
			}
			return map[uint32]string{0x00541001: "CNTS"}
		}, ingest.CodeMixed, ""},
		{"counts", all(map[uint32]string{0x00541001: "CNTS"}), "", extract.Arbitrary},
		{"proportional counts", all(map[uint32]string{0x00541001: "PROPCPS"}), "", extract.Arbitrary},
		{"uptake values", all(map[uint32]string{0x00541001: "GML"}), "", extract.BqPerML},
	}
	for _, test := range tests {
		dir := write(t, t.TempDir(), s, func(f phantom.File) []byte { return changed(f.Data, test.edit(f)) })
		series, err := ReadSeries(context.Background(), dir, nothing)
		if err != nil {
			t.Fatal(err)
		}
		number := 0
		for k, found := range series {
			if found.uid() == s.SeriesInstanceUID() {
				number = k + 1
			}
		}
		c, _, err := ExtractDir(context.Background(), dir, labelled(s.Labels()), number, nothing)
		if got := ingest.ReasonOf(err).Code; test.code != "" && got != test.code || test.code == "" && err != nil {
			t.Errorf("%s: %v, want %s", test.name, err, test.code)
		}
		if test.code == "" && c.Units != test.unit {
			t.Errorf("%s: in %s", test.name, c.Units)
		}
	}
}

// A series that lies oblique in space, with its slices from the top down, has
// the curves of the straight one where the regions lie as it does.
func TestObliqueSlicesFromTheTopDown(t *testing.T) {
	s := small()
	labels := s.Labels()
	truth, _, err := ExtractDir(context.Background(), write(t, t.TempDir(), s, nil), labelled(labels), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	sin, cos := math.Sincos(25 * math.Pi / 180) // about the left-right axis, then slices turned over
	turn := func(p [3]float64) [3]float64 { return [3]float64{p[0], cos*p[1] - sin*p[2], sin*p[1] + cos*p[2]} }
	g := s.Geometry()
	dir := write(t, t.TempDir(), s, func(f phantom.File) []byte {
		at := g.Affine.Apply(0, 0, float64(f.Slot.Slice-1))
		p := turn(at)
		return changed(f.Data, map[uint32]string{
			0x00200032: fmt.Sprintf(`%.6f\%.6f\%.6f`, -p[0], -p[1], p[2]),
			0x00200037: fmt.Sprintf(`1\0\0\0\%.10f\%.10f`, cos, -sin),
			0x00200013: fmt.Sprint(1000 - f.Slot.Slice),
		})
	})
	for c := range 4 {
		col := turn([3]float64{labels.Geometry.Affine[0][c], labels.Geometry.Affine[1][c], labels.Geometry.Affine[2][c]})
		for r := range 3 {
			labels.Geometry.Affine[r][c] = col[r]
		}
	}
	got, _, err := ExtractDir(context.Background(), dir, labelled(labels), 0, nothing)
	if err != nil {
		t.Fatal(err)
	}
	if why := unlike(got, truth); why != "" {
		t.Error(why)
	}
}
