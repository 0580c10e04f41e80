package dicom_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tacstream/ingest"
	"tacstream/ingest/dicom"
)

// fd is a value of VR FD, least significant byte first.
type fd float64

// multi is an enhanced object of two slices in two frames of time, stored
// upside down and interleaved: 2 rows of 1 pixel each.
func multi() object {
	o := object{syntax: explicitLE, elements: map[uint32]any{
		0x00080008: `ORIGINAL\PRIMARY\DYNAMIC\NONE`,
		0x00080016: "1.2.840.10008.5.1.4.1.1.130",
		0x00080018: "1.2.3.4.77",
		0x00080021: "20240301",
		0x00080031: "120000",
		0x00080060: "PT",
		0x00189701: "20240301115900",
		0x00189758: "YES",
		0x0020000d: "1.2.3.1",
		0x0020000e: "1.2.3.2",
		0x00200052: "1.2.3.3",
		0x00280002: []uint16{1},
		0x00280008: "4",
		0x00280010: []uint16{2},
		0x00280011: []uint16{1},
		0x00280100: []uint16{16},
		0x00280101: []uint16{16},
		0x00280102: []uint16{15},
		0x00280103: []uint16{1},
		0x00540016: items{{0x00181075: "1224"}},
		0x52009229: items{{
			0x00209116: items{{0x00200037: `1\0\0\0\1\0`}},
			0x00289110: items{{0x00180050: "3", 0x00280030: `2\2`}},
			0x00289145: items{{0x00281052: "0", 0x00281053: "7"}},
		}},
		0x7fe00010: pixelBytes{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 0xff, 0xff, 8, 0},
	}, vrs: map[uint32]string{0x00189701: "DT", 0x00189074: "DT", 0x00189220: "FD", 0x00409224: "FD", 0x00409225: "FD", 0x004008ea: "SQ"}}
	var frames items
	for n, p := range []struct{ z, t int }{{3, 60}, {3, 0}, {0, 60}, {0, 0}} {
		frames = append(frames, map[uint32]any{
			0x00209111: items{{
				0x00189074: fmt.Sprintf("20240301120%d00.5", p.t/60),
				0x00189220: fd(30000 + 1000*float64(p.t)),
			}},
			0x00209113: items{{0x00200032: fmt.Sprintf(`1\2\%d`, p.z)}},
			0x00409096: items{
				{0x004008ea: items{{0x00080100: "g/ml{SUVbw}"}}, 0x00409224: fd(0), 0x00409225: fd(100)},
				{0x004008ea: items{{0x00080100: "Bq/ml"}}, 0x00409224: fd(1), 0x00409225: fd(float64(n) + 0.5)},
			},
		})
	}
	return o.with(0x52009230, frames)
}

// What multi says, by hand.
func TestAMultiFrameObjectNamesItsPlanes(t *testing.T) {
	found := read(multi())
	if found.Fault.Code != "" {
		t.Fatal(found.Fault)
	}
	at := func(s int) time.Time { return time.Date(2024, 3, 1, 12, 0, s, 5e8, time.UTC) }
	want := &ingest.Planes{
		Positions: [][3]float64{{1, 2, 3}, {1, 2, 0}},
		Times:     []ingest.PlaneTime{{AcquisitionTime: at(60), Duration: 90 * time.Second}, {AcquisitionTime: at(0), Duration: 30 * time.Second}},
		At:        []int{0, 2, 1, 3},
	}
	if diff := cmp.Diff(want, found.Instance.Planes); diff != "" {
		t.Errorf("planes (-want +got):\n%s", diff)
	}
	s := found.Header.Strict
	if s.Units != "BQML" || s.SeriesType != "DYNAMIC" || s.DecayCorrection != "START" || s.PixelSpacing != [2]float64{2, 2} || s.Orientation != [6]float64{1, 0, 0, 0, 1, 0} {
		t.Errorf("%+v", s)
	}
	if got := found.Header.Soft.CorrectedImage; !slices.Equal(got, []string{"DECY"}) {
		t.Errorf("corrected for %v", got)
	}
	if got := read(multi().with(0x00189758, "NO").with(0x00189759, "NO")).Header.Soft.CorrectedImage; !slices.Equal(got, []string{"NONE"}) {
		t.Errorf("not corrected, and it says %v", got)
	}
	if got := read(multi().with(0x00189759, "YES").with(0x00189760, "YES")).Header.Soft.CorrectedImage; !slices.Equal(got, []string{"DECY", "ATTN", "SCAT"}) {
		t.Errorf("corrected for %v", got)
	}
	if want := time.Date(2024, 3, 1, 11, 59, 0, 0, time.UTC); !found.Header.Soft.DecayOrigin.Equal(want) || found.Header.Soft.SliceThickness != 3 {
		t.Errorf("%+v", found.Header.Soft)
	}
}

