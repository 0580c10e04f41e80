package svg

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
	swatch      = 26.0
)
