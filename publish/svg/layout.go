package svg

// A layout is a figure with what its rows share.
type layout struct {
	Figure
	styles map[string]style // by name of model
	names  []string         // of models, in order of appearance
	plots  []plot           // columns of linear plots
}

// A plot is a pair of labels: lines that share both share a column.
type plot struct{ x, y string }

func newLayout(f Figure) layout {
	l := layout{Figure: f, styles: map[string]style{}}
	seen := map[plot]bool{}
	for _, r := range f.Regions {
		for _, m := range r.Models {
			if _, ok := l.styles[m.Name]; !ok {
				l.styles[m.Name] = newStyle(len(l.names))
				l.names = append(l.names, m.Name)
			}
			if p := m.plot(); m.Line != nil && !seen[p] {
				seen[p] = true
				l.plots = append(l.plots, p)
			}
		}
	}
	return l
}

func (m Model) plot() plot {
	if m.Line == nil {
		return plot{}
	}
	return plot{m.Line.XLabel, m.Line.YLabel}
}

func (l layout) width() float64 {
	return 2*margin + leftOfPanel + curveWide + float64(1+len(l.plots))*(leftOfPanel+otherWide)
}

// curveEnd returns where the panel of the curves ends: where there is no model
// there are no residuals, and the curves have their place as well.
func (l layout) curveEnd() float64 {
	if len(l.names) == 0 {
		return l.width() - margin
	}
	return margin + leftOfPanel + curveWide
}

func (l layout) title() string {
	if t := plain(l.Title); t != "" {
		return t
	}
	return DefaultTitle
}
