package svg

import (
	"fmt"
	"strings"
)

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

// draw writes the whole file.
func (l layout) draw(c *canvas) {
	tops := l.rows()
	wide, high := px(l.width()), px(tops[len(l.Regions)]+margin/2)
	c.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	c.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+wide+" "+high,
		"role", "img", "aria-labelledby", "fits-title fits-desc",
		"font-family", "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif", "fill", ink)
	c.leaf("title", l.title(), "id", "fits-title")
	c.leaf("desc", l.description(), "id", "fits-desc")
	c.empty("rect", "width", wide, "height", high, "fill", paper)
	l.head(c)
	for i, r := range l.Regions {
		l.row(c, r, tops[i])
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
