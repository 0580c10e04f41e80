package svg

// An entry is one part of the legend.
type entry struct {
	words string
	draw  func(c *canvas, at point) // a symbol, swatch wide, centred on at
}

func (e entry) width() float64 { return swatch + 6 + textWidth(e.words, 10) + 14 }

// legend returns what the symbols mean that all rows share. Models are named
// in the rows.
func (l layout) legend() []entry {
	all := []entry{{"measured, with frame length", drawMeasured}}
	if l.anyReference() {
		all = append(all, entry{"reference", drawReference})
	}
	if n := len(l.names); n > 0 {
		all = append(all, entry{"fitted, by model", drawFitted(n)})
	}
	if len(l.plots) > 0 {
		all = append(all, entry{"used for the line", drawUsed}, entry{"not used (before t*)", drawUnused})
	}
	return all
}

func (l layout) anyReference() bool {
	for _, r := range l.Regions {
		if r.Reference != nil {
			return true
		}
	}
	return false
}

// legendEnd returns where the title and the legend end.
func (l layout) legendEnd() float64 {
	_, y := l.places()
	return y + 14
}

// places returns where the entries of the legend stand, and the last baseline.
func (l layout) places() ([]point, float64) {
	var all []point
	x, y := margin, 50.0
	for _, e := range l.legend() {
		if x > margin && x+e.width() > l.width()-margin {
			x, y = margin, y+lineHigh
		}
		all = append(all, point{x, y})
		x += e.width()
	}
	return all, y
}

// head writes the title and the legend.
func (l layout) head(c *canvas) {
	c.text(margin, 28, shorten(l.title(), int((l.width()-2*margin)/11)), append(size(16), "font-weight", "bold")...)
	at, _ := l.places()
	for i, e := range l.legend() {
		e.draw(c, point{at[i].x + swatch/2, at[i].y - 3.5})
		c.text(at[i].x+swatch+6, at[i].y, e.words, append(size(10), "fill", soft)...)
	}
}

func drawMeasured(c *canvas, at point) {
	c.line(point{at.x - 9, at.y}, point{at.x + 9, at.y}, "stroke", faint, "stroke-width", "1")
	c.empty("path", "fill", ink, "d", circle.at(at, pointRadius))
}

func drawReference(c *canvas, at point) {
	c.line(point{at.x - swatch/2, at.y}, point{at.x + swatch/2, at.y}, "stroke", faint, "stroke-width", "1.2")
}

// drawFitted returns the symbol of the curves of n models: a few of them.
func drawFitted(n int) func(*canvas, point) {
	n = min(n, 3)
	return func(c *canvas, at point) {
		for i := range n {
			y := at.y + 3*(float64(i)-float64(n-1)/2)
			c.line(point{at.x - swatch/2, y}, point{at.x + swatch/2, y}, newStyle(i).stroke(1.4)...)
		}
	}
}

func drawUsed(c *canvas, at point) {
	c.empty("path", "fill", soft, "stroke", soft, "stroke-width", "0.9", "d", circle.at(at, pointRadius))
}

func drawUnused(c *canvas, at point) {
	c.empty("path", "fill", paper, "stroke", soft, "stroke-width", "0.9", "d", circle.at(at, pointRadius))
}
