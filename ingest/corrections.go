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
		return []Warning{Warn(WarnCorrections, LevelNotice, 1, 0, "CorrectedImage is empty, so it is not known what the images are corrected for.")}
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
	return []Warning{Warn(WarnCorrections, level, float64(len(missing)), 0,
		"CorrectedImage lacks %s: %s.", Count(len(missing), "correction"), strings.Join(missing, ", "))}
}
