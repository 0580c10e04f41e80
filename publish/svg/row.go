package svg

// row draws the row of a region, which starts at top.
func (l layout) row(c *canvas, r Region, top float64) {
	c.open("g")
	c.leaf("title", plain(r.Name))
	c.line(point{margin, top}, point{l.width() - margin, top}, "stroke", rule, "stroke-width", "0.8")
	y := top + l.labels(c, r, top)
	at := box{margin + leftOfPanel, y, l.curveEnd(), y + panelHigh}
	l.curves(c, r, at)
	if len(l.names) > 0 {
		l.residuals(c, r, at.next())
	}
	for at, i := at.next().next(), 0; i < len(l.plots); at, i = at.next(), i+1 {
		l.linear(c, r, l.plots[i], at)
	}
	c.shut("g")
}

// next returns the box to the right of b.
func (b box) next() box {
	left := b.right + leftOfPanel
	return box{left, b.top, left + otherWide, b.bottom}
}

// middles returns the middle of every frame.
func (r Region) middles() []float64 {
	var all []float64
	for i, start := range r.StartMin {
		all = append(all, start+(r.EndMin[i]-start)/2)
	}
	return all
}

// time returns the axis of time: from 0, or the first frame if that is before.
func (r Region) time(ticks float64) axis {
	return newAxis(span{}.with(0).with(r.StartMin...).with(r.EndMin...), ticks, roundMinutes)
}

// curves draws what was measured and what was fitted.
func (l layout) curves(c *canvas, r Region, at box) {
	all := span{}.with(0).with(r.Measured...).with(r.Reference...)
	for _, m := range r.Models {
		all = all.with(m.Fitted...)
	}
	p := newPanel(at, r.time(6), newAxis(all, 5, round125).rounded())
	p.xLabel, p.yLabel = "Time (min)", withUnit("Activity", l.Unit)
	p.axes(c)
	mid := r.middles()
	p.curve(c, mid, r.Reference, "fill", "none", "stroke", faint, "stroke-width", "1.2", "stroke-linejoin", "round")
	p.frames(c, r)
	p.dots(c, series{x: mid, y: r.Measured, radius: pointRadius}, "fill", ink)
	for _, m := range r.Models {
		p.curve(c, mid, m.Fitted, l.styles[m.Name].stroke(1.5)...)
	}
	if !(span{}.with(r.Measured...).some) {
		p.note(c, "no data")
	}
}

func withUnit(what, unit string) string {
	if unit = plain(unit); unit == "" {
		return what
	}
	return what + " (" + unit + ")"
}

// frames draws how long every frame lasted.
func (p panel) frames(c *canvas, r Region) {
	var d trace
	for i, v := range r.Measured {
		from, ok := p.at(r.StartMin[i], v)
		if to, ok2 := p.at(r.EndMin[i], v); ok && ok2 {
			d.move(from)
			d.draw(to)
		}
	}
	c.path(d, "fill", "none", "stroke", faint, "stroke-width", "1")
}

// residuals draws the weighted residuals of all models about zero.
func (l layout) residuals(c *canvas, r Region, at box) {
	var all span
	for _, m := range r.Models {
		for _, v := range m.Residuals {
			all = all.with(v, -v)
		}
	}
	p := newPanel(at, r.time(4), newAxis(all.orUnit(), 4, round125).rounded())
	p.xLabel, p.yLabel = "Time (min)", "Weighted residual"
	p.axes(c)
	c.line(point{p.left, p.y.at(0)}, point{p.right, p.y.at(0)}, "stroke", faint, "stroke-width", "0.8")
	mid := r.middles()
	for _, m := range r.Models {
		s := l.styles[m.Name]
		p.curve(c, mid, m.Residuals, append(s.stroke(0.7), "opacity", "0.55")...)
		p.dots(c, series{x: mid, y: m.Residuals, marker: s.marker, radius: pointRadius}, "fill", s.colour)
	}
	if !all.some {
		p.note(c, "no residuals")
	}
}

// orUnit returns the span from -1 to 1 where s covers nothing but zero.
func (s span) orUnit() span {
	if s.hi == s.lo {
		return span{-1, 1, true}
	}
	return s
}
