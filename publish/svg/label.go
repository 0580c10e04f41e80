package svg

import "strings"

// maxModel and maxWord bound the name of a model in its row and a word beside
// it, in cells, and maxWords how many words a summary or the warnings have.
const (
	maxModel = 28
	maxWord  = 32
	maxWords = 24
)

// labelGap parts the parts of a label, and triangleWide is what the sign
// before the warnings takes.
const (
	labelGap     = 12.0
	triangleWide = 12.0
)

// A label is what stands beside the symbol of a model. What does not fit into a
// line goes on in the next, for half a number would be another number.
type label struct {
	x                 float64 // of the summary
	name              string
	summary, warnings []string // lines
	inline            bool     // whether the warnings stand behind the summary
}

// headOf returns the labels of a region, whose summaries start at one place.
func (l layout) headOf(r Region) []label {
	wide := 0.0
	for _, m := range r.Models {
		wide = max(wide, textWidth(shorten(plain(m.Name), maxModel), 10))
	}
	var all []label
	for _, m := range r.Models {
		all = append(all, l.label(m, margin+swatch+6+wide+labelGap))
	}
	return all
}

func (l layout) label(m Model, x float64) label {
	room := l.width() - margin - x
	k := label{
		x: x, name: shorten(plain(m.Name), maxModel),
		summary:  wrap(words(strings.Fields(plain(m.Summary))), room),
		warnings: wrap(words(commas(m.Warnings)), room-triangleWide),
	}
	if len(k.summary) == 1 && len(k.warnings) == 1 {
		k.inline = textWidth(k.summary[0], 10)+labelGap+triangleWide+textWidth(k.warnings[0], 10) <= room
	}
	return k
}

// words shortens each of some words, and leaves out those that are too many.
func words(all []string) []string {
	var short []string
	for i, w := range all {
		if i == maxWords {
			return append(short, "…")
		}
		short = append(short, shorten(w, maxWord))
	}
	return short
}

// commas makes words of some codes.
func commas(codes []string) []string {
	var all []string
	for i, code := range codes {
		word := shorten(plain(code), maxWord-1)
		if i < len(codes)-1 {
			word += ","
		}
		all = append(all, word)
	}
	return all
}

// headHigh returns the height of the name and the labels of a region.
func (l layout) headHigh(r Region) float64 {
	high := 36.0
	for _, k := range l.headOf(r) {
		high += k.high()
	}
	return high
}

func (k label) high() float64 {
	lines := max(1, len(k.summary)+len(k.warnings))
	if k.inline {
		lines = 1
	}
	return lineHigh * float64(lines)
}

// labels writes the name of a region and the labels of its models, and returns
// their height.
func (l layout) labels(c *canvas, r Region, top float64) float64 {
	c.text(margin, top+18, shorten(plain(r.Name), maxName), append(size(12), "font-weight", "bold")...)
	y := top + 18 + lineHigh
	for i, k := range l.headOf(r) {
		l.styles[r.Models[i].Name].symbol(c, point{margin, y - 3.5})
		k.draw(c, y)
		y += k.high()
	}
	return y - top + 18 - lineHigh
}

// symbol draws how a model looks, swatch wide.
func (s style) symbol(c *canvas, at point) {
	c.line(at, point{at.x + swatch, at.y}, s.stroke(1.5)...)
	c.empty("path", "fill", s.colour, "d", s.marker.at(point{at.x + swatch/2, at.y}, pointRadius))
}

// draw writes a label whose first baseline is y.
func (k label) draw(c *canvas, y float64) {
	c.text(margin+swatch+6, y, k.name, size(10)...)
	for i, line := range k.summary {
		c.start("text", append(size(10), "x", px(k.x), "y", px(y+lineHigh*float64(i))))
		c.WriteByte('>')
		c.symbols(line)
		if k.inline {
			c.WriteString(`<tspan dx="10" fill="` + warning + `">▲ `)
			c.escape(k.warnings[0])
			c.WriteString("</tspan>")
		}
		c.shut("text")
	}
	if !k.inline {
		k.drawWarnings(c, y+lineHigh*float64(len(k.summary)))
	}
}

// drawWarnings writes the warnings as lines of their own.
func (k label) drawWarnings(c *canvas, y float64) {
	red := append(size(10), "fill", warning)
	for i, line := range k.warnings {
		if i == 0 {
			c.text(k.x, y, "▲", red...)
		}
		c.text(k.x+triangleWide, y+lineHigh*float64(i), line, red...)
	}
}

// symbols writes a text with its subscripts lowered, and a gap before each
// symbol. What follows a subscript is raised again by a space of no width.
func (c *canvas) symbols(text string) {
	for i, word := range strings.Fields(text) {
		letter, sub := symbol(word)
		switch {
		case i > 0 && (sub != "" || word == "DVR" || word == "AIC" || word == "t*"):
			c.WriteString(` <tspan dx="7">` + letter + "</tspan>")
		case i > 0:
			c.escape(" " + letter)
		default:
			c.escape(letter)
		}
		if sub != "" {
			c.WriteString(`<tspan dy="2" font-size="7.5">` + sub + `</tspan><tspan dy="-2">&#8203;</tspan>`)
		}
	}
}
