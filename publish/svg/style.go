package svg

import "strconv"

// Colours that are not those of a model.
const (
	ink     = "#222222" // text, axes, what was measured
	soft    = "#5f6368" // text that matters less
	faint   = "#a3a8ad" // the reference, frame bars, zero
	rule    = "#dddddd" // between rows
	warning = "#a63603"
	paper   = "#ffffff"
)

// A style tells a model from the others by colour, dashes and markers alike,
// so that it is known in grey and by those who see colours otherwise.
type style struct {
	colour, dash string
	marker       marker
}

// newStyle returns the style of the i-th model. The first 60 differ.
//
// Source of the colours: Okabe and Ito, Color Universal Design, 2008, without
// yellow and black.
func newStyle(i int) style {
	colours := [...]string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}
	dashes := [...]string{"none", "4.5 4", "0.5 3.5", "7 3.5 0.5 3.5", "11 4"}
	return style{colours[i%len(colours)], dashes[i%len(dashes)], marker(i % markers)}
}

// stroke returns the attributes of a line in this style. Its ends are round, so
// that a lone value shows as a dot.
func (s style) stroke(width float64) []string {
	return []string{
		"fill", "none", "stroke", s.colour, "stroke-width", px(width), "stroke-dasharray", s.dash,
		"stroke-linejoin", "round", "stroke-linecap", "round",
	}
}

// A marker is the shape of a point.
type marker int

// The markers, of about equal area.
const (
	circle marker = iota
	square
	triangle
	diamond
	markers = iota
)

// at returns the path of a marker of radius r. Circles are two arcs.
func (m marker) at(p point, r float64) string {
	x, y := p.x, p.y
	switch m {
	case square:
		return polygon(point{x - .88*r, y - .88*r}, point{x + .88*r, y - .88*r}, point{x + .88*r, y + .88*r}, point{x - .88*r, y + .88*r})
	case triangle:
		return polygon(point{x, y - 1.25*r}, point{x + 1.15*r, y + .8*r}, point{x - 1.15*r, y + .8*r})
	case diamond:
		return polygon(point{x, y - 1.25*r}, point{x + 1.25*r, y}, point{x, y + 1.25*r}, point{x - 1.25*r, y})
	}
	arc := "a" + px(r) + " " + px(r) + " 0 1 0 "
	return "M" + px(x-r) + " " + px(y) + arc + px(2*r) + " 0" + arc + px(-2*r) + " 0z"
}

func polygon(corners ...point) string {
	var t trace
	t.move(corners[0])
	for _, p := range corners[1:] {
		t.draw(p)
	}
	return t.String() + "z"
}

// size returns the attribute of a font size.
func size(v int) []string { return []string{"font-size", strconv.Itoa(v)} }

// pointRadius is the radius of a measured point.
const pointRadius = 2.1
