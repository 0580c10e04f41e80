package bids

import (
	"fmt"
	"strings"
)

// Files returns the files of a result, the same bytes for the same result.
func Files(r Result) ([]File, error) {
	d := &dataset{Result: r, origin: r.CorrectedTo()}
	for _, step := range []func() error{d.name, d.describe, d.curves, d.morph, d.models} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("series %s: %w", r.Cause.Series, err)
		}
	}
	return d.files, nil
}

// Names returns the names of the files, in their order, and the one of the
// table of curves, as publish.Files wants them.
func Names(files []File) (names []string, curves string) {
	for _, f := range files {
		names = append(names, f.Name)
		if strings.HasSuffix(f.Name, curvesSuffix) {
			curves = f.Name
		}
	}
	return names, curves
}
