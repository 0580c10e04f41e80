package watch_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/ingest"
)

// A wrongKind is a series with something wrong in it, or nothing.
type wrongKind struct {
	name    string
	records []ingest.Record
	want    ingest.Condition // when it is quiet and every object is there
	code    ingest.Code
	// counted is how many instances complete the series, 0 where only the quiet
	// time does.
	counted int
}

// all changes every record of a series.
func all(rs []ingest.Record, change func(i int, r *ingest.Record)) []ingest.Record {
	for i := range rs {
		rs = edited(i, func(r *ingest.Record) { change(i, r) })(rs)
	}
	return rs
}

// another returns a record like one of a series, under another key.
func another(r ingest.Record, change func(*ingest.Record)) ingest.Record {
	inst, head := *r.Instance, *r.Header
	r.Instance, r.Header, r.Key, r.ETag = &inst, &head, "b/"+r.Key, r.ETag+"-other"
	change(&r)
	return r
}

// enhanced returns an object that holds planes of frames × slices.
func enhanced(uid string, parts, frames, slices int) ingest.Record {
	r := wholeSeries(1, 1)[0]
	r.Key, r.ETag, r.Instance.SOPInstanceUID = "a/"+uid, uid, uid
	r.Header.Strict.NumberOfSlices, r.Header.Strict.NumberOfTimeSlices = 0, 0
	p := &ingest.Planes{Parts: parts}
	for s := range slices {
		p.Positions = append(p.Positions, [3]float64{0, 0, 2 * float64(s)})
	}
	for f := range frames {
		p.Times = append(p.Times, ingest.PlaneTime{AcquisitionTime: firstFrame.Add(time.Duration(f) * time.Minute), Duration: time.Minute})
	}
	for n := range frames * slices {
		p.At = append(p.At, n)
	}
	r.Instance.Planes = p
	return r
}

func faultOf(code ingest.Code) func(*ingest.Record) {
	return func(r *ingest.Record) { r.Fault = ingest.Reason{Code: code} }
}

