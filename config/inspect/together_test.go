package inspect

import (
	"testing"
	"time"

	"tacstream/ingest"
)

// What nobody can know of an acquisition is said.
func TestDoubtfulPartsAreNamed(t *testing.T) {
	part := func(injected, counted bool) LocalSeries {
		var s LocalSeries
		if injected {
			s.Assembly.Header.Soft.Injection = time.Unix(0, 0)
		}
		s.Outcome = ingest.Outcome{Have: 10, Unverified: !counted}
		return s
	}
	for name, c := range map[string]struct {
		parts []LocalSeries
		want  map[ingest.Code]ingest.Level
	}{
		"one series":                       {[]LocalSeries{part(false, true)}, nil},
		"one without counts":               {[]LocalSeries{part(true, false)}, map[ingest.Code]ingest.Level{ingest.WarnUnverified: ingest.LevelWarn}},
		"two of one injection":             {[]LocalSeries{part(true, true), part(true, true)}, map[ingest.Code]ingest.Level{ingest.CodeJoined: ingest.LevelNotice}},
		"two, one of an unknown injection": {[]LocalSeries{part(true, true), part(false, true)}, map[ingest.Code]ingest.Level{ingest.CodeJoined: ingest.LevelWarn}},
	} {
		got := togetherness(c.parts)
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", name, got)
		}
		for _, w := range got {
			if w.Level != c.want[w.Code] {
				t.Errorf("%s: %+v", name, w)
			}
		}
	}
}
