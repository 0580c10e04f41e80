package study

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// statements puts the finding into sentences: of changes one statement a contrast,
// tracer and verdict, of blocking one a contrast and tracer.
func (s *analysis) statements(f Finding) []Statement {
	var list []Statement
	for _, kind := range []Kind{KindChange, KindBlocking} {
		s.each(kind, func(k Contrast, t Tracer) {
			if len(t.Primary) == 0 {
				return
			}
			switch {
			case !s.state.Complete:
				list = append(list, s.nothing(k, t, "Interim: not every planned scan is settled, so that nothing is claimed."))
			case len(s.state.Changes) > 0:
				why := "The design changed after looking, so that nothing is claimed: " + strings.Join(s.state.Changes, "; ")
				list = append(list, s.nothing(k, t, why+"."))
			case kind == KindChange:
				list = append(list, s.changeStatements(k, t, f.Changes)...)
			default:
				list = append(list, s.blockingStatement(k, t, f))
			}
		})
	}
	return list
}

func (s *analysis) nothing(k Contrast, t Tracer, words string) Statement {
	return Statement{
		Tracer: t.Label, Contrast: k.ID, Kind: k.Kind, Verdict: NoVerdict, Regions: slices.Clone(t.Primary), Words: words,
	}
}

// conditionWords names a condition in sentences.
func (s *analysis) conditionWords(label string) string {
	for _, c := range s.design.Conditions {
		if c.Label == label && c.Name != "" {
			return c.Name
		}
	}
	return label
}

// binding names what a tracer measures.
func binding(t Tracer) string {
	name := t.Name
	if name == "" {
		name = t.Label
	}
	if t.Target == "" {
		return "binding of " + name
	}
	return t.Target + " binding (" + name + ")"
}

// capital returns a sentence, which is not empty, with a capital at its beginning.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func (s *analysis) changeStatements(k Contrast, t Tracer, results []ChangeResult) []Statement {
	var list []Statement
	for _, v := range []Verdict{Raised, Lowered, NoVerdict} {
		st := Statement{Tracer: t.Label, Contrast: k.ID, Kind: KindChange, Verdict: v}
		var parts []string
		for _, region := range t.Primary {
			r := find(results, k.ID, t.Label, region)
			if r.Verdict == v {
				st.Regions, parts = append(st.Regions, region), append(parts, s.changeWords(r))
			}
		}
		if len(parts) == 0 {
			continue
		}
		begin := fmt.Sprintf("%s %s %s: ", s.conditionWords(k.Of), v, binding(t))
		if v == NoVerdict {
			begin = fmt.Sprintf("a change of %s by %s was not shown: ", binding(t), s.conditionWords(k.Of))
		}
		st.Words = capital(begin + strings.Join(parts, "; ") + ".")
		list = append(list, st)
	}
	return list
}

// changeWords says what one region has.
func (s *analysis) changeWords(r *ChangeResult) string {
	if r.Test == nil {
		detail := strings.TrimSuffix(r.Detail, ".")
		if r.Estimate != nil && r.Estimate.Interval != nil {
			return fmt.Sprintf("in %s no test was made, with a change of %s (95 %% %s), for this reason: %s",
				r.Region, amount(r.Estimate.Change, r.Scale), span(*r.Estimate.Interval, r.Scale), detail)
		}
		return fmt.Sprintf("in %s no test was made, for this reason: %s", r.Region, detail)
	}
	interval := span(*r.Estimate.Interval, r.Scale)
	p := fmt.Sprintf("p %s, Holm over %s %s, %s", number(r.Test.P), count(s.design.FamilySize(), "test"),
		number(r.Test.Adjusted), count(len(r.Subjects), "subject"))
	words := fmt.Sprintf("in %s %s (95 %% %s), %s", r.Region, amount(r.Estimate.Change, r.Scale), interval, p)
	if r.Verdict == NoVerdict {
		words = fmt.Sprintf("in %s a change from %s is compatible (95 %%), %s", r.Region, interval, p)
	}
	if r.Sensitivity != nil {
		for _, d := range r.Sensitivity.Disagreements {
			words += "; " + strings.TrimSuffix(strings.ToLower(d[:1])+d[1:], ".")
		}
	}
	return words
}