func wrongKinds() []wrongKind {
	const n = 6
	one := func(change func(*ingest.Record)) []ingest.Record { return edited(4, change)(wholeSeries(2, 3)) }
	more := func(i int, change func(*ingest.Record)) []ingest.Record {
		rs := wholeSeries(2, 3)
		return append(rs, another(rs[i], change))
	}
	every := func(change func(int, *ingest.Record)) []ingest.Record { return all(wholeSeries(2, 3), change) }
	uncounted := func(r *ingest.Record) { r.Header.Strict.NumberOfSlices = 0 }
	same := func(*ingest.Record) {}
	own := func(r *ingest.Record) { r.Instance.SOPInstanceUID += ".7" }
	beds := all(wholeSeries(1, 12), func(i int, r *ingest.Record) {
		r.Header.Strict.SeriesType, r.Instance.AcquisitionTime = "WHOLE BODY", firstFrame.Add(time.Duration(i/4)*time.Minute)
	})
	twice := enhanced("1", 0, 2, 3)
	twice.Instance.Planes.At[1] = 0
	broken := enhanced("1", 0, 2, 3)
	broken.Fault.Code = ingest.CodeUnits
	parts := []ingest.Record{enhanced("1", 3, 1, 3), enhanced("2", 3, 1, 3), enhanced("3", 3, 1, 3)}
	return []wrongKind{
		{"nothing", wholeSeries(2, 3), ingest.Ready, "", n},
		{"a copy of every object, as in a move", append(wholeSeries(2, 3), all(wholeSeries(2, 3), func(_ int, r *ingest.Record) { r.Key = "b/" + r.Key })...), ingest.Ready, "", n},
		{"a copy by an upload in parts, whose ETag differs", more(2, same), ingest.Ready, "", n},
		{"bed positions", beds, ingest.Rejected, ingest.CodeBeds, 12},
		{"bed positions under left-out counts", all(slices.Clone(beds), func(_ int, r *ingest.Record) { uncounted(r) }), ingest.Rejected, ingest.CodeBeds, 0},
		{"every slice at a time of its own", all(wholeSeries(2, 3), func(i int, r *ingest.Record) {
			r.Instance.AcquisitionTime = firstFrame.Add(time.Duration(i) * time.Minute)
		}), ingest.Rejected, ingest.CodeBeds, n},
		{"mixed units", one(func(r *ingest.Record) { r.Header.Strict.Units = "CNTS" }), ingest.Inconsistent, ingest.CodeMixed, n},
		{"a smaller count in one", one(func(r *ingest.Record) { r.Header.Strict.NumberOfSlices = 2 }), ingest.Inconsistent, ingest.CodeMixed, n},
		{"a larger count in one", one(func(r *ingest.Record) { r.Header.Strict.NumberOfSlices = 300 }), ingest.Inconsistent, ingest.CodeMixed, n},
		{"no count in one", one(uncounted), ingest.Inconsistent, ingest.CodeMixed, n},
		{"mixed units under left-out counts", every(func(i int, r *ingest.Record) {
			if uncounted(r); i == 4 {
				r.Header.Strict.Units = "CNTS"
			}
		}), ingest.Inconsistent, ingest.CodeMixed, 0},
		{"a UID that is given again", more(2, func(r *ingest.Record) { r.Instance.Position[2] = 0 }), ingest.Inconsistent, ingest.CodeConflict, n},
		{"one UID for two slices", one(func(r *ingest.Record) { r.Instance.SOPInstanceUID = "1.2.3.0.0" }), ingest.Inconsistent, ingest.CodeConflict, 0},
		{"two instances in a slot", one(func(r *ingest.Record) { r.Instance.Position[2] = 0 }), ingest.Inconsistent, ingest.CodeDuplicate, n},
		{"another instance in a slot", more(2, own), ingest.Inconsistent, ingest.CodeDuplicate, n},
		{"a slice between the others", one(func(r *ingest.Record) { r.Instance.Position[2] = 3 }), ingest.Inconsistent, ingest.CodeSurplus, n},
		{"a slice too many", more(2, func(r *ingest.Record) { own(r); r.Instance.Position[2] = 6 }), ingest.Inconsistent, ingest.CodeSurplus, n},
		{"a volume that moves", one(func(r *ingest.Record) { r.Instance.Position[0] = 7 }), ingest.Inconsistent, ingest.CodeGeometry, n},
		{"a slice without times", one(func(r *ingest.Record) { r.Instance.AcquisitionTime = time.Time{} }), ingest.Inconsistent, ingest.CodeTiming, n},
		{"frames of two days", one(func(r *ingest.Record) { r.Instance.AcquisitionTime = firstFrame.Add(-20 * time.Hour) }), ingest.Inconsistent, ingest.CodeTiming, n},
		{"gated", every(func(_ int, r *ingest.Record) { r.Header.Strict.SeriesType = "GATED" }), ingest.Rejected, ingest.CodeGated, 0},
		{"a slope that is missing", one(faultOf(ingest.CodeUnits)), ingest.Rejected, ingest.CodeUnits, n},
		{"no slope at all", every(func(_ int, r *ingest.Record) { faultOf(ingest.CodeUnits)(r) }), ingest.Rejected, ingest.CodeUnits, n},
		{"a transfer syntax", every(func(_ int, r *ingest.Record) { faultOf(ingest.CodeSyntax)(r) }), ingest.Rejected, ingest.CodeSyntax, n},
		{"projections without counts", every(func(_ int, r *ingest.Record) { uncounted(r); faultOf(ingest.CodeProjection)(r) }), ingest.Rejected, ingest.CodeProjection, 0},
		{"a fault of an object without a UID", one(func(r *ingest.Record) { r.Instance.SOPInstanceUID = ""; faultOf(ingest.CodeGeometry)(r) }), ingest.Rejected, ingest.CodeGeometry, 0},
		{"a fault of an object without facts", one(func(r *ingest.Record) { r.Instance, r.Header = nil, nil; faultOf(ingest.CodeTiming)(r) }), ingest.Rejected, ingest.CodeTiming, 0},
		{"every slice cut off", every(func(_ int, r *ingest.Record) { faultOf(ingest.CodeTruncated)(r) }), ingest.Incomplete, ingest.CodeTruncated, 0},
		{"a slice cut off", one(faultOf(ingest.CodeTruncated)), ingest.Incomplete, ingest.CodeFrameCount, 0},
		{"a slice missing", wholeSeries(2, 3)[:5], ingest.Incomplete, ingest.CodeFrameCount, 0},
		{"a multi-frame object", []ingest.Record{enhanced("1", 0, 2, 3)}, ingest.Ready, "", 1},
		{"a multi-frame object with a plane twice", []ingest.Record{twice}, ingest.Inconsistent, ingest.CodeDuplicate, 1},
		{"a multi-frame object at fault", []ingest.Record{broken}, ingest.Rejected, ingest.CodeUnits, 1},
		{"a concatenation of one frame twice", parts[:3:3], ingest.Inconsistent, ingest.CodeDuplicate, 3},
		{"a concatenation with a part at fault", edited(1, faultOf(ingest.CodeUnits))(slices.Clone(parts)), ingest.Rejected, ingest.CodeUnits, 3},
		{"a part of a concatenation, at fault", edited(0, faultOf(ingest.CodeUnits))(slices.Clone(parts[:2])), ingest.Rejected, ingest.CodeUnits, 0},
	}
}

