package inspect

import (
	"fmt"
	"strings"
	"time"

	"tacstream/ingest"
	"tacstream/ingest/watch"
)

// apart says why series, in order of their first frames, are not the parts of
// one acquisition; "" means that they are: one study, one frame of reference,
// one grid, one tracer and unit, and times that follow each other.
func apart(series []LocalSeries) string {
	for k := 1; k < len(series); k++ {
		a, b := series[k-1], series[k]
		why := watch.Differs(a.Assembly, b.Assembly)
		switch {
		case a.Outcome.Condition != ingest.Ready || b.Outcome.Condition != ingest.Ready:
			why = "not all of them are whole"
		case why != "":
			why = "they do not share their " + why
		default:
			why = watch.OutOfTurn(a.Assembly, b.Assembly)
		}
		if why != "" {
			return why
		}
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
