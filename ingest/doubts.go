package ingest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Doubts returns what the headers let doubt of the series, apart from its
// times.
func (a Assembly) Doubts() []Warning {
	soft := a.Header.Soft
	list := append(a.Header.Corrections(), soft.checkHalfLife(seconds(a.Header.Strict.HalfLife))...)
	doubt := func(c Code, value float64, format string, args ...any) {
		list = append(list, Warning{Code: c, Level: LevelDoubt, Value: value, Detail: fmt.Sprintf(format, args...)})
	}
	if len(a.Split) > 0 {
		doubt(WarnSplit, float64(len(a.Split)), "instances disagree on %s: what one of them says is taken", strings.Join(a.Split, ", "))
	}
	if soft.Rescaled != 0 {
		doubt(WarnSplit, soft.Rescaled, "RescaleSlope and RealWorldValueSlope give different numbers in %s, by this factor: the latter is taken", a.Header.Strict.Units)
	}
	for _, d := range soft.TimeDoubts {
		doubt(WarnTimeAssumed, 1, "%s", d)
	}
	if soft.OtherTracers > 0 {
		doubt(WarnTracers, float64(soft.OtherTracers), "further radiopharmaceuticals in the header: the half-life, dose and injection of the first are taken")
	}
	if soft.Lossy {
		doubt(WarnLossy, 1, "the images were compressed with loss: their values are not those that were reconstructed")
	}
	return list
}

// checkHalfLife compares the half-life with the nuclide by its code or, which is
// less certain, by the free texts that may name the tracer.
func (s Soft) checkHalfLife(halfLife time.Duration) []Warning {
	named := nuclideIn(s.TracerTexts)
	list := CheckHalfLife(cmp.Or(s.Nuclide, named), halfLife)
	for i := range list {
		if s.Nuclide == "" && named != "" && Nuclide(halfLife) != "" {
			list[i].Level = LevelWarn
		}
	}
	return list
}

// split notes in which soft facts of the header an instance disagrees with the
// first.
func (a *Assembly) split(s Soft) {
	first := a.Header.Soft
	for _, f := range []struct {
		name string
		same bool
	}{
		{"SeriesTime", together(s.SeriesStart, first.SeriesStart)},
		{"the time of the injection", together(s.Injection, first.Injection)},
		{"DecayCorrectionDateTime", together(s.DecayOrigin, first.DecayOrigin)},
		{"RadionuclideTotalDose", s.DoseBq == first.DoseBq},
		{"PatientWeight", s.WeightKg == first.WeightKg},
		{"RadionuclideCodeSequence", s.Nuclide == first.Nuclide},
		{"CorrectedImage", slices.Equal(s.CorrectedImage, first.CorrectedImage)},
	} {
		if !f.same && !slices.Contains(a.Split, f.name) {
			a.Split = append(a.Split, f.name)
		}
	}
}

// together reports whether two times are one, or both missing.
func together(a, b time.Time) bool {
	return a.IsZero() == b.IsZero() && math.Abs(a.Sub(b).Seconds()) <= Simultaneous.Seconds()
}