// instances returns how many instances there are among records.
func instances(rs []ingest.Record) int {
	seen := map[string]bool{}
	for _, r := range rs {
		if r.Instance != nil && r.Instance.SOPInstanceUID != "" {
			seen[r.Instance.SOPInstanceUID] = true
		}
	}
	return len(seen)
}

// orders calls visit with records in order, in reverse and in random orders.
func orders(rs []ingest.Record, visit func([]ingest.Record)) {
	rng := rand.New(rand.NewPCG(7, 8))
	visit(rs)
	for i := range 40 {
		rs = slices.Clone(rs)
		if i == 0 {
			for a, b := 0, len(rs)-1; a < b; a, b = a+1, b-1 {
				rs[a], rs[b] = rs[b], rs[a]
			}
		} else {
			rng.Shuffle(len(rs), func(a, b int) { rs[a], rs[b] = rs[b], rs[a] })
		}
		visit(rs)
	}
}

// However a series arrives, no verdict is on a part of it, and the last verdict
// is the same.
func TestNoVerdictIsOnAPartOfASeries(t *testing.T) {
	for _, kind := range wrongKinds() {
		t.Run(kind.name, func(t *testing.T) {
			_, first := ingest.Assess("tok", kind.records, true)
			if first.Condition != kind.want || first.Reason.Code != kind.code {
				t.Fatalf("in the end %s (%v), want %s %s", first.Condition, first.Reason, kind.want, kind.code)
			}
			orders(kind.records, func(rs []ingest.Record) {
				for k := 1; k <= len(rs); k++ {
					_, out := ingest.Assess("tok", rs[:k:k], false)
					complete := kind.counted > 0 && instances(rs[:k]) >= kind.counted
					if out.Condition != ingest.Receiving && !complete {
						t.Fatalf("%s (%v) by %d of %d objects", out.Condition, out.Reason, k, len(rs))
					}
					if out.Condition == ingest.Receiving && out.Want > 0 && out.Have > out.Want {
						t.Errorf("%d of %d slots filled", out.Have, out.Want)
					}
					if k == len(rs) && complete && (out.Condition != kind.want || out.Reason != first.Reason) {
						t.Errorf("complete: %s (%v), want %s (%v)", out.Condition, out.Reason, kind.want, first.Reason)
					}
				}
				if _, out := ingest.Assess("tok", rs, true); out.Condition != kind.want || out.Reason != first.Reason {
					t.Errorf("in another order %s (%v), want %s (%v)", out.Condition, out.Reason, kind.want, first.Reason)
				}
			})
		})
	}
}

// A Judge that is told of every object as it comes states nothing before the
// series is counted complete or it is quiet, and then what became of it.
func TestTheJudgeStatesNothingOfAPart(t *testing.T) {
	for _, kind := range wrongKinds() {
		t.Run(kind.name, func(t *testing.T) {
			orders(kind.records, func(rs []ingest.Record) {
				d := withRegions(&desk{})
				armed := false
				for k := 1; k <= len(rs); k++ {
					d.records = slices.Clone(rs[:k])
					did := d.check(t, false)
					armed = armed || strings.Contains(did, "arm")
					if complete := kind.counted > 0 && instances(rs[:k]) >= kind.counted; did != "arm" && !complete {
						t.Fatalf("did %q by %d of %d objects", did, k, len(rs))
					}
				}
				if d.state.Condition == ingest.Receiving && !armed {
					t.Fatal("it is being received, and no timer says when it is quiet")
				}
				// Who counts by the first object alone, which was a stray, waits.
				if kind.counted > 0 && d.state.Want <= kind.counted && d.state.Condition != kind.want {
					t.Errorf("complete: %s, want %s", d.state.Condition, kind.want)
				}
				if d.check(t, true); d.state.Condition != kind.want || d.state.Reason.Code != kind.code {
					t.Errorf("when it is quiet: %s (%v), want %s %s", d.state.Condition, d.state.Reason, kind.want, kind.code)
				}
				number := d.state.Revision
				if d.check(t, true); d.state.Condition != kind.want || d.state.Revision != number {
					t.Errorf("a second alarm: %s, number %d after %d", d.state.Condition, d.state.Revision, number)
				}
			})
		})
	}
}

