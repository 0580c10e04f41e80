package fit

// A Model estimates binding in the regions of one scan. Models are stateless
// values and safe for concurrent use. Package fittest tests what every Model
// must do.
type Model interface {
	// Name returns the model's name in configuration and events, such as
	// "logan-ref".
	Name() string

	// Input returns what the model needs beside the curves of the regions. A
	// scan without it gives an error.
	Input() Input

	// Fit estimates every region of scan in the order of scan.TACs, but for the
	// reference where that is the model's input. An estimate that can be
	// computed but should be doubted is returned with Warnings, not with an
	// error. Curves that do not share their frames give ErrFrames. Fit does not
	// change the scan.
	Fit(scan Scan) ([]Estimate, error)
}