func TestTheImagesOfAMultiFrameObjectHaveTheirOwnSlopes(t *testing.T) {
	want := [][]float64{{1*0.5 + 1, 2*0.5 + 1}, {3*1.5 + 1, 4*1.5 + 1}, {5*2.5 + 1, 6*2.5 + 1}, {-1*3.5 + 1, 8*3.5 + 1}}
	if diff := cmp.Diff(want, values(t, multi().bytes())); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	shared := multi()
	var frames items
	for _, f := range shared.elements[0x52009230].(items) {
		frames = append(frames, map[uint32]any{0x00209111: f[0x00209111], 0x00209113: f[0x00209113]})
	}
	want = [][]float64{{7, 14}, {21, 28}, {35, 42}, {-7, 56}}
	if diff := cmp.Diff(want, values(t, shared.with(0x52009230, frames).bytes())); diff != "" {
		t.Errorf("values by the shared slope (-want +got):\n%s", diff)
	}
}

// A mapping to a unit that is known by another name or scale counts as well,
// one to a unit that is not does not, and then it must not scale the frames
// against each other.
func TestMappingsToOtherUnits(t *testing.T) {
	to := func(unit string, slopes ...float64) object {
		o := multi()
		for n, f := range o.elements[0x52009230].(items) {
			f[0x00409096] = items{{0x004008ea: items{{0x00080100: unit}}, 0x00409224: fd(0), 0x00409225: fd(slopes[n])}}
		}
		return o.with(0x00541001, "BQML")
	}
	for unit, factor := range map[string]float64{"Bq/ml": 1, "kBq/mL": 1e3, "Bq/cm3": 1, "nCi/mL": 37} {
		want := [][]float64{{1 * factor, 2 * factor}, {3 * 2 * factor, 4 * 2 * factor}, {5 * 3 * factor, 6 * 3 * factor}, {-4 * factor, 8 * 4 * factor}}
		if diff := cmp.Diff(want, values(t, to(unit, 1, 2, 3, 4).bytes())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", unit, diff)
		}
	}
	// The code of DICOM's context group 85, and what others write for it.
	for _, unit := range []string{"{SUVbw}g/ml", "g/ml{SUVbw}", "g/ml", "{SUV}g/mL"} {
		o := to(unit, 1, 1, 1, 1).with(0x00541001, nil)
		if h := read(o).Header; h.Strict.Units != "GML" || h.Soft.SUVPerUnit != 1 {
			t.Errorf("%s: units %q, %g g/mL each", unit, h.Strict.Units, h.Soft.SUVPerUnit)
		}
	}
	if diff := cmp.Diff([][]float64{{7, 14}, {21, 28}, {35, 42}, {-7, 56}}, values(t, to("g/ml{SUVlbm}", 2, 2, 2, 2).bytes())); diff != "" {
		t.Errorf("one slope to another unit beside RescaleSlope (-want +got):\n%s", diff)
	}
	if found := read(to("g/ml{SUVlbm}", 2, 2, 3, 2)); found.Fault.Code != ingest.CodeUnits {
		t.Errorf("slopes to another unit that differ: %v", found.Fault)
	}
}

// Where Units names the unit of RescaleSlope, a mapping to the same unit must
// give the same numbers. A slope of 1 scales nothing.
func TestAMappingThatDiffersFromRescaleSlopeIsDoubted(t *testing.T) {
	for _, tt := range []struct {
		units, rescale string
		mapped, want   float64
	}{
		{"BQML", "7", 7, 0}, {"BQML", "7.00001", 7, 0}, {"BQML", "7", 3.5, 2}, {"BQML", "1", 3.5, 0}, {"CNTS", "7", 3.5, 0}, {"", "7", 3.5, 0}, {"BQML", "7", 14, 0.5},
	} {
		o := multi().with(0x00541001, tt.units)
		for _, f := range o.elements[0x52009230].(items) {
			f[0x00409096] = items{{0x004008ea: items{{0x00080100: "Bq/ml"}}, 0x00409224: fd(0), 0x00409225: fd(tt.mapped)}}
		}
		shared := o.elements[0x52009229].(items)
		shared[0][0x00289145] = items{{0x00281052: "0", 0x00281053: tt.rescale}}
		if got := read(o).Header.Soft.Rescaled; got != tt.want {
			t.Errorf("%+v: %g", tt, got)
		}
	}
}

