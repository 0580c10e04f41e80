package config

import (
	"fmt"
	"math"
	"strings"
	"time"

	"tacstream/ingest"
)

// Two parts of an acquisition lie on one grid: positions differ by rounding.
const sameplaceMM = 0.05

// longestPause is the longest pause between two parts of one acquisition.
const longestPause = 6 * time.Hour

// apart says why series, in order of their first frames, are not the parts of
// one acquisition; "" means that they are: one study, one frame of reference,
// one grid, one tracer and unit, and times that follow each other.
func apart(series []LocalSeries) string {
	for k := 1; k < len(series); k++ {
		a, b := series[k-1], series[k]
		why := different(a.Assembly, b.Assembly)
		switch {
		case a.Outcome.Condition != ingest.Ready || b.Outcome.Condition != ingest.Ready:
			why = "not all of them are whole"
		case why == "":
			why = outOfTurn(a.Assembly, b.Assembly)
		}
		if why != "" {
			return why
		}
	}
	return ""
}

// different names what two series do not share.
func different(a, b ingest.Assembly) string {
	s, t := a.Header.Strict, b.Header.Strict
	for _, f := range []struct {
		same bool
		name string
	}{
		{a.Header.Soft.StudyInstanceUID != "" && a.Header.Soft.StudyInstanceUID == b.Header.Soft.StudyInstanceUID, "study"},
		{s.FrameOfReferenceUID != "" && s.FrameOfReferenceUID == t.FrameOfReferenceUID, "frame of reference"},
		{s.Rows == t.Rows && s.Columns == t.Columns && s.Orientation == t.Orientation && s.PixelSpacing == t.PixelSpacing && samePlaces(a, b), "grid"},
		{s.Units == t.Units, "units"},
		{s.HalfLife == t.HalfLife && tracerOf(a) == tracerOf(b), "tracer"},
		{sameInjection(a.Header.Soft, b.Header.Soft), "injection"},
	} {
		if !f.same {
			return "they do not share their " + f.name
		}
	}
	return ""
}

// tracerOf returns what tells the tracer best, "" where nothing does.
func tracerOf(a ingest.Assembly) string {
	if texts := a.Header.Soft.TracerTexts; len(texts) > 0 {
		return texts[0]
	}
	return ""
}

// sameInjection reports whether two headers can be those of one injection.
func sameInjection(a, b ingest.Soft) bool {
	if a.Injection.IsZero() || b.Injection.IsZero() {
		return a.DoseBq == b.DoseBq
	}
	return a.Injection.Sub(b.Injection).Abs() <= time.Minute
}

func samePlaces(a, b ingest.Assembly) bool {
	if len(a.Positions) != len(b.Positions) {
		return false
	}
	for i, p := range a.Positions {
		for r := range p {
			if math.Abs(p[r]-b.Positions[i][r]) > sameplaceMM {
				return false
			}
		}
	}
	return true
}

// outOfTurn says why b does not follow a in time.
func outOfTurn(a, b ingest.Assembly) string {
	if a.ByReference || b.ByReference || a.Starts[0].IsZero() || b.Starts[0].IsZero() {
		return "their times do not say how they follow each other"
	}
	t, err := a.Timing()
	if err != nil {
		return err.Error()
	}
	end := a.Starts[0].Add(t.Frames[len(t.Frames)-1].End() - t.Frames[0].Start)
	switch d := b.Starts[0].Sub(end); {
	case b.Starts[0].Sub(a.Starts[0]).Abs() <= time.Second && len(a.Starts) == len(b.Starts):
		return "they begin together: two reconstructions of one acquisition"
	case d < -time.Second:
		return "their frames overlap in time"
	case d > longestPause:
		return "they lie hours apart"
	}
	return ""
}

// listing describes series for people to choose from. It holds nothing that
// identifies a person.
func listing(series []LocalSeries) string {
	var lines []string
	for k, s := range series {
		line := fmt.Sprintf("  --series %d: %s", k+1, s.Outcome.Condition)
		if s.Outcome.Condition == ingest.Ready {
			a := s.Assembly
			line = fmt.Sprintf("  --series %d: %d frames of %d slices, %s, reconstruction %q, begins %v after the first", k+1,
				len(a.Starts), len(a.Positions), a.Header.Strict.Units, a.Header.Soft.ReconMethod, s.start().Sub(series[0].start()).Round(time.Second))
		} else if s.Outcome.Reason.Code != "" {
			line += ": " + s.Outcome.Reason.String()
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
