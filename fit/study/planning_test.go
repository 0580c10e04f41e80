package study_test

import (
	"errors"
	"math"
	"path/filepath"
	"testing"

	"tacstream/fit/study"
)

func TestPowerAgreesWithR(t *testing.T) {
	eachTruth(t, "power.tsv", func(t *testing.T, dir string) {
		c := compare(t)
		for _, r := range rowsOf(t, filepath.Join(dir, "power.tsv")) {
			n, sd := int(r.number(t, "n")), r.number(t, "sd_logdiff")
			for column, change := range map[string]float64{"power_t_20pct": math.Log(1.2), "power_t_10pct": math.Log(1.1)} {
				got, err := study.PowerOfChange(n, change, sd, 0.05)
				if err != nil {
					t.Fatal(err)
				}
				c.close(column, got, r.number(t, column), exactly)
			}
			for column, share := range map[string]float64{"power_tost_10pct": 0.1, "power_tost_15pct": 0.15} {
				margin, err := study.LogMargin(share)
				if err != nil {
					t.Fatal(err)
				}
				got, err := study.PowerOfEquivalence(n, margin.High, 0, sd, 0.05)
				if err != nil {
					t.Fatal(err)
				}
				c.close(column, got, r.number(t, column), 1e-6) // of R's integrate
			}
		}
	})
}

// The numbers of pairs are those of the powers in R's table, at n and n − 1.
func TestPairsNeeded(t *testing.T) {
	// power.tsv: 10 % with SD 0.05: .718 at 4, .883 at 5; TOST of 10 % with SD 0.07: .739 at 5, .866 at 6.
	if n, err := study.PairsForChange(math.Log(1.1), 0.05, 0.05, 0.8); n != 5 || err != nil {
		t.Errorf("%d pairs, %v", n, err)
	}
	if n, err := study.PairsForEquivalence(-math.Log(0.9), 0.07, 0.05, 0.8); n != 6 || err != nil {
		t.Errorf("%d pairs, %v", n, err)
	}
	if _, err := study.PairsForChange(1e-6, 1, 0.05, 0.8); !errors.Is(err, study.ErrNotIdentified) {
		t.Errorf("a change of nothing: %v", err)
	}
	for name, err := range map[string]error{
		"one pair":      second(study.PowerOfChange(1, 0.1, 0.1, 0.05)),
		"no scatter":    second(study.PowerOfChange(4, 0.1, 0, 0.05)),
		"alpha of 0":    second(study.PowerOfChange(4, 0.1, 0.1, 0)),
		"NaN":           second(study.PowerOfChange(4, math.NaN(), 0.1, 0.05)),
		"margin of NaN": second(study.PowerOfEquivalence(4, math.NaN(), 0, 0.1, 0.05)),
		"power of 1":    second(study.PairsForChange(0.1, 0.1, 0.05, 1)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
