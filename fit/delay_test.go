package fit_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tacstream/extract"
	"tacstream/fit"
	"tacstream/ingest"
)

// sampledEarlier returns the scan with blood that was sampled so much before the
// tracer reaches the regions.
func sampledEarlier(s fit.Scan, delay time.Duration) fit.Scan {
	s.Blood.Parent = slices.Clone(s.Blood.Parent)
	for i := range s.Blood.Parent {
		s.Blood.Parent[i].At -= delay
	}
	s.Blood.Whole = s.Blood.Parent
	return s
}

// late returns samples from a time on.
func late(list []extract.Sample, from time.Duration) []extract.Sample {
	i := slices.IndexFunc(list, func(s extract.Sample) bool { return s.At >= from })
	return list[i:]
}

// lateBlood is a scan of which the rise of the blood was not sampled, so that the
// search ends where it must.
func lateBlood() fit.Scan {
	s := sampledEarlier(cortex(0.05, 0.05), 80*time.Second)
	s.Blood.Parent = late(s.Blood.Parent, 90*time.Second)
	s.Blood.Whole = s.Blood.Parent
	return s
}

// Where the search ends at an end of its range, the delay is 0 and the reason is
// said, if there is one; curves that do not fit then are refused.
func TestADelayThatIsNotFound(t *testing.T) {
	noisy := closedSets()[1].scan(rand.New(rand.NewPCG(3, 3)), 12)
	withoutWhole := sampledEarlier(cortex(0.05, 0.05), -40*time.Second)
	withoutWhole.Blood.Whole = nil
	for _, test := range []struct {
		name string
		scan fit.Scan
		says string // "" for a refusal
	}{
		{"a delay that noise hides", sampledEarlier(noisy, 80*time.Second), "the curves fit without a delay"},
		{"no whole blood", withoutWhole, "without whole blood"},
		{"no samples of the rise", lateBlood(), "the rise of the plasma"},
		{"80 s too late", sampledEarlier(cortex(0.05, 0.05), 80*time.Second), ""},
		{"50 s too early", sampledEarlier(noisy, -50*time.Second), ""},
	} {
		delay, doubts, err := fit.FindDelay(test.scan)
		if test.says == "" {
			if !errors.Is(err, fit.ErrBlood) {
				t.Errorf("%s: %v, %v, %v", test.name, delay, doubts, err)
			}
			continue
		}
		if err != nil || delay != 0 || len(doubts) != 1 || doubts[0].Code != ingest.WarnDelay || !strings.Contains(doubts[0].Detail, test.says) {
			t.Errorf("%s: %v, %v, %v", test.name, delay, doubts, err)
		}
	}
}

// Real scans of which the first ninety seconds of blood are lost are not refused:
// either a delay is found, or it is 0 and that is said.
func TestRealScansWithoutTheRiseOfTheBlood(t *testing.T) {
	fallen := 0
	for _, scan := range [][2]string{{"sub-04", "ses-baseline"}, {"sub-04", "ses-blocked"}, {"sub-21", "ses-test"}, {"sub-21", "ses-retest"}} {
		s := bloodScan(t, scan[0], scan[1])
		s.TACs = s.TACs[:12]
		s.Blood.Parent, s.Blood.Whole = late(s.Blood.Parent, 90*time.Second), late(s.Blood.Whole, 90*time.Second)
		delay, doubts, err := fit.FindDelay(s)
		if err != nil || len(doubts) > 0 && delay != 0 {
			t.Errorf("%s: %v, %v, %v", scan, delay, doubts, err)
		}
		fallen += len(doubts)
	}
	if fallen == 0 {
		t.Error("the search ended at an end of its range in none of the scans: nothing was tried")
	}
}