// count returns a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// blockingStatement sums up one tracer: cancelled or not cancelled only if so in
// every region where the change of the drug alone is claimed.
func (s *analysis) blockingStatement(k Contrast, t Tracer, f Finding) Statement {
	st := Statement{Tracer: t.Label, Contrast: k.ID, Kind: KindBlocking, Verdict: NoVerdict}
	drug, _ := s.design.change(k.Drug)
	name := k.Name
	if name == "" {
		name = k.ID
	}
	var parts []string
	verdicts := map[Verdict]bool{}
	for i := range f.Blocking {
		r := &f.Blocking[i]
		if r.Contrast != k.ID || r.Tracer != t.Label || r.Verdict == NoVerdict {
			continue
		}
		verdicts[r.Verdict] = true
		st.Regions = append(st.Regions, r.Region)
		parts = append(parts, s.blockingWords(r))
	}
	change := "the change of " + binding(t) + " by " + s.conditionWords(drug.Of)
	switch {
	case len(parts) == 0:
		st.Regions = slices.Clone(t.Primary)
		st.Words = capital(fmt.Sprintf("of %s, nothing to cancel was shown.", binding(t)))
		return st
	case len(verdicts) > 1 || verdicts[Undecided]:
		st.Verdict = Undecided
		st.Words = fmt.Sprintf("Whether %s cancelled %s is undecided: ", name, change)
	case verdicts[Cancelled]:
		st.Verdict = Cancelled
		st.Words = fmt.Sprintf("%s cancelled %s: ", capital(name), change)
	default:
		st.Verdict = NotCancelled
		st.Words = fmt.Sprintf("%s did not cancel %s: ", capital(name), change)
	}
	st.Words += strings.Join(parts, "; ") + "."
	return st
}

// blockingWords says what one region has.
func (s *analysis) blockingWords(r *BlockingResult) string {
	scale := s.scaleOf(r.Region)
	begin := fmt.Sprintf("in %s %s", r.Region, r.Verdict)
	if r.Parts == nil {
		return begin + ", for this reason: " + strings.TrimSuffix(strings.Join(r.Failed, ", "), ".")
	}
	words := fmt.Sprintf("%s, %s against baseline", begin, amount(r.Parts.Combined.Change, scale))
	if e := r.Parts.Equivalence; e != nil {
		words += fmt.Sprintf(" (%.3g %% %s, margin %s)",
			100*(1-2*s.alpha), spanOnScale(e.Interval, scale), spanOnScale(e.Margin, scale))
	}
	words += fmt.Sprintf(", p %s against the drug alone", number(r.Parts.DifferenceP))
	left := ""
	if r.Parts.Retained != nil {
		left = fmt.Sprintf(", %.0f %% of the change is left", 100*r.Parts.Retained.Value)
		if i := r.Parts.Retained.Interval; i != nil {
			left += fmt.Sprintf(" (%+.0f to %+.0f %%)", 100*i.Low, 100*i.High)
		}
	}
	switch {
	case r.Remainder:
		words += ", a remainder of " + amount(r.Parts.Combined.Change, scale) + " is shown" + left
	case r.Reduced:
		words += ", but reduced by " + strings.TrimLeft(amount(math.Abs(r.Parts.Difference.Change), scale), "+") + left
	case r.Reversed:
		words += ", reversed"
	default:
		words += left
	}
	if r.Verdict == Undecided {
		words += ", because " + strings.Join(r.Failed, " and ")
		if r.Needed > 0 {
			words += fmt.Sprintf("; about %d subjects with all three scans would be needed", r.Needed)
		}
	}
	words += ", " + count(len(r.Subjects), "subject")
	for _, o := range r.LeftOut {
		if o.Verdict != r.Verdict {
			words += fmt.Sprintf("; without one subject, %s, the verdict would be %s", o.Name, o.Verdict)
		}
	}
	for _, o := range r.Restored {
		if o.Verdict != r.Verdict {
			words += fmt.Sprintf("; with the scans excluded as %s it would be %s", o.Name, o.Verdict)
		}
	}
	return words
}

