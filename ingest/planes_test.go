package ingest

import (
	"testing"
	"time"
)

// multiframe is a record of an object with the given planes of 30 s each, at
// positions in mm and times in s.
func multiframe(uid string, planes ...[2]float64) Record {
	var p Planes
	for _, at := range planes {
		t := PlaneTime{AcquisitionTime: time.Date(2024, 3, 1, 12, 0, int(at[1]), 0, time.UTC), Duration: 30 * time.Second}
		z := [3]float64{0, 0, at[0]}
		i, k := len(p.Times), len(p.Positions)
		for n, known := range p.Times {
			if known == t {
				i = n
			}
		}
		for n, known := range p.Positions {
			if known == z {
				k = n
			}
		}
		if i == len(p.Times) {
			p.Times = append(p.Times, t)
		}
		if k == len(p.Positions) {
			p.Positions = append(p.Positions, z)
		}
		p.At = append(p.At, i*1000+k) // the stride is settled below
	}
	for n, at := range p.At {
		p.At[n] = at/1000*len(p.Positions) + at%1000
	}
	return Record{
		Object: Object{Key: uid, ETag: uid}, Kind: KindSlice, Series: "s",
		Instance: &Instance{SOPInstanceUID: uid, Planes: &p},
		Header:   &Header{Strict: Strict{SeriesInstanceUID: "1", SeriesType: "DYNAMIC", DecayCorrection: "NONE", Orientation: [6]float64{1, 0, 0, 0, 1, 0}}},
	}
}

func TestMultiFrameObjectsFillSlots(t *testing.T) {
	whole := multiframe("a", [2]float64{0, 30}, [2]float64{0, 0}, [2]float64{3, 0}, [2]float64{3, 30})
	a, out := Assess("s", []Record{whole}, false)
	if out.Condition != Ready || out.Have != 4 || out.Want != 4 || !out.Multiframe {
		t.Fatalf("%+v", out)
	}
	for slot, plane := range []int{1, 2, 0, 3} {
		if got := a.Slots[slot].Instance.Plane; got != plane {
			t.Errorf("slot %d holds plane %d, want %d", slot, got, plane)
		}
	}
	timing, err := a.Timing()
	if err != nil || len(timing.Frames) != 2 || timing.Frames[1].Start != 30*time.Second {
		t.Errorf("%+v, %v", timing, err)
	}
}

func TestWhenMultiFrameObjectsAreWhole(t *testing.T) {
	first := multiframe("a", [2]float64{0, 0}, [2]float64{3, 0})
	second := multiframe("b", [2]float64{0, 30}, [2]float64{3, 30})
	part := func(r Record) Record {
		i, p := *r.Instance, *r.Instance.Planes
		p.Parts, i.Planes = 2, &p
		r.Instance = &i
		return r
	}
	counted := func(r Record) Record {
		h := *r.Header
		h.Strict.NumberOfTimeSlices = 2
		r.Header = &h
		return r
	}
	broken := multiframe("a", [2]float64{0, 0})
	broken.Instance.Planes.At[0] = 7
	tests := []struct {
		name    string
		records []Record
		quiet   bool
		want    Condition
	}{
		{"one frame, others may follow", []Record{first}, false, Receiving},
		{"one frame, and nothing follows", []Record{first}, true, Ready},
		{"an object a frame, uncounted", []Record{first, second}, false, Receiving},
		{"an object a frame, counted", []Record{counted(first), counted(second)}, false, Ready},
		{"one of two, counted", []Record{counted(first)}, false, Receiving},
		{"one of two, counted, quiet", []Record{counted(first)}, true, Incomplete},
		{"half a concatenation", []Record{part(first)}, false, Receiving},
		{"half a concatenation, quiet", []Record{part(second)}, true, Incomplete},
		{"a concatenation", []Record{part(second), part(first)}, false, Ready},
		{"a hole", []Record{multiframe("a", [2]float64{0, 0}, [2]float64{3, 0}, [2]float64{0, 30})}, true, Incomplete},
		{"a plane twice", []Record{multiframe("a", [2]float64{0, 0}, [2]float64{0, 0}, [2]float64{0, 30})}, true, Inconsistent},
		{"a plane nowhere", []Record{broken}, true, Incomplete},
	}
	for _, tt := range tests {
		if _, out := Assess("s", tt.records, tt.quiet); out.Condition != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.name, out.Condition, out.Reason, tt.want)
		}
	}
}
