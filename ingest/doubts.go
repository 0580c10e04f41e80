package ingest

import (
	"cmp"
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
	if n := len(a.Split); n > 0 {
		list = append(list, Warn(WarnSplit, LevelDoubt, float64(n), 0,
			"The images of the series disagree on %s: %s. What one of them says is used.", Count(n, "fact"), strings.Join(a.Split, ", ")))
	}
	if by := soft.Rescaled; by != 0 {
		list = append(list, Warn(WarnSplit, LevelDoubt, by, 0,
			"RescaleSlope and RealWorldValueSlope give numbers in %s that differ by a factor of %.4g; RealWorldValueSlope is used.", a.Header.Strict.Units, by))
	}
	list = append(list, soft.impossible()...)
	for _, d := range soft.TimeDoubts {
		list = append(list, Warn(WarnTimeAssumed, LevelDoubt, 1, 0, "%s", d))
	}
	if n := soft.OtherTracers; n > 0 {
		list = append(list, Warn(WarnTracers, LevelDoubt, float64(n), 0,
			"The header names %s; the half-life, dose and injection of the first are used.", Count(n+1, "radiopharmaceutical")))
	}
	if soft.Lossy {
		list = append(list, Warn(WarnLossy, LevelDoubt, 1, 0, "The images were compressed with loss: their values are not those that were reconstructed."))
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
