package svg

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// A canvas writes elements. Attributes are pairs of name and value, in the
// order in which they are given.
type canvas struct{ *bytes.Buffer }

// open starts an element.
func (c *canvas) open(name string, attrs ...string) {
	c.start(name, attrs)
	c.WriteString(">\n")
}

// shut ends an element that was opened.
func (c *canvas) shut(name string) { c.WriteString("</" + name + ">\n") }

// empty writes an element that holds nothing.
func (c *canvas) empty(name string, attrs ...string) {
	c.start(name, attrs)
	c.WriteString("/>\n")
}

// leaf writes an element that holds a text.
func (c *canvas) leaf(name, text string, attrs ...string) {
	c.start(name, attrs)
	c.WriteByte('>')
	c.escape(text)
	c.shut(name)
}

func (c *canvas) start(name string, attrs []string) {
	c.WriteString("<" + name)
	for i := 0; i+1 < len(attrs); i += 2 {
		c.WriteString(" " + attrs[i] + `="`)
		c.escape(attrs[i+1])
		c.WriteByte('"')
	}
}

// escape writes a text. A buffer never gives an error.
func (c *canvas) escape(text string) { xml.EscapeText(c, []byte(text)) }

// text writes a text whose baseline starts at a point.
func (c *canvas) text(x, y float64, text string, attrs ...string) {
	c.leaf("text", text, append([]string{"x", px(x), "y", px(y)}, attrs...)...)
}

// line writes a straight line.
func (c *canvas) line(from, to point, attrs ...string) {
	var d trace
	d.move(from)
	d.draw(to)
	c.path(d, attrs...)
}

// path writes a path, unless it is empty.
func (c *canvas) path(d trace, attrs ...string) {
	if d.Len() > 0 {
		c.empty("path", append(attrs, "d", d.String())...)
	}
}

// A point is a place on the canvas: x to the right, y down.
type point struct{ x, y float64 }

// A trace is the data of a path.
type trace struct{ strings.Builder }

func (t *trace) move(p point) { t.WriteString("M" + px(p.x) + " " + px(p.y)) }
func (t *trace) draw(p point) { t.WriteString("L" + px(p.x) + " " + px(p.y)) }

// px writes a length to the hundredth, so that the last bits of a machine's
// arithmetic do not show.
func px(v float64) string {
	v = math.Round(v*100) / 100
	if v == 0 {
		v = 0 // not -0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
