package svg

import (
	"fmt"
	"strings"
)

// Lengths of the figure, in units of the view box: a page of 180 mm makes a
// text of size 10 about 6 points high.
const (
	margin      = 20.0
	leftOfPanel = 56.0  // labels of the y axis
	curveWide   = 250.0 // panel of the curves
	otherWide   = 186.0
	panelHigh   = 150.0
	belowPanel  = 34.0 // labels of the x axis
	lineHigh    = 15.0
	rowGap      = 16.0
	tickLength  = 3.5
	yTitle      = 38.0 // from the axis to its title
	swatch      = 26.0
)

// maxLabel bounds the title of an axis, in cells.
const maxLabel = 34

// A layout is a figure with what its rows share.
type layout struct {
	Figure
	styles map[string]style // by name of model
	names  []string         // of models, in order of appearance
	plots  []plot           // columns of linear plots
	tops   []float64        // where the rows start, and where the last one ends
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
	l.tops = l.rows()
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

// rows returns where the rows start, and where the last one ends.
func (l layout) rows() []float64 {
	y := l.legendEnd()
	all := []float64{y}
	for _, r := range l.Regions {
		y += l.headHigh(r) + panelHigh + belowPanel + rowGap
		all = append(all, y)
	}
	return all
}

func (l layout) title() string {
	if t := plain(l.Title); t != "" {
		return t
	}
	return DefaultTitle
}

// draw writes the whole file.
func (l layout) draw(c *canvas) {
	wide, high := px(l.width()), px(l.tops[len(l.Regions)]+margin/2)
	c.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	c.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+wide+" "+high,
		"role", "img", "aria-labelledby", "fits-title fits-desc",
		"font-family", "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif", "fill", ink)
	c.leaf("title", l.title(), "id", "fits-title")
	c.leaf("desc", l.description(), "id", "fits-desc")
	c.empty("rect", "width", wide, "height", high, "fill", paper)
	l.head(c)
	for i := range l.Regions {
		l.row(c, i)
	}
	c.shut("svg")
}

// description says in words what the figure shows.
func (l layout) description() string {
	var names []string
	for _, n := range l.names {
		names = append(names, shorten(plain(n), maxName))
	}
	if len(l.names) == 0 {
		return fmt.Sprintf("A row for each region (%d): measured time-activity curves against time in minutes.", len(l.Regions))
	}
	text := fmt.Sprintf("A row for each region (%d): measured and fitted time-activity curves and weighted residuals against time in minutes", len(l.Regions))
	if len(l.plots) > 0 {
		text += ", and the linear plots of graphical models"
	}
	return text + ". Models: " + strings.Join(names, ", ") + "."
}