// amount returns a change in words: a percentage, or a difference on the raw scale.
func amount(change float64, scale Scale) string {
	if scale == ScaleLog {
		return fmt.Sprintf("%+.1f %%", 100*change)
	}
	return fmt.Sprintf("%+.3g", change)
}

// span returns an interval of a change in words.
func span(i Interval, scale Scale) string {
	if scale == ScaleLog {
		return fmt.Sprintf("%+.1f to %+.1f %%", 100*i.Low, 100*i.High)
	}
	return fmt.Sprintf("%+.3g to %+.3g", i.Low, i.High)
}

// spanOnScale is span of an interval that is still on the scale of the tests.
func spanOnScale(i Interval, scale Scale) string {
	return span(Interval{shown(i.Low, scale), shown(i.High, scale)}, scale)
}

// number returns a p in words, with two digits.
func number(p float64) string {
	switch {
	case p < 1e-99:
		return "below 1e-99"
	case p < 1e-4:
		return fmt.Sprintf("%.0e", p)
	case p < 0.1:
		return fmt.Sprintf("%.2g", p)
	}
	return fmt.Sprintf("%.2f", p)
}

// assumptions returns what must stand beside every claim.
func (s *analysis) assumptions(f Finding) []string {
	var list []string
	if s.Scale == ScaleLog {
		list = append(list, "A mean change is that of geometric means.")
	}
	list = append(list, "Intervals are not adjusted for the number of tests.",
		"A change that was not shown is not shown to be absent.")
	if order := s.orderWords(); order != "" {
		list = append(list, order)
	}
	unknown := func(r ChangeResult) bool { return r.Sensitivity != nil && r.Sensitivity.FitShare == nil }
	if slices.ContainsFunc(f.Changes, unknown) {
		list = append(list, "Some estimates have no standard error: the share of their noise in the changes "+
			"and the mean weighted by it are left out there.")
	}
	for _, k := range s.design.Contrasts {
		if k.Kind == KindBlocking {
			if words := s.blockerWords(k); words != "" {
				list = append(list, words)
			}
		}
	}
	for _, c := range f.Covariates {
		list = append(list, fmt.Sprintf("Under %s, %s with %s was %.3g in the mean, from %.3g to %.3g.",
			s.conditionWords(c.Condition), c.Covariate, c.Tracer, c.Mean, c.Least, c.Most))
	}
	return list
}

// orderWords says whether a drift over time could look like an effect.
func (s *analysis) orderWords() string {
	if !slices.ContainsFunc(s.design.Contrasts, func(k Contrast) bool { return k.Kind == KindChange }) {
		return ""
	}
	orders := map[string]map[int]bool{} // of a condition
	for at, o := range s.table.counted {
		if o.Order == 0 {
			return "The order of the scans is not known: a drift over time cannot be told from an effect."
		}
		if orders[at.condition] == nil {
			orders[at.condition] = map[int]bool{}
		}
		orders[at.condition][o.Order] = true
	}
	for _, places := range orders {
		if len(places) > 1 {
			return "The order of conditions differs between subjects."
		}
	}
	return "The order of conditions is the same in all subjects: a drift over time cannot be told from an effect."
}

// blockerWords says that no scan shows what the blocker does alone.
func (s *analysis) blockerWords(k Contrast) string {
	drug, _ := s.design.change(k.Drug)
	combined, _ := s.design.change(k.Combined)
	drugs := func(label string) []string {
		i := slices.IndexFunc(s.design.Conditions, func(c Condition) bool { return c.Label == label })
		return s.design.Conditions[i].Drugs
	}
	blocker := slices.DeleteFunc(slices.Clone(drugs(combined.Of)), func(d string) bool {
		return slices.Contains(drugs(drug.Of), d)
	})
	slices.Sort(blocker)
	alone := func(c Condition) bool {
		return len(blocker) > 0 && slices.Equal(slices.Sorted(slices.Values(c.Drugs)), blocker)
	}
	if slices.ContainsFunc(s.design.Conditions, alone) {
		return ""
	}
	name := k.Name
	if name == "" {
		name = "the blocker"
	}
	return fmt.Sprintf("No scan was made with %s alone, so that its own effect is not known.", name)
}
