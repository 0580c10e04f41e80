package ingest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Assess puts the records of one series together and says what is right or
// wrong with it. Quiet says that nothing came for the quiet time, so that
// what is missing will hardly come: without it, missing slots and left-out
// counts give Receiving. The assembly is whole if the condition is Ready;
// whether it has regions is decided elsewhere.
//
// A series is not judged by a part of it: until as many instances are there as
// its headers count, or it is quiet, whatever seems to be wrong gives Receiving
// too. A series without any object is Absent at once.
//
// The order of the records does not matter.
func Assess(series Token, records []Record, quiet bool) (Assembly, Outcome) {
	a := Assembly{Series: series}
	out := Outcome{Series: series, Condition: Receiving}
	// Pointers, since a series may have a hundred thousand records.
	present := make([]*Record, 0, len(records))
	for i := range records {
		if !records[i].Gone {
			present = append(present, &records[i])
		}
	}
	slices.SortFunc(present, compareRecords)
	if len(records) > 0 {
		// Also where every object is gone: the withdrawal goes to the site.
		a.Site, a.Bucket = records[0].Site, records[0].Bucket
		out.Site = a.Site
	}
	if len(present) == 0 {
		out.Condition, out.Reason = Absent, Reason{Code: CodeDeleted, Detail: "every object was deleted"}
		return a, out
	}
	a.Folders = foldersOf(present)
	verdict := a.judge(present, out, quiet)
	if quiet || verdict.Condition == Ready || verdict.Condition == Receiving {
		return a, verdict
	}
	if t := tallyOf(present); !t.complete {
		out.Have, out.Want, out.Multiframe = t.have, t.want, t.multiframe
		if verdict.Slices*verdict.Frames == t.want {
			out.Slices, out.Frames = verdict.Slices, verdict.Frames
		}
		return a, out
	}
	return a, verdict
}

// judge says what is right or wrong with the objects of a series that are
// there, be they all of it or not.
func (a *Assembly) judge(present []*Record, out Outcome, quiet bool) Outcome {
	sound, faulty := split(present)
	if len(sound) == 0 {
		return withoutSound(out, faulty, quiet)
	}
	switch reason := a.agree(sound); reason.Code {
	case "":
	case CodePatients:
		return fail(out, Rejected, reason)
	default:
		return fail(out, Inconsistent, reason)
	}
	unique, reason := a.dedupe(sound)
	if reason.Code != "" {
		return fail(out, Inconsistent, reason)
	}
	faulty = a.ignore(faulty, unique)
	if r, ok := firstRejecting(faulty); ok {
		return fail(out, Rejected, r)
	}
	return a.place(unique, faulty, out, quiet)
}

func split(records []*Record) (sound, faulty []*Record) {
	for _, r := range records {
		if r.sound() {
			sound = append(sound, r)
		} else {
			faulty = append(faulty, r)
		}
	}
	return sound, faulty
}

func fail(out Outcome, c Condition, r Reason) Outcome {
	out.Condition, out.Reason = c, r
	return out
}

// withoutSound judges a series of which no object is sound.
func withoutSound(out Outcome, faulty []*Record, quiet bool) Outcome {
	if r, ok := firstRejecting(faulty); ok {
		return fail(out, Rejected, r)
	}
	if quiet {
		return fail(out, Incomplete, faulty[0].Fault)
	}
	return out
}

func firstRejecting(faulty []*Record) (Reason, bool) {
	for _, r := range faulty {
		if r.Fault.Code.rejects() {
			return r.Fault, true
		}
	}
	return Reason{}, false
}