// values reads an object as the line does, a few bytes at a time.
func values(t *testing.T, data []byte) [][]float64 {
	t.Helper()
	var d dicom.Decoder
	defer d.Close()
	var all [][]float64
	err := d.Read(bytes.NewReader(data), int64(len(data)), func(s *dicom.Slice) error {
		all = append(all, s.AppendValues(nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestMultiFrameObjectsThatCannotBeRead(t *testing.T) {
	frames := func(change func(map[uint32]any)) object {
		var list items
		for n, f := range multi().elements[0x52009230].(items) {
			item := map[uint32]any{}
			for tag, v := range f {
				item[tag] = v
			}
			if n == 2 {
				change(item)
			}
			list = append(list, item)
		}
		return multi().with(0x52009230, list)
	}
	set := func(seq, tag uint32, v any) func(map[uint32]any) {
		return func(item map[uint32]any) { item[seq] = items{{tag: v}} }
	}
	tests := []struct {
		name   string
		object object
		code   ingest.Code
	}{
		{"more frames than groups", multi().with(0x00280008, "5"), ingest.CodeFrames},
		{"two thousand million frames", multi().with(0x00280008, "2147483647"), ingest.CodeFrames},
		{"a million frames without a group", multi().with(0x52009230, slices.Repeat(items{{}}, 1_000_000)).with(0x00280008, "1000000"), ingest.CodeTooLarge},
		{"no groups", multi().with(0x52009230, nil), ingest.CodeFrames},
		{"a frame too few in the pixel data", multi().with(0x7fe00010, make(pixelBytes, 12)), ingest.CodePixelLength},
		{"a frame without place", frames(func(f map[uint32]any) { delete(f, 0x00209113) }), ingest.CodeGeometry},
		{"a frame at no number", frames(set(0x00209113, 0x00200032, `1\2\NaN`)), ingest.CodeGeometry},
		{"a frame in another city", frames(set(0x00209113, 0x00200032, `1\2\1e9`)), ingest.CodeGeometry},
		{"a tilted frame", frames(set(0x00209116, 0x00200037, `0\1\0\1\0\0`)), ingest.CodeGeometry},
		{"a slope that is no number", frames(set(0x00409096, 0x00409225, fd(math.NaN()))).with(0x52009229, items{{
			0x00209116: items{{0x00200037: `1\0\0\0\1\0`}}, 0x00289110: items{{0x00280030: `2\2`}}}}), ingest.CodeUnits},
		{"two mappings to one unit", frames(func(f map[uint32]any) {
			f[0x00409096] = items{
				{0x004008ea: items{{0x00080100: "Bq/ml"}}, 0x00409224: fd(0), 0x00409225: fd(2)},
				{0x004008ea: items{{0x00080100: "kBq/ml"}}, 0x00409224: fd(0), 0x00409225: fd(0.003)},
			}
		}), ingest.CodeUnits},
		{"a duration of -1 s", frames(set(0x00209111, 0x00189220, fd(-1000))), ingest.CodeTiming},
		{"a duration that is no number", frames(set(0x00209111, 0x00189220, fd(math.NaN()))), ingest.CodeTiming},
		{"a time in words", frames(set(0x00209111, 0x00189074, "noon")), ingest.CodeTiming},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := read(tt.object)
			if found.Fault.Code != tt.code || !found.PET {
				t.Errorf("fault %q, want %s", found.Fault, tt.code)
			}
			var d dicom.Decoder
			data := tt.object.bytes()
			err := d.Read(bytes.NewReader(data), int64(len(data)), func(*dicom.Slice) error { return nil })
			if ingest.ReasonOf(err) != found.Fault {
				t.Errorf("Read says %v", err)
			}
		})
	}
}

func appendFD(out []byte, bo binary.AppendByteOrder, v fd) []byte {
	return bo.AppendUint64(out, math.Float64bits(float64(v)))
}

// Frames and injection may each have an offset of their own.
func TestMultiFrameTimesAreOfOneZone(t *testing.T) {
	stamped := func(first, second string) object {
		o := multi()
		for n, frame := range o.elements[0x52009230].(items) {
			frame[0x00209111].(items)[0][0x00189074] = []string{second, first}[n%2]
		}
		return o.with(0x00540016, items{{0x00181075: "1224", 0x00181078: "20240301105900+0000"}}).with(0x00189701, "20240301105900+0000")
	}
	found := read(stamped("20240301120000.5+0100", "20240301110100.5+0000"))
	times, soft := found.Instance.Planes.Times, found.Header.Soft
	if d := times[0].AcquisitionTime.Sub(times[1].AcquisitionTime); d != time.Minute || found.Fault.Code != "" {
		t.Errorf("frames %v apart; %v", d, found.Fault)
	}
	if d := times[1].AcquisitionTime.Sub(soft.Injection); d != 60500*time.Millisecond || len(soft.TimeDoubts) > 0 {
		t.Errorf("injected %v before the first frame; doubts %q", d, soft.TimeDoubts)
	}
	if d := times[1].AcquisitionTime.Sub(soft.DecayOrigin); d != 60500*time.Millisecond {
		t.Errorf("corrected to %v before the first frame", d)
	}
	if found := read(stamped("20240301120000.5", "20240301120100.5")); len(found.Header.Soft.TimeDoubts) != 2 {
		t.Errorf("an injection and a decay origin of another zone than the frames': doubts %q", found.Header.Soft.TimeDoubts)
	}
	if found := read(stamped("20240301120000.5", "20240301110100.5+0000")); found.Fault.Code != ingest.CodeTiming {
		t.Errorf("frames of which some have an offset: %v", found.Fault)
	}
}
