package watch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"tacstream/ingest"
)

// sameInjection is how far two headers' times of one injection may differ.
const sameInjection = time.Minute

// longestPause is the longest pause between two parts of one acquisition.
const longestPause = 6 * time.Hour

// Relatives says how a whole series stands to the others of its examination.
type Relatives struct {
	// Lead is the series that this one continues: its frames are fitted there.
	// Empty for a series that stands for itself.
	Lead ingest.Token
	// Parts are the series that continue this one, in order of time.
	Parts []ingest.Assembly
	// Twins are other reconstructions of the same acquisition. They stay apart.
	Twins []ingest.Token
}

// tokens returns the names of the relatives.
func (k Relatives) tokens() ingest.Relatives {
	f := ingest.Relatives{Lead: k.Lead, Twins: k.Twins}
	for _, p := range k.Parts {
		f.Parts = append(f.Parts, p.Series)
	}
	return f
}

// RelativesOf says how a series stands to others, all of them whole. Series are
// joined where they are parts of one acquisition: equal in everything that
// Differs looks at, of one injection that both headers know, and each beginning
// after the one before it ended. Where two that could be joined overlap in
// time, nobody can say which of them goes on with the others, and all stay
// apart.
func RelativesOf(own ingest.Assembly, others []ingest.Assembly) Relatives {
	var k Relatives
	group := []ingest.Assembly{own}
	for _, o := range others {
		if o.Site != own.Site {
			continue
		}
		if twins(own, o) {
			k.Twins = append(k.Twins, o.Series)
		}
		if Differs(own, o) == "" && joinable(own) && joinable(o) {
			group = append(group, o)
		}
	}
	slices.Sort(k.Twins)
	slices.SortFunc(group, func(a, b ingest.Assembly) int {
		return cmp.Or(began(a).Compare(began(b)), cmp.Compare(a.Series, b.Series))
	})
	first, last := 0, len(group) // of the run of parts that own is in
	at := slices.IndexFunc(group, func(a ingest.Assembly) bool { return a.Series == own.Series })
	for i := 1; i < len(group); i++ {
		switch pause, ok := pauseBetween(group[i-1], group[i]); {
		case !ok || pause < 0:
			return k
		case pause <= longestPause:
		case i <= at:
			first = i
		default:
			last = min(last, i)
		}
	}
	if at > first {
		k.Lead = group[first].Series
		return k
	}
	k.Parts = group[first+1 : last]
	return k
}

// Differs names what two series do not share that the parts of one acquisition
// must: examination, frame of reference, grid, units, tracer, injection and
// reconstruction; "" where they share all of it.
func Differs(a, b ingest.Assembly) string {
	s, t := a.Header.Strict, b.Header.Strict
	p, q := a.Header.Soft, b.Header.Soft
	for _, f := range []struct {
		same bool
		name string
	}{
		{p.StudyInstanceUID != "" && p.StudyInstanceUID == q.StudyInstanceUID, "study"},
		{s.FrameOfReferenceUID != "" && s.FrameOfReferenceUID == t.FrameOfReferenceUID, "frame of reference"},
		{s.Rows == t.Rows && s.Columns == t.Columns && s.Orientation == t.Orientation && s.PixelSpacing == t.PixelSpacing && samePlaces(a, b), "grid"},
		{s.Units == t.Units && p.BqPerMLPerUnit == q.BqPerMLPerUnit, "units"},
		{s.HalfLife == t.HalfLife && tracerOf(a) == tracerOf(b), "tracer"},
		{oneInjection(p, q), "injection"},
		{s.SeriesType == t.SeriesType, "type of series"},
		{p.ReconMethod == q.ReconMethod && p.AttenuationCorr == q.AttenuationCorr && slices.Equal(p.CorrectedImage, q.CorrectedImage), "reconstruction"},
	} {
		if !f.same {
			return f.name
		}
	}
	return ""
}

// OutOfTurn says why b does not follow a in time, "" where it does.
func OutOfTurn(a, b ingest.Assembly) string {
	switch pause, ok := pauseBetween(a, b); {
	case !ok:
		return "their times do not say how they follow each other"
	case twins(a, b):
		return "they begin together: two reconstructions of one acquisition"
	case pause < 0:
		return "their frames overlap in time"
	case pause > longestPause:
		return "they lie hours apart"
	}
	return ""
}

// twins reports whether b is another reconstruction of what a shows.
func twins(a, b ingest.Assembly) bool {
	return a.Header.Soft.StudyInstanceUID == b.Header.Soft.StudyInstanceUID && tracerOf(a) == tracerOf(b) &&
		a.Header.Strict.FrameOfReferenceUID == b.Header.Strict.FrameOfReferenceUID &&
		!began(a).IsZero() && began(a).Sub(began(b)).Abs() <= ingest.Simultaneous
}

// began returns when the first frame began, zero where that is not known.
func began(a ingest.Assembly) time.Time {
	if a.ByReference || len(a.Starts) == 0 {
		return time.Time{}
	}
	return a.Starts[0]
}

// pauseBetween returns how long after the end of a the first frame of b began,
// negative where they overlap by more than rounding; ok is false where the
// times do not say.
func pauseBetween(a, b ingest.Assembly) (pause time.Duration, ok bool) {
	if began(a).IsZero() || began(b).IsZero() {
		return 0, false
	}
	t, err := a.Timing()
	if err != nil {
		return 0, false
	}
	last := t.Frames[len(t.Frames)-1]
	pause = began(b).Sub(began(a)) - (last.End() - t.Frames[0].Start)
	if pause < 0 && -pause <= max(ingest.OverlapTolerance, last.Duration/1000) {
		pause = 0
	}
	return pause, true
}

// tracerOf returns what tells the tracer best, "" where nothing does.
func tracerOf(a ingest.Assembly) string {
	if texts := a.Header.Soft.TracerTexts; len(texts) > 0 {
		return texts[0]
	}
	return ""
}

// joinable reports whether the header says when the tracer was injected and
// when the frames were, without which nobody can know what belongs together.
func joinable(a ingest.Assembly) bool {
	_, ok := pauseBetween(a, a)
	return ok && !a.Header.Soft.Injection.IsZero()
}

// oneInjection reports whether two headers can be those of one injection.
func oneInjection(s, t ingest.Soft) bool {
	if s.Injection.IsZero() || t.Injection.IsZero() {
		return s.DoseBq == t.DoseBq
	}
	return s.Injection.Sub(t.Injection).Abs() <= sameInjection
}

// samePlaces reports whether the slices lie in the same places, but for
// rounding.
func samePlaces(a, b ingest.Assembly) bool {
	const rounding = 0.05 // mm
	return slices.EqualFunc(a.Positions, b.Positions, func(p, q [3]float64) bool {
		return math.Abs(p[0]-q[0]) <= rounding && math.Abs(p[1]-q[1]) <= rounding && math.Abs(p[2]-q[2]) <= rounding
	})
}

// examinationOf returns the name under which the series of one examination in one bucket
// find each other, "" where the header has none.
func examinationOf(a ingest.Assembly) string {
	uid := a.Header.Soft.StudyInstanceUID
	if uid == "" {
		return ""
	}
	return ingest.Object{Bucket: a.Bucket, Key: uid}.ID()
}