// A multi-frame object and slices under one series: each of both is counted.
func TestAMultiframeObjectAmongSlices(t *testing.T) {
	rs := append([]ingest.Record{enhanced("1", 0, 2, 3)}, wholeSeries(2, 3)...)
	for k, want := range map[int]ingest.Condition{1: ingest.Ready, 2: ingest.Receiving, 6: ingest.Receiving, 7: ingest.Inconsistent} {
		if _, out := ingest.Assess("tok", rs[:k:k], false); out.Condition != want {
			t.Errorf("%d objects: %s (%v), want %s", k, out.Condition, out.Reason, want)
		}
	}
}

// While a move copies an object to its new key before it deletes the old one,
// one instance has two objects for a moment.
func TestAMoveOfASeriesThatIsBeingReceivedIsNoVerdict(t *testing.T) {
	d := withRegions(&desk{})
	rs := wholeSeries(2, 3)
	for k := range rs[:4] {
		d.records = append(d.records, rs[k])
		d.check(t, false)
		copied := rs[k]
		copied.Key, copied.ETag = "b/"+copied.Key, copied.ETag+"-2"
		d.records = append(d.records, copied)
		if did := d.check(t, false); did != "arm" {
			t.Fatalf("copied: did %q", did)
		}
		d.records[2*k].Gone = true
		if did := d.check(t, false); did != "arm" {
			t.Fatalf("deleted: did %q", did)
		}
	}
	for _, r := range rs[4:] {
		d.records = append(d.records, r)
		d.check(t, false)
	}
	if d.state.Condition != ingest.Ready {
		t.Errorf("in the end %s (%v)", d.state.Condition, d.state.Reason)
	}
}

// The only object so far may be deleted and put under another key.
func TestASeriesOfWhichTheFirstObjectIsGoneIsNotAbsentYet(t *testing.T) {
	for _, slices := range []int{3, 0} { // the header counts, and leaves the count out
		d := withRegions(&desk{records: edited(0, func(r *ingest.Record) { r.Header.Strict.NumberOfSlices = slices })(wholeSeries(2, 3)[:1])})
		d.check(t, false)
		d.records[0].Gone = true
		if did := d.check(t, false); did != "arm" {
			t.Errorf("did %q", did)
		}
		if did := d.check(t, true); did != "absent" {
			t.Errorf("when it is quiet: did %q", did)
		}
	}
}

// A whole series is judged anew at once when something is added to it.
func TestWhatComesToAWholeSeriesIsJudgedAtOnce(t *testing.T) {
	for name, change := range map[string]func(*ingest.Record){
		"a contradicting copy":             func(r *ingest.Record) { r.Instance.Position[2] = 0 },
		"another instance in a slot":       func(r *ingest.Record) { r.Instance.SOPInstanceUID = "9" },
		"a slice of another series' count": func(r *ingest.Record) { r.Instance.SOPInstanceUID, r.Header.Strict.NumberOfSlices = "9", 500 },
		"a slice in other units":           func(r *ingest.Record) { r.Instance.SOPInstanceUID, r.Header.Strict.Units = "9", "CNTS" },
	} {
		rs := wholeSeries(2, 3)
		d := withRegions(&desk{records: slices.Clone(rs)})
		d.check(t, false)
		d.state.Done = 1
		d.records = append(d.records, another(rs[2], change))
		if did := d.check(t, false); did != "inconsistent, withdraw before 2" {
			t.Errorf("%s: did %q", name, did)
		}
	}
}
