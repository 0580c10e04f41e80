package svg

import (
	"fmt"
	"math"
	"strconv"
)

// linear draws the lines of a region that belong to one column, if any.
func (l layout) linear(c *canvas, r Region, column plot, at box) {
	var models []Model
	for _, m := range r.Models {
		if m.Line != nil && m.plot() == column {
			models = append(models, m)
		}
	}
	if len(models) == 0 {
		return
	}
	x, y := spans(models)
	p := newPanel(at, newAxis(x.with(0), 5, round125).rounded(), newAxis(y.with(0), 5, round125).rounded())
	p.xLabel, p.yLabel = column.x, column.y
	p.axes(c)
	beyond := 0
	for i, m := range models {
		beyond += p.lineOf(c, m.Line, l.styles[m.Name], i)
	}
	p.outside(c, beyond, x.some)
}

// spans returns what the axes cover: the later half of the points that decided
// the lines, and of the others those that are not far off. A first frame without
// activity would else make the rest a dot.
func spans(models []Model) (x, y span) {
	late := func(l *Line, i int) bool { return l.Used[i] && 2*i >= len(l.X) }
	used := func(l *Line, i int) bool { return l.Used[i] }
	x, y = spansOf(models, late, span{}, span{})
	x, y = spansOf(models, used, x, y)
	return spansOf(models, func(l *Line, i int) bool { return !l.Used[i] }, x, y)
}

// spansOf returns x and y extended to the points of one kind, as far as they lie
// around x and y.
func spansOf(models []Model, kind func(*Line, int) bool, x, y span) (allX, allY span) {
	allX, allY = x, y
	for _, m := range models {
		for i := range m.Line.Used {
			at, ok := m.Line.pair(i)
			if ok && kind(m.Line, i) && (!x.some || x.around(at.x) && y.around(at.y)) {
				allX, allY = allX.with(at.x), allY.with(at.y)
			}
		}
	}
	return allX, allY
}

// pair returns the numbers of a point, and whether both are numbers.
func (l *Line) pair(i int) (point, bool) {
	return point{l.X[i], l.Y[i]}, isNumber(l.X[i]) && isNumber(l.Y[i])
}

// used returns where the points lie that decided the line, and the first of
// them, which is no number where there is none.
func (l *Line) used() (all span, first float64) {
	first = math.NaN()
	for i, u := range l.Used {
		at, ok := l.pair(i)
		if !u || !ok {
			continue
		}
		if !all.some {
			first = at.x
		}
		all = all.with(at.x)
	}
	return all, first
}

// lineOf draws one line with its points and t*, and returns how many points
// lie outside the axes. The line is thin where it is only drawn on.
func (p panel) lineOf(c *canvas, l *Line, s style, nth int) (beyond int) {
	used, first := l.used()
	p.tStar(c, l, s, first, nth)
	p.straight(c, l.Slope, l.Intercept, p.x.span, "stroke", s.colour, "stroke-width", "0.7", "opacity", "0.5")
	p.points(c, l, s, false, paper)
	p.points(c, l, s, true, s.colour)
	if used.some {
		p.straight(c, l.Slope, l.Intercept, used, s.stroke(1.5)...)
	}
	for i := range l.X {
		if _, ok := l.pair(i); ok && !p.shows(l, i) {
			beyond++
		}
	}
	return beyond
}

// points draws those points that were used, or those that were not.
func (p panel) points(c *canvas, l *Line, s style, used bool, fill string) {
	keep := func(i int) bool { return l.Used[i] == used && p.shows(l, i) }
	p.dots(c, series{l.X, l.Y, keep, s.marker, pointRadius}, "fill", fill, "stroke", s.colour, "stroke-width", "0.9")
}

// shows reports whether a point lies inside the axes.
func (p panel) shows(l *Line, i int) bool {
	at, ok := p.at(l.X[i], l.Y[i])
	return ok && p.holds(at)
}

// tStar marks where the linear phase starts. The text goes to the side where
// it finds room.
func (p panel) tStar(c *canvas, l *Line, s style, x float64, nth int) {
	if !isNumber(x) || !isNumber(l.TStarMin) {
		return
	}
	at := p.x.at(x)
	if at < p.left || at > p.right { // beyond the axes there is nothing to mark
		at = p.right
	} else {
		c.line(point{at, p.bottom}, point{at, p.top}, "stroke", s.colour, "stroke-width", "0.8", "stroke-dasharray", "1.5 2")
	}
	words := "t* " + strconv.FormatFloat(math.Round(l.TStarMin*10)/10, 'f', -1, 64) + " min"
	anchor, shift := "end", -4.0
	if at-p.left < textWidth(words, 9) {
		anchor, shift = "start", 4
	}
	c.text(at+shift, p.top+7+11*float64(nth), words, append(size(9), "text-anchor", anchor, "fill", s.colour)...)
}

// outside says what is not to be seen.
func (p panel) outside(c *canvas, beyond int, some bool) {
	switch {
	case !some:
		p.note(c, "no points")
	case beyond > 0:
		c.text(p.right, p.bottom-5, fmt.Sprintf("%d beyond the axes", beyond), append(size(9), "text-anchor", "end", "fill", soft)...)
	}
}