func foldersOf(records []*Record) []string {
	seen := map[string]bool{}
	for _, r := range records {
		seen[r.Folder()] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// agree takes the header from the first record and returns a reason if another
// one contradicts it.
func (a *Assembly) agree(sound []*Record) Reason {
	a.Header = *sound[0].Header
	for _, r := range sound[1:] {
		if reason := a.Header.Soft.another(r.Header.Soft); reason.Code != "" {
			return reason
		}
		if field := a.Header.Strict.differs(r.Header.Strict); field != "" {
			return Reason{Code: CodeMixed, Detail: "instances disagree on " + field}
		}
		if s, first := r.Header.Soft, a.Header.Soft; s.BqPerMLPerUnit != first.BqPerMLPerUnit || s.SUVPerUnit != first.SUVPerUnit {
			return Reason{Code: CodeMixed, Detail: "the images disagree on the vendor's factor that gives their values a unit"}
		}
		a.split(r.Header.Soft)
	}
	return Reason{}
}

// dedupe keeps one record of each instance. Equal ETags are equal content;
// others, and those of a store that gives none, go to Doubles, to be compared
// when they are read. Two that show different things are a reason.
func (a *Assembly) dedupe(sound []*Record) ([]*Record, Reason) {
	unique := make([]*Record, 0, len(sound))
	for _, r := range sound {
		if len(unique) == 0 || unique[len(unique)-1].uid() != r.uid() {
			unique = append(unique, r)
			continue
		}
		first := unique[len(unique)-1]
		if p, q := first.Instance, r.Instance; p.Position != q.Position || !p.AcquisitionTime.Equal(q.AcquisitionTime) || p.FrameReferenceTime != q.FrameReferenceTime {
			return nil, Reason{Code: CodeConflict, Detail: "two objects with one SOPInstanceUID are images of different slices or times"}
		}
		if last := lastOf(a.Doubles); r.ETag == "" || r.ETag != first.ETag && (last.uid() != r.uid() || last.ETag != r.ETag) {
			a.Doubles = append(a.Doubles, *r)
		}
	}
	return unique, Reason{}
}

func lastOf(records []Record) *Record {
	if len(records) == 0 {
		return &Record{}
	}
	return &records[len(records)-1]
}

// ignore drops faulty copies of instances that are also there sound.
func (a *Assembly) ignore(faulty, unique []*Record) []*Record {
	rest := slices.DeleteFunc(slices.Clone(faulty), func(f *Record) bool {
		_, found := slices.BinarySearchFunc(unique, f, func(u, f *Record) int { return cmp.Compare(u.uid(), f.uid()) })
		return found && f.uid() != ""
	})
	a.Ignored = len(faulty) - len(rest)
	return rest
}

// place gives each instance its slot and judges the grid.
func (a *Assembly) place(unique, faulty []*Record, out Outcome, quiet bool) Outcome {
	if reason := a.Header.Strict.unsuited(); reason.Code != "" {
		return fail(out, Rejected, reason)
	}
	if out.Multiframe = unique[0].Instance.Planes != nil; out.Multiframe {
		if missing, all := partsMissing(unique); missing > 0 {
			return lacksParts(out, missing, all, quiet)
		}
	}
	planes := planesOf(unique)
	g, reason := newGrid(a.Header.Strict, planes)
	if reason.Code != "" {
		return fail(out, Inconsistent, reason)
	}
	wantSlices, wantFrames := a.Header.Strict.counts()
	if out.Multiframe {
		wantSlices, wantFrames = countPlanes(a.Header.Strict, g, unique)
	}
	out.Have, out.Want = len(planes), wantSlices*wantFrames
	out.Slices, out.Frames = cmp.Or(wantSlices, len(g.positions)), cmp.Or(wantFrames, len(g.starts))
	over := max(len(g.positions)-out.Slices, len(g.starts)-out.Frames)
	if (over > 0 || quiet) && g.beds() {
		return fail(out, Rejected, Reason{Code: CodeBeds, Detail: fmt.Sprintf(
			"%d slices were taken at %d times, each with a part of them: the series has several bed positions without common frames; send a series of one bed position", len(g.positions), len(g.starts))})
	}
	if over > 0 {
		return fail(out, Inconsistent, g.surplus(out))
	}
	if slot, ok := g.doubled(); ok {
		return fail(out, Inconsistent, Reason{Code: CodeDuplicate, Detail: "two instances at " + slot.String()})
	}
	if quiet && g.miscounted(a.Header.Strict) {
		out.Want, out.Slices, out.Frames = 0, len(g.positions), len(g.starts)
	}
	total, missing := g.missing(out.Frames, out.Slices)
	switch {
	case total > 0 && quiet:
		out.Missing, a.Torso = missing, g.torso(*a, planes, out.Frames)
		return fail(out, Incomplete, missingReason(total, g.holes(out.Frames, out.Slices, missing), faulty))
	case total > 0, out.Want == 0 && !quiet:
		return out
	}
	out.Condition, out.Unverified = Ready, out.Want == 0
	a.Starts, a.Positions, a.Slots, a.ByReference = g.starts, g.positions, g.fill(planes), g.byReference
	return out
}

// lacksParts judges a concatenation of which objects are missing.
func lacksParts(out Outcome, missing, all int, quiet bool) Outcome {
	if !quiet {
		return out
	}
	return fail(out, Incomplete, Reason{Code: CodeFrameCount, Detail: fmt.Sprintf("%d of the %d objects of a concatenation are missing", missing, all)})
}

// missingReason says what is missing, in words, of which the first few are given.
func missingReason(total int, holes []string, faulty []*Record) Reason {
	detail := fmt.Sprintf("%s missing: %s", Count(total, "image"), strings.Join(holes[:min(len(holes), 3)], ", "))
	if len(holes) > 3 {
		detail += ", …"
	}
	if len(faulty) > 0 {
		detail += fmt.Sprintf("; %s at fault, the first %s", Count(len(faulty), "object"), faulty[0].Fault.Code)
	}
	return Reason{Code: CodeFrameCount, Detail: detail}
}
