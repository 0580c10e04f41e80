package svg

// maxLabel bounds the title of an axis, in cells.
const maxLabel = 34

// Lengths beside an axis, in units of the view box.
const (
	tickLength = 3.5
	yTitle     = 38.0 // from the axis to its title
)

// A box is the area inside the axes of a panel.
type box struct{ left, top, right, bottom float64 }

// A panel is one pair of axes.
type panel struct {
	box
	x, y           axis
	xLabel, yLabel string
}

// newPanel returns a panel whose axes fill a box.
func newPanel(b box, x, y axis) panel {
	return panel{box: b, x: x.between(b.left, b.right), y: y.between(b.bottom, b.top)}
}

// at returns the place of a pair of numbers, and whether both are numbers.
func (p panel) at(x, y float64) (point, bool) {
	return point{p.x.at(x), p.y.at(y)}, isNumber(x) && isNumber(y)
}

// axes draws both axes with their ticks, labels and titles.
func (p panel) axes(c *canvas) {
	var d trace
	d.move(point{p.left, p.top})
	d.draw(point{p.left, p.bottom})
	d.draw(point{p.right, p.bottom})
	for _, v := range p.x.ticks() {
		d.move(point{p.x.at(v), p.bottom})
		d.draw(point{p.x.at(v), p.bottom + tickLength})
	}
	for _, v := range p.y.ticks() {
		d.move(point{p.left, p.y.at(v)})
		d.draw(point{p.left - tickLength, p.y.at(v)})
	}
	c.path(d, "fill", "none", "stroke", ink, "stroke-width", "0.8")
	p.labels(c)
	p.titles(c)
}

func (p panel) labels(c *canvas) {
	c.open("g", append(size(9), "text-anchor", "middle")...)
	for _, v := range p.x.ticks() {
		c.text(p.x.at(v), p.bottom+13, p.x.label(v))
	}
	c.shut("g")
	c.open("g", append(size(9), "text-anchor", "end")...)
	for _, v := range p.y.ticks() {
		c.text(p.left-6, p.y.at(v)+3.2, p.y.label(v))
	}
	c.shut("g")
}

// titles writes what the axes mean, and the factors of their labels at the
// ends of the axes.
func (p panel) titles(c *canvas) {
	middle := append(size(10), "text-anchor", "middle")
	c.text((p.left+p.right)/2, p.bottom+27, shorten(plain(p.xLabel), maxLabel), middle...)
	x, y := p.left-yTitle, (p.top+p.bottom)/2
	turn := "rotate(-90 " + px(x) + " " + px(y) + ")"
	c.text(x, y, shorten(plain(p.yLabel), maxLabel), append(middle, "transform", turn)...)
	if f := p.x.factor(); f != "" {
		c.text(p.right, p.bottom+27, f, append(size(9), "text-anchor", "end")...)
	}
	if f := p.y.factor(); f != "" {
		c.text(p.left-4, p.top-5, f, size(9)...)
	}
}

// curve draws straight lines from value to value, and none across a gap. A
// value between gaps is a dot.
func (p panel) curve(c *canvas, x, y []float64, attrs ...string) {
	var d trace
	run := 0 // values since the last gap
	for i := range y {
		at, ok := p.at(x[i], y[i])
		switch {
		case !ok:
			run = 0
			continue
		case run > 0:
			d.draw(at)
		default:
			d.move(at)
			d.WriteString("h0")
		}
		run++
	}
	c.path(d, attrs...)
}

// dots draws a marker for every pair of numbers that keep admits.
func (p panel) dots(c *canvas, s series, attrs ...string) {
	var d trace
	for i := range s.y {
		if at, ok := p.at(s.x[i], s.y[i]); ok && s.admits(i) {
			d.WriteString(s.marker.at(at, s.radius))
		}
	}
	c.path(d, attrs...)
}

// A series is what dots draws. A nil keep admits every point.
type series struct {
	x, y   []float64
	keep   func(i int) bool
	marker marker
	radius float64
}

func (s series) admits(i int) bool { return s.keep == nil || s.keep(i) }

// straight draws a line between two numbers of x, as far as it lies inside.
func (p panel) straight(c *canvas, slope, intercept float64, over span, attrs ...string) {
	over.lo, over.hi = max(over.lo, p.x.lo), min(over.hi, p.x.hi)
	if slope != 0 {
		a, b := (p.y.lo-intercept)/slope, (p.y.hi-intercept)/slope
		over.lo, over.hi = max(over.lo, min(a, b)), min(over.hi, max(a, b))
	}
	from, ok := p.at(over.lo, slope*over.lo+intercept)
	to, ok2 := p.at(over.hi, slope*over.hi+intercept)
	if ok && ok2 && over.lo < over.hi && p.holds(from) && p.holds(to) {
		c.line(from, to, attrs...)
	}
}

// holds reports whether a place lies in the box, or on its edge.
func (p panel) holds(at point) bool {
	const edge = 0.5
	return at.x >= p.left-edge && at.x <= p.right+edge && at.y >= p.top-edge && at.y <= p.bottom+edge
}

// note writes a few words in the middle of a panel.
func (p panel) note(c *canvas, words string) {
	c.text((p.left+p.right)/2, (p.top+p.bottom)/2-6, words, append(size(10), "text-anchor", "middle", "fill", soft)...)
}
