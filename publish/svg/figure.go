package svg

// A Figure is what one file shows.
type Figure struct {
	Title   string // "" is DefaultTitle
	Unit    string // of activity, such as "kBq/mL"
	Regions []Region
}

// DefaultTitle stands above a figure that has no title.
const DefaultTitle = "Kinetic fits"

// A Region is one row: a curve and what the models make of it.
//
// StartMin, EndMin, Measured and, unless it is nil, Reference run in parallel;
// so do Fitted and Residuals of the models. A value that is not finite, or so
// large that it means nothing, is a gap.
type Region struct {
	Name             string
	StartMin, EndMin []float64 // frames, in time order
	Measured         []float64 // frame means, in the figure's unit
	Reference        []float64 // as Measured; nil where the input is plasma
	Models           []Model   // of different names
}

// A Model is the result of one model in one region. Models of one name look
// alike in all rows.
type Model struct {
	Name      string
	Summary   string    // such as "BPND 1.52 ± 0.04"
	Warnings  []string  // codes
	Fitted    []float64 // frame means, NaN where left out
	Residuals []float64 // weighted, NaN where left out
	Line      *Line     // of graphical models only, else nil
}

// A Line is the linear plot of a graphical model. X, Y and Used run in
// parallel, in time order; points need not be as many as frames.
//
// Plots with the same labels share their axes. t* is marked at the first point
// that was used.
type Line struct {
	X, Y             []float64
	Used             []bool // whether the point decided the line
	Slope, Intercept float64
	TStarMin         float64 // start of the linear phase; NaN where there is none
	XLabel, YLabel   string  // with the unit
}
