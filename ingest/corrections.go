package ingest

import (
	"slices"
	"strings"
)

// corrected reports whether CorrectedImage lists a correction; listed is false
// where the header lists none at all, which says nothing.
func (s Soft) corrected(code string) (done, listed bool) {
	return slices.ContainsFunc(s.CorrectedImage, func(c string) bool { return strings.EqualFold(c, code) }),
		slices.ContainsFunc(s.CorrectedImage, func(c string) bool { return c != "" })
}

// Corrections returns a warning where the images lack a correction without
// which activity is not quantitative. Without that for attenuation it is a
// doubt: curves of deep and shallow regions are then not comparable.
func (h Header) Corrections() []Warning {
	if _, listed := h.Soft.corrected(""); !listed {
		return []Warning{{Code: WarnCorrections, Level: LevelNotice, Value: 1, Detail: "CorrectedImage is empty: what the images are corrected for is not known"}}
	}
	var missing []string
	level := LevelNotice
	for _, c := range []struct {
		codes []string
		name  string
		level Level
	}{
		{[]string{"ATTN"}, "attenuation (ATTN)", LevelDoubt},
		{[]string{"SCAT"}, "scatter (SCAT)", LevelWarn},
		{[]string{"NORM", "DCAL"}, "detector sensitivity (NORM)", LevelNotice},
	} {
		done := slices.ContainsFunc(c.codes, func(code string) bool { ok, _ := h.Soft.corrected(code); return ok })
		if done {
			continue
		}
		missing = append(missing, c.name)
		if c.level == LevelDoubt || level == LevelNotice {
			level = c.level
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []Warning{{
		Code: WarnCorrections, Level: level, Value: float64(len(missing)),
		Detail: "corrections that CorrectedImage does not list: " + strings.Join(missing, ", "),
	}}
}
