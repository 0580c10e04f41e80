package fit

import (
	"fmt"
	"math"
	"time"

	"tacstream/extract"
	"tacstream/ingest"
)

// The errors of Fit. All of them are ingest.ErrRejected: no retry cures them.
var (
	// ErrFrames means that frames and curves do not fit together, or that
	// frames are out of order, overlap or have no length.
	ErrFrames = fmt.Errorf("impossible frames: %w", ingest.ErrRejected)
	// ErrTooFewFrames means that the scan is too short for the model.
	ErrTooFewFrames = fmt.Errorf("too few frames to fit: %w", ingest.ErrRejected)
	// ErrReference means that the reference curve is absent or empty.
	ErrReference = fmt.Errorf("no usable reference curve: %w", ingest.ErrRejected)
	// ErrValues means that a curve holds what is no number, or numbers beyond
	// any scale.
	ErrValues = fmt.Errorf("impossible values in a curve: %w", ingest.ErrRejected)
	// ErrHalfLife means that the half-life is negative or shorter than a
	// second.
	ErrHalfLife = fmt.Errorf("impossible half-life: %w", ingest.ErrRejected)
)

// minFrames is the number of frames that a model with three parameters needs
// at least.
const minFrames = 6

// A prepared is a scan that has been checked, with what all regions share.
type prepared struct {
	*grid
	scan     Scan
	lambda   float64 // 1/min
	ref      []float64
	refCurve curve
	refUnit  []float64 // unit variances of the reference
	refLevel float64   // its noise level q
	from     int       // the first frame that is used: those before end before model zero
	warnings []ingest.Warning
}

// prepare checks a scan and rebuilds its reference curve.
func prepare(s Scan) (*prepared, error) {
	if err := checkFrames(s); err != nil {
		return nil, err
	}
	from := 0
	for from < len(s.Frames) && s.Frames[from].End() <= 0 {
		from++
	}
	p := &prepared{scan: s, lambda: math.Ln2 / minutes(s.HalfLife), from: from}
	if s.HalfLife == 0 {
		p.lambda = 0
	}
	if len(s.Frames)-from < minFrames {
		return nil, fmt.Errorf("%d frames: %w", len(s.Frames)-from, ErrTooFewFrames)
	}
	found := false
	for _, t := range s.TACs {
		if t.Region == s.Reference && !found {
			found = true
			p.ref = p.used(t.BqPerML)
		}
	}
	if !found {
		return nil, fmt.Errorf("no region is called %q: %w", s.Reference, ErrReference)
	}
	p.grid = newGrid(s.Frames[from:])
	return p, p.reference()
}

// used returns the values of the frames that end after model zero. A frame
// that straddles it counts from there: all its activity came after.
func (p *prepared) used(values []float64) []float64 {
	u := append([]float64{}, values[p.from:]...)
	if f := p.scan.Frames[p.from]; f.Start < 0 {
		u[0] *= minutes(f.Duration) / minutes(f.End())
	}
	return u
}

func (p *prepared) reference() error {
	total := 0.0
	for i, u := range p.ref {
		total += u * p.length[i]
	}
	if !(total > 0) {
		return fmt.Errorf("%s holds no activity: %w", p.scan.Reference, ErrReference)
	}
	p.refCurve = p.curve(p.ref)
	p.refUnit = make([]float64, len(p.ref))
	p.unitVariances(p.ref, p.refUnit)
	p.refLevel = p.ownNoise(p.ref, p.refUnit)
	for _, g := range p.gaps {
		p.warnings = append(p.warnings, p.gapWarning(g))
	}
	return nil
}

func checkFrames(s Scan) error {
	if s.HalfLife < 0 || s.HalfLife > 0 && s.HalfLife < time.Second {
		return fmt.Errorf("%v: %w", s.HalfLife, ErrHalfLife)
	}
	if len(s.Frames) < minFrames {
		return fmt.Errorf("%d frames: %w", len(s.Frames), ErrTooFewFrames)
	}
	if err := ingest.CheckFrames(s.Frames); err != nil {
		return fmt.Errorf("%w: %w", err, ErrFrames)
	}
	if last := s.Frames[len(s.Frames)-1].End(); last > 7*24*time.Hour || s.Frames[0].Start < -24*time.Hour {
		return fmt.Errorf("a scan until %v: %w", last, ErrFrames)
	}
	for _, t := range s.TACs {
		if err := checkCurve(t, len(s.Frames)); err != nil {
			return err
		}
	}
	return nil
}

// largest bounds the values of curves in whatever unit, so that sums of
// squares stay numbers.
const largest = 1e100

func checkCurve(t extract.TAC, frames int) error {
	if len(t.BqPerML) != frames {
		return fmt.Errorf("%s has %d values for %d frames: %w", t.Region, len(t.BqPerML), frames, ErrFrames)
	}
	for f, v := range t.BqPerML {
		if !(math.Abs(v) < largest) {
			return fmt.Errorf("%s frame %d: %g: %w", t.Region, f+1, v, ErrValues)
		}
	}
	return nil
}

// each calls visit for every region but the reference. A region without any
// activity is left to fail on its own: visit returns what can be said of it.
func (p *prepared) each(visit func(t extract.TAC, u []float64) Estimate) []Estimate {
	var all []Estimate
	for _, t := range p.scan.TACs {
		if t.Region == p.scan.Reference {
			continue
		}
		e := visit(t, p.used(t.BqPerML))
		e.Region = t.Region
		e.Fitted, e.Weights = p.padded(e.Fitted), p.padded(e.Weights)
		all = append(all, e)
	}
	return all
}

// padded puts back the frames that were left out before model zero.
func (p *prepared) padded(values []float64) []float64 {
	if p.from == 0 || values == nil {
		return values
	}
	all := make([]float64, p.from, p.from+len(values))
	for i := range all {
		all[i] = math.NaN()
	}
	return append(all, values...)
}
